import Reports
import Testing

@Suite struct HTMLReportTests {
  static let origin = HTMLReport.Origin(
    program: "persrm-eval", version: "1.2.3", commit: "0123abc",
    commandLine: "persrm-eval --pairs \(SamplePlots.nasty)",
    date: "2026-01-02")

  private static func report() -> HTMLReport {
    let nasty = SamplePlots.nasty
    var report = HTMLReport(title: "Report \(nasty)", subtitle: nasty, origin: origin)
    report.addSection("First \(nasty)")
    report.addParagraph(nasty)
    report.addNote(nasty)
    report.addList([nasty])
    report.addHeadline([(name: nasty, value: nasty, note: nasty)])
    report.addKeyValues([(key: nasty, value: nasty)])
    report.addTable(
      DataTable(columns: ["name", nasty], rows: [[.text(nasty), .count(3)], [.text("b"), .empty]]), caption: nasty)
    report.addSection("Second")
    report.addHeading(nasty)
    report.addFigure(SamplePlots.bars)
    report.addFigure(SamplePlots.lines)
    report.addFigure(SamplePlots.scatter)
    report.addFigure(SamplePlots.histogram)
    report.addFigure(SamplePlots.reliability)
    report.addFigure(SamplePlots.confusion)
    report.addExamples(nasty, [.init(nasty, "line one\nline \(nasty)")])
    return report
  }

  @Test func aPageIsWellFormedWhateverTheTexts() throws {
    let html = Self.report().html
    let read = try XMLText.read(html)
    #expect(read.elements["b"] == nil)
    #expect(read.elements["svg"] == 6)
    #expect(read.elements["script"] == nil)
    #expect(read.text.contains("line one\nline <b>&\"'\u{2400}\u{241B}]]>\u{FFFD}"))
    #expect(read.text.contains("persrm-eval 1.2.3 (0123abc), 2026-01-02"))
  }

  @Test func aPageAsksForNothingFromElsewhere() {
    let html = Self.report().html
    for mark in ["src=", "@import", "url(", "<link", "href=\"http"] { #expect(!html.contains(mark), "\(mark)") }
  }

  @Test func theSamePageIsTheSameBytes() { #expect(Self.report().html == Self.report().html) }

  @Test func numbersAreSetToTheRightAndTextIsNot() {
    var report = HTMLReport(title: "t", subtitle: "s", origin: Self.origin)
    report.addTable(DataTable(columns: ["a", "b"], rows: [[.text("x"), .rate(0.5)]]))
    #expect(report.html.contains("<tr><td>x</td><td class=\"n\">50.0 %</td></tr>"))
  }

  @Test func longTablesSayHowMuchIsLeftOut() {
    var report = HTMLReport(title: "t", subtitle: "s", origin: Self.origin)
    report.addTable(DataTable(columns: ["a"], rows: (0..<5).map { [.count($0)] }), rowsMax: 2)
    #expect(report.html.contains("3 more rows"))
    #expect(!report.html.contains("<td class=\"n\">2</td>"))
  }

  @Test func tablesInATerminalLineUpAndCannotMoveTheCursor() {
    let table = DataTable(
      columns: ["name", "n", "share"],
      rows: [
        [.text("long name"), .count(7), .rate(0.123)], [.text("a\u{1B}b"), .count(1234), .empty],
        [.text("c"), .count(0), .number(2)],
      ])
    #expect(
      table.plainText == """
        name          n   share
        long name     7  12.3 %
        a b        1234       –
        c             0       2

        """)
  }

  @Test func csvQuotesWhatNeedsIt() {
    let table = DataTable(
      columns: ["a,b", "c"], rows: [[.text("say \"hi\""), .number(1.5)], [.text("two\nlines"), .number(.nan)]])
    #expect(table.csv == "\"a,b\",c\n\"say \"\"hi\"\"\",1.5\n\"two\nlines\",\n")
  }

  @Test func escapingLeavesOrdinaryTextAlone() {
    #expect(Markup.escaped("Füße – 日本\t\n") == "Füße – 日本\t\n")
    #expect(Markup.escapedLine("a\nb\tc") == "a b c")
    #expect(Markup.escaped("\u{FFFE}\u{7F}\u{9B}") == "\u{FFFD}\u{2421}\u{FFFD}")
  }
}
