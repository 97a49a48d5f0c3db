import Reports
import Testing

@Suite struct AxisTests {
  /// The texts of a drawn plot whose class says that they belong to the axes.
  private func texts(x: Axis, y: Axis, _ points: [ScatterPlot.Point]) -> [String] {
    let plot = ScatterPlot(SamplePlots.labels("s"), x: x, y: y, groups: [.init("g", points)])
    return plot.svg.split(separator: "\n").filter { $0.hasPrefix("<text") && $0.contains("pr-muted") }
      .compactMap { $0.split(separator: ">").dropFirst().first?.split(separator: "<").first.map(String.init) }
  }

  @Test func ticksAreNiceNumbersThatHoldTheData() {
    let texts = texts(x: Axis("x"), y: Axis("y"), [.init(0.3, -7), .init(6.8, 12)])
    #expect(texts == ["-10", "-5", "0", "5", "10", "15", "y", "0", "1", "2", "3", "4", "5", "6", "7", "x"])
  }

  @Test func ratesAreShownAsPerCent() {
    let texts = texts(x: Axis("x"), y: .rate("accuracy"), [.init(1, 0.5), .init(2, 0.6)])
    #expect(texts.prefix(7) == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %", "accuracy"])
  }

  @Test func smallStepsHaveTheDecimalsTheyNeed() {
    let texts = texts(x: Axis("x", range: 0...0.02), y: Axis("y", range: 0...1), [.init(0, 0)])
    #expect(texts.suffix(6).dropLast() == ["0.000", "0.005", "0.010", "0.015", "0.020"])
  }

  @Test func logarithmicAxesShowPowersOfTen() {
    let texts = texts(x: Axis("x", scale: .logarithmic), y: Axis("y", range: 0...1), [.init(1, 0), .init(10_000, 1)])
    #expect(texts.suffix(6).dropLast() == ["1", "10", "100", "1000", "10000"])
  }

  @Test func shortLogarithmicAxesShowTwosAndFivesToo() {
    let texts = texts(x: Axis("x", scale: .logarithmic), y: Axis("y", range: 0...1), [.init(1, 0), .init(16, 1)])
    #expect(texts.suffix(5) == ["1", "2", "5", "10", "x"])
  }

  @Test func aConstantHasRoomAroundIt() {
    let texts = texts(x: Axis("x"), y: Axis("y"), [.init(4, 4)])
    #expect(texts.contains("4") && texts.contains("2") && texts.contains("6"))
  }

  @Test(arguments: [
    (0.0, "0"), (1234.5, "1235"), (0.000012, "1.2e-5"), (12_345_678, "1.23e7"), (0.5, "0.5"), (-2.25, "-2.25"),
    (99.96, "100"), (.nan, "–"),
  ])
  func shortNumbers(value: Double, text: String) { #expect(NumberText.short(value) == text) }

  @Test func fixedNumbersRoundAndKeepTheirZeros() {
    #expect(NumberText.fixed(0.05, digits: 1) == "0.1")
    #expect(NumberText.fixed(-0.04, digits: 1) == "0.0")
    #expect(NumberText.fixed(12, digits: 2) == "12.00")
    #expect(NumberText.fixed(-1.005, digits: 0) == "-1")
    #expect(NumberText.percent(0.8125) == "81.3 %")
    #expect(NumberText.exact(3) == "3")
    #expect(NumberText.exact(0.1) == "0.1")
    #expect(NumberText.exact(.infinity) == "")
  }
}
