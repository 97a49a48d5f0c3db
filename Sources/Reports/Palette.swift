/// Colours that readers with any common colour blindness can tell apart, on light and dark paper.
///
/// The light ones are of the set by Okabe and Ito (2008), the dark ones the same hues, lighter. No plot relies on
/// colour alone: series also differ in dash or place, and every figure has its numbers in a table.
enum Palette {
  static let light = ["#0072b2", "#d55e00", "#009e73", "#b8578a", "#b98000", "#2f8fc4", "#6b6b6b", "#5b4bb5"]
  static let dark = ["#56b4e9", "#ff8f4c", "#35c9a5", "#e59bc4", "#f0b93a", "#9fd6f7", "#b0b0b0", "#a99cff"]
  /// Dashes of lines, by series.
  static let dashes = ["", "7 3", "2 3", "9 3 2 3", "12 4", "4 2", "1 2", "6 2 1 2 1 2"]

  /// Which colour a series has.
  static func index(_ series: Int) -> Int { series % light.count }

  /// Style of everything a plot draws. Classes begin with "pr-", for in a page they meet the page's own.
  static let style: String = {
    func sheet(ink: String, muted: String, grid: String, paper: String, series: [String]) -> String {
      var rules = [
        ".pr-paper{fill:\(paper)}", ".pr-ink{fill:\(ink)}", ".pr-muted{fill:\(muted)}", ".pr-grid{stroke:\(grid)}",
        ".pr-axis,.pr-whisker{stroke:\(ink)}", ".pr-reference,.pr-leader{stroke:\(muted)}", ".pr-halo{stroke:\(paper)}",
      ]
      for (index, colour) in series.enumerated() {
        rules.append(".pr-fill\(index){fill:\(colour)}.pr-line\(index){stroke:\(colour)}")
      }
      return rules.joined(separator: "\n")
    }
    let fixed = """
      .pr-plot text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-size:12px}
      .pr-plot .pr-title{font-size:15px;font-weight:600}
      .pr-plot .pr-small{font-size:11px}
      .pr-grid{stroke-width:1}
      .pr-axis{stroke-width:1}
      .pr-reference{stroke-width:1.25;stroke-dasharray:5 4}
      .pr-leader{stroke-width:.75}
      .pr-whisker{stroke-width:1.25;fill:none}
      .pr-curve{stroke-width:2;fill:none;stroke-linejoin:round;stroke-linecap:round}
      .pr-faint{stroke-width:1;stroke-opacity:.35;fill:none;stroke-linejoin:round}
      .pr-band{fill-opacity:.18;stroke:none}
      .pr-bar{fill-opacity:.88}
      .pr-overlay{fill-opacity:.35;stroke-width:1.5}
      .pr-dot{fill-opacity:.55}
      .pr-halo{stroke-width:3;paint-order:stroke;stroke-linejoin:round}
      """
    let light = sheet(ink: "#1f2328", muted: "#59636e", grid: "#dfe4ea", paper: "#ffffff", series: Self.light)
    let dark = sheet(ink: "#e6edf3", muted: "#9aa4af", grid: "#2f363f", paper: "#12161c", series: Self.dark)
    return "\(fixed)\n\(light)\n@media (prefers-color-scheme:dark){\n\(dark)\n}\n"
  }()
}
