import Judge
import Corpora
import Evaluation
import Foundation
import FoundationXML
import Reports
import Testing

@Suite struct EvaluationReportTests {
  private static let origin = HTMLReport.Origin(
    program: "persrm-eval", version: "1", commit: "abc", commandLine: "persrm-eval --pairs p", date: "2026-01-01")

  /// Results with everything a report can show.
  private static func results() -> [JudgedPair] {
    var results = Sample.random(150, authors: 4, rate: 0.75, seed: 21)
    for index in results.indices {
      let votes = [Sample.vote(7, 4), Sample.vote(4, 7), Sample.vote(nil, nil)]
      for number in results[index].answers.indices { results[index].answers[number].votes = votes }
      results[index].variant = index % 2 == 0 ? "standard" : "cross_genre"
    }
    let probes = results.prefix(40).map { pair -> JudgedPair in
      var probe = pair
      probe.id += "#"
      probe.probe = JudgedPair.Probe(kind: .injectedScores, source: pair.id)
      return probe
    }
    return results + probes
  }

  private static func summary() throws -> EvaluationSummary {
    try EvaluationSummary(
      results(), calibration: Calibration(temperature: 1.5, method: "verdict", fittedOn: "validation", n: 400),
      settings: ["method": "verdict <b>"])
  }

  @Test func thePageIsWellFormedAndHasEveryPart() throws {
    let report = EvaluationReport.page(
      try Self.summary(), results: Self.results(), title: "Evaluation", subtitle: "made up", origin: Self.origin,
      cases: [.init(title: "worst <pair>", parts: [.init("A", "text & more")])])
    #expect(XMLParser(data: Data(report.html.utf8)).parse())
    #expect(
      report.figures.map(\.labels.name) == [
        "accuracy", "by_negative_kind", "by_genre", "by_variant", "by_exemplars", "by_author", "orders",
        "scores_by_slot", "margin_by_length", "accuracy_by_length", "reliability", "voting", "probes",
      ])
    for text in ["worst &lt;pair&gt;", "text &amp; more", "verdict &lt;b&gt;", "Only 4 authors", "validation"] {
      #expect(report.html.contains(text), "\(text)")
    }
  }

  @Test func thePageIsTheSameWhateverTheOrderOfResults() throws {
    let summary = try Self.summary()
    func html(_ results: [JudgedPair]) -> String {
      EvaluationReport.page(summary, results: results, title: "t", subtitle: "s", origin: Self.origin).html
    }
    #expect(html(Self.results()) == html(Self.results().reversed()))
  }

  @Test func aPageOfOnePairThatFailedIsDrawn() throws {
    let results = [JudgedPair(Sample.pair("p"), answers: [Sample.failed(.malformed)])]
    let report = EvaluationReport.page(
      try EvaluationSummary(results), results: results, title: "t", subtitle: "s", origin: Self.origin)
    #expect(XMLParser(data: Data(report.html.utf8)).parse())
    #expect(report.html.contains("All pairs are by one author"))
  }

  @Test func theTerminalShowsCoinAndFloorsBesideTheModel() throws {
    let results = [
      JudgedPair(
        Sample.pair("1"), answers: [Sample.answer(7, 4)], floors: ["length": 1, "zeta": 1, "char_ngrams": -1]),
      JudgedPair(Sample.pair("2", author: "z"), answers: [Sample.answer(7, 4)], floors: ["length": 0]),
    ]
    let text = EvaluationTables(try EvaluationSummary(results)).plainText
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(7)
    #expect(
      lines == [
        "Accuracy",
        "judge        accuracy      low     high  binomial low  binomial high    ties  n",
        "model         100.0 %  100.0 %  100.0 %        34.2 %        100.0 %   0.0 %  2",
        "coin           50.0 %        –        –             –              –       –  –",
        "char_ngrams     0.0 %        –        –         0.0 %         79.3 %   0.0 %  1",
        "length         50.0 %    0.0 %  100.0 %         9.5 %         90.5 %  50.0 %  2",
        "zeta          100.0 %        –        –        20.7 %        100.0 %   0.0 %  1",
      ])
    #expect(
      text.hasSuffix("Only 2 authors: intervals by author are themselves unsure; read them, not the binomial ones.\n"))
  }

  @Test func extremesAreThoseOfTheLargestMargins() {
    let results = [
      JudgedPair(Sample.pair("1"), answers: [Sample.answer(9, 2)]),
      JudgedPair(Sample.pair("2"), answers: [Sample.answer(2, 9)]),
      JudgedPair(Sample.pair("3", preferred: .b), answers: [Sample.answer(4, 5)]),
      JudgedPair(Sample.pair("4", preferred: .b), answers: [Sample.answer(10, 1)]),
      JudgedPair(Sample.pair("5"), answers: [Sample.answer(5, 5)]),
      JudgedPair(Sample.pair("6"), answers: [Sample.failed(.malformed)]),
    ]
    let extremes = EvaluationReport.extremes(results, count: 5)
    #expect(extremes.wrong.map(\.id) == ["4", "2"])
    #expect(extremes.right.map(\.id) == ["1", "3"])
    #expect(EvaluationReport.extremes(results, count: 1).right.map(\.id) == ["1"])
  }

  @Test func comparisonsAreShown() throws {
    let first = Sample.random(60, authors: 3, rate: 0.6, seed: 1)
    var second = first
    for index in second.indices where index % 3 == 0 {
      second[index].answers = [second[index].preferred == .a ? Sample.answer(7, 4) : Sample.answer(4, 7)]
    }
    let comparison = try PairedComparison(first, second, seed: 0)
    let report = comparison.page(
      names: (first: "old", second: "new & better"), results: (first, second), origin: Self.origin)
    #expect(report.figures.map(\.labels.name) == ["agreement", "drift"])
    #expect(XMLParser(data: Data(report.html.utf8)).parse())
    let text = comparison.plainText(names: (first: "old", second: "new"))
    #expect(text.contains("only new right \(comparison.gained.count)\n"))
    #expect(text.contains("Only 3 authors"))
  }
}
