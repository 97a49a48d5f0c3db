import Foundation
import FoundationXML
import Reports
import Testing

/// Reads a document as XML and collects its text.
final class XMLText: NSObject, XMLParserDelegate {
  private(set) var text = ""
  private(set) var elements: [String: Int] = [:]

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
  }

  /// - Throws: where the document is not well-formed.
  static func read(_ document: String) throws -> XMLText {
    let parser = XMLParser(data: Data(document.utf8))
    let reader = XMLText()
    parser.delegate = reader
    guard parser.parse() else { throw Failure(line: parser.lineNumber, reason: "\(parser.parserError as Any)") }
    return reader
  }

  struct Failure: Error {
    let line: Int
    let reason: String
  }
}

@Suite struct PlotTests {
  @Test func everyPlotIsWellFormedAndSaysItsTitleWhateverTheNames() throws {
    for plot in SamplePlots.all {
      let read = try XMLText.read(plot.svg)
      #expect(read.text.contains("Title <b>&\"'\u{2400}\u{241B}]]>\u{FFFD}"))
      #expect(read.text.contains("Caption <b>"))
      #expect(read.elements["b"] == nil)
      #expect(!plot.svg.contains("nan") && !plot.svg.contains("inf"), "\(plot.labels.name)")
    }
  }

  @Test func plotsWithoutDataAreDrawnAndSaySo() throws {
    for plot in SamplePlots.empty {
      let read = try XMLText.read(plot.svg)
      #expect(read.text.contains("no data") || plot is ConfusionGrid)
      #expect(plot.csv.split(separator: "\n").count == 1)
    }
  }

  @Test func plotsOfASinglePointAreDrawn() throws {
    for plot in SamplePlots.single {
      let read = try XMLText.read(plot.svg)
      #expect(!read.text.contains("no data"), "\(plot.labels.name)")
      #expect(!plot.svg.contains("nan"), "\(plot.labels.name)")
    }
  }

  @Test func barsWriteTheirNumbers() {
    #expect(
      SamplePlots.bars.csv == """
        kind,series,value,low,high,n
        near_topic,model,0.8,0.75,0.85,100
        near_topic,"floor \(quoted)",0.6,,,
        "\(quoted)",model,,,,
        "\(quoted)","floor \(quoted)",,,,
        (level),coin,0.5,,,
        (level),"\(quoted)",0.51,,,

        """)
  }

  private let quoted = SamplePlots.nasty.split(separator: "\"").joined(separator: "\"\"")

  @Test func histogramsCountWhatLiesBeyondTheirEndsAtTheEndsAndLeaveOutWhatIsNoNumber() {
    #expect(
      SamplePlots.histogram.csv.split(separator: "\n").prefix(6) == [
        "series,from,to,count,share", "first slot,0,2,1,0.2", "first slot,2,4,2,0.4", "first slot,4,6,0,0",
        "first slot,6,8,0,0", "first slot,8,10,2,0.4",
      ])
  }

  @Test func confusionsWriteCountsAndShares() {
    let grid = ConfusionGrid(
      PlotLabels(name: "c", title: "", caption: ""), rowLabel: "ab", rows: ["right", "wrong"], columnLabel: "ba",
      columns: ["right", "wrong"], counts: [[6, 2], [1, 1]])
    #expect(
      grid.csv == """
        ab,ba,count,share
        right,right,6,0.6
        right,wrong,2,0.2
        wrong,right,1,0.1
        wrong,wrong,1,0.1

        """)
  }

  @Test func aLineBreaksWhereAValueIsNoNumber() {
    let whole = LineChart(
      SamplePlots.labels("l"), x: Axis("x"), y: Axis("y"),
      series: [.init("s", x: [1, 2, 3, 4, 5], y: [1, 2, 3, 4, 5])])
    let broken = LineChart(
      SamplePlots.labels("l"), x: Axis("x"), y: Axis("y"),
      series: [.init("s", x: [1, 2, 3, 4, 5], y: [1, 2, .nan, 4, 5])])
    func paths(_ plot: some Plot) -> Int { plot.svg.split(separator: "<path").count - 1 }
    #expect(paths(whole) == 1)
    #expect(paths(broken) == 2)
    #expect(broken.csv.contains("s,3,,,,\n"))
  }

  @Test func aFaintSeriesHasTheColourOfTheNextAndNoPlaceInTheLegend() {
    let (x, y) = ([1.0, 2, 3], [1.0, 5, 2])
    let plot = LineChart(
      SamplePlots.labels("l"), x: Axis("x"), y: Axis("y"),
      series: [
        .init("steps", x: x, y: y, isFaint: true), .init("course", x: x, y: [2, 2, 2]), .init("other", x: x, y: x),
      ])
    // Not as elements of the style sheet.
    let paths = plot.svg.split(separator: "\n").filter { $0.hasPrefix("<path") }
    #expect(paths.count { $0.contains("class=\"pr-faint pr-line0\"") } == 1)
    #expect(paths.count { $0.contains("class=\"pr-curve pr-line0\"") } == 1)
    #expect(paths.count { $0.contains("class=\"pr-curve pr-line1\"") } == 1)
    #expect(paths.first?.contains("pr-faint") == true)
    #expect(plot.svg.contains(">course<") && plot.svg.contains(">other<") && !plot.svg.contains(">steps<"))
    #expect(plot.csv.contains("steps,2,5"))
  }

  @Test func longCurvesAreThinnedInThePictureButNotInTheirNumbersAndKeepTheirPeak() {
    let count = 100_000
    var values = (0..<count).map { 1 / (1 + Double($0) / 1000) }
    values[61_803] = 9
    let plot = LineChart(
      SamplePlots.labels("loss"), x: Axis("step"), y: Axis("loss"),
      series: [.init("loss", x: (0..<count).map(Double.init), y: values)])
    #expect(plot.svg.utf8.count < 30_000)
    #expect(plot.csv.split(separator: "\n").count == count + 1)
    // The peak stands near the top of the axis, whose end is 10: far above all else.
    let heights = plot.svg.split(separator: "L").compactMap { $0.split(separator: " ").dropFirst().first }
      .compactMap { Double($0) }
    let sorted = heights.sorted()
    #expect(sorted[1] - sorted[0] > 200)
  }

  @Test func seriesThatNeverMeetShareTheirPlace() {
    /// Where the bars begin.
    func places(_ series: [[Estimate?]]) -> [String] {
      let chart = BarChart(
        SamplePlots.labels("b"), categoryLabel: "c", categories: ["x", "y"],
        series: series.enumerated().map { .init("series \($0.offset)", $0.element) })
      return chart.svg.split(separator: "\n").filter { $0.hasPrefix("<rect") && $0.contains("<title>") }
        .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
    }
    let one = places([[Estimate(0.5), Estimate(0.6)]])
    #expect(one.count == 2)
    #expect(places([[Estimate(0.5), nil], [nil, Estimate(0.6)]]) == one)
    #expect(places([[Estimate(0.5), nil], [Estimate(0.7), Estimate(0.6)]]).filter(one.contains).isEmpty)
  }

  @Test func levelsOutsideTheAxisAreNotDrawnAndLevelsCloseTogetherDoNotCoverEachOther() throws {
    var chart = SamplePlots.bars
    chart.references = [ReferenceLine("beyond", 1.5), ReferenceLine("one", 0.5), ReferenceLine("two", 0.501)]
    let svg = chart.svg
    #expect(!svg.contains("beyond"))
    let heights = try ["one", "two"].map { name in
      let line = try #require(svg.split(separator: "\n").first { $0.contains(">\(name) ") })
      let text = try #require(line.split(separator: "y=\"").dropFirst().first?.split(separator: "\"").first)
      return try #require(Double(text))
    }
    #expect(abs(heights[0] - heights[1]) >= 14)
  }

  @Test func theSamePlotIsTheSameBytes() {
    for plot in SamplePlots.all { #expect(plot.svg == plot.svg) }
  }

  @Test func namesOfPlotsAreFileNames() async {
    await #expect(processExitsWith: .failure) { _ = PlotLabels(name: "../x", title: "", caption: "") }
  }
}
