package import Corpora
import Reports

/// Pairs worth reading: those a judge was most sure of, rightly and wrongly.
package enum EvaluationCases {
  private static let casesMax = 4

  /// - Parameter pairs: where the texts are; results of others are left out.
  package static func choose(_ results: [JudgedPair], of pairs: [PreferencePair]) -> [EvaluationReport.Case] {
    let texts = Dictionary(pairs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let ranked = results.compactMap { result -> (result: JudgedPair, lead: Double)? in
      guard let margin = result.margin, texts[result.id] != nil else { return nil }
      return (result, result.preferred == .a ? margin : -margin)
    }.sorted { $0.lead != $1.lead ? $0.lead > $1.lead : $0.result.id < $1.result.id }
    let best = ranked.prefix(casesMax).filter { $0.lead > 0 }
    let worst = ranked.suffix(casesMax).reversed().filter { $0.lead < 0 }
    return (best.map { ("Right and sure", $0) } + worst.map { ("Wrong and sure", $0) }).compactMap { title, item in
      guard let pair = texts[item.result.id] else { return nil }
      return EvaluationReport.Case(
        title: "\(title): \(pair.id), \(pair.negativeKind), by a margin of \(NumberText.short(abs(item.lead)))",
        parts: [
          HTMLReport.Example("exemplar", pair.exemplars.first ?? ""),
          HTMLReport.Example("response A\(pair.preferred == .a ? ", the author's" : "")", pair.responseA),
          HTMLReport.Example("response B\(pair.preferred == .b ? ", the author's" : "")", pair.responseB),
        ])
    }
  }
}
