# For the scripts that drive persrm-curate: the binary beside persrm, and a small invented corpus.

CURATE="${PERSRM_CURATE:-$(dirname "$PERSRM")/persrm-curate}"
[[ -x "$CURATE" ]] || { printf 'no binary at %s; build the product persrm-curate\n' "$CURATE" >&2; exit 1; }

# Writes corpus.jsonl: six authors with habits of their own, eight texts each.
invent_corpus() {
  python3 - >corpus.jsonl <<'PYTHON'
import json, random
random.seed(5)
syllables = "ba lor min ta ren du sol ke vi gat po nel".split()
thing = lambda: "".join(random.choice(syllables) for _ in range(3))
for author in range(6):
    for number in range(8):
        lines = []
        for _ in range(14 - author % 3):
            line = f"{'I' if author % 2 else 'She'} {random.choice(['saw', 'wanted', 'forgot'])} the {thing()}"
            line += f", and left the {thing()} by the {thing()}" * (author % 3)
            lines.append(line + random.choice([" in the ", " near the "]) + thing() + "!."[author % 4 > 0])
        print(json.dumps({"author": f"a{author}", "doc_id": f"t{number}", "genre": "blog", "text": " ".join(lines)}))
PYTHON
}

# Whether two output folders hold the same files, a service's answers excepted: these are in the order they came.
same_output() { diff --recursive --brief --exclude=requests.jsonl "$1" "$2"; }
