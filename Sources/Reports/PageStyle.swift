/// The look of a page: the reader's own font, few colours, light or dark as the reader's machine is.
enum PageStyle {
  static let text = """
    :root{color-scheme:light dark;--ink:#1f2328;--muted:#59636e;--line:#dfe4ea;--paper:#ffffff;--soft:#f5f7f9;
    --accent:#0072b2;--warn:#d55e00}
    @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--muted:#9aa4af;--line:#2f363f;--paper:#12161c;
    --soft:#1a2027;--accent:#56b4e9;--warn:#ff8f4c}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 3rem;background:var(--paper);color:var(--ink);
    font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
    h1{font-size:1.75rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.01em}
    h2{font-size:1.3rem;margin:2.6rem 0 .8rem;padding-top:1.2rem;border-top:1px solid var(--line)}
    h3{font-size:1.05rem;margin:1.8rem 0 .5rem}
    h4{font-size:.85rem;margin:1rem 0 .3rem;color:var(--muted)}
    p{margin:.6rem 0;max-width:46rem}
    .subtitle{color:var(--muted);margin-top:0}
    a{color:var(--accent)}
    nav ol{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;list-style:none;margin:1rem 0 0;padding:0;font-size:.92rem}
    .note{border-left:4px solid var(--warn);background:var(--soft);padding:.6rem .9rem;border-radius:0 4px 4px 0}
    .scroll{overflow-x:auto;margin:1rem 0}
    table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
    caption{text-align:left;color:var(--muted);padding-bottom:.4rem}
    th,td{padding:.32rem 1rem .32rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
    th{font-weight:600;color:var(--muted);border-bottom-width:2px}
    th.n,td.n{text-align:right;padding:.32rem 0 .32rem 1.4rem;white-space:nowrap}
    td.n+td:not(.n),th.n+th:not(.n){padding-left:1.6rem}
    tbody tr:hover{background:var(--soft)}
    dl.headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.8rem;margin:1.2rem 0}
    dl.headline div{background:var(--soft);border-radius:8px;padding:.8rem 1rem}
    dl.headline dt{color:var(--muted);font-size:.85rem}
    dl.headline dd{margin:0;font-size:1.55rem;font-weight:600;font-variant-numeric:tabular-nums}
    dl.headline small{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
    dl.pairs{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.4rem;margin:1rem 0}
    dl.pairs dt{color:var(--muted)}
    dl.pairs dd{margin:0;overflow-wrap:anywhere}
    figure{margin:1.4rem 0 2rem}
    figure svg{display:block;max-width:100%;height:auto}
    figcaption{color:var(--muted);font-size:.9rem;max-width:46rem;margin:.3rem 0}
    details{margin:.4rem 0}
    summary{cursor:pointer;color:var(--accent);font-size:.9rem}
    pre{background:var(--soft);border-radius:6px;padding:.7rem .9rem;white-space:pre-wrap;overflow-wrap:anywhere;
    font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:.3rem 0}
    footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--muted);font-size:.85rem}
    @media print{body{max-width:none}details{display:none}}

    """
}
