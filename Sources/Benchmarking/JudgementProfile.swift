package import Judge
import Kernels
package import Models

/// Where the milliseconds of one judgement go: what a profile and a clock said of many, divided by their number.
///
/// The wall time of a judgement is the time of its passes and what lies outside of them. With several clients a pass
/// works for several judgements, and each has its share.
package struct JudgementProfile: Sendable {
  /// What was measured over one repeat.
  package struct Repeat: Sendable {
    package var seconds: Double
    package var judgements: Int
    package var usage: Usage
    package var prefill: PassProfile.Totals
    package var decode: PassProfile.Totals

    package init(
      seconds: Double, judgements: Int, usage: Usage, prefill: PassProfile.Totals, decode: PassProfile.Totals
    ) {
      self.seconds = seconds
      self.judgements = judgements
      self.usage = usage
      self.prefill = prefill
      self.decode = decode
    }

    fileprivate func totals(_ kind: PassProfile.Kind) -> PassProfile.Totals {
      switch kind {
      case .prefill: prefill
      case .decode: decode
      }
    }
  }

  /// Names of the rows that are no stage's.
  static let judgementName = "judgement"
  static let outsideName = "outside passes"

  /// Rows of a smaller share of a judgement are not compared with a baseline: other load moves them at will.
  private static let comparedShareMin = 0.01

  private let repeats: [Repeat]
  private let roofline: Roofline
  private let precision: Precision
  private let keyValueType: KeyValueType

  /// - Parameter repeats: at least one, each with at least one judgement.
  package init(_ repeats: [Repeat], roofline: Roofline, precision: Precision, keyValueType: KeyValueType) {
    precondition(!repeats.isEmpty && repeats.allSatisfy { $0.judgements > 0 })
    self.repeats = repeats
    self.roofline = roofline
    self.precision = precision
    self.keyValueType = keyValueType
  }

  /// The whole judgement, each kind of pass followed by its stages, and the rest; all in milliseconds.
  package var rows: [BenchmarkRow] {
    var rows = [row(Self.judgementName, note: usageNote) { $0.seconds * 1000 }]
    for kind in PassProfile.Kind.allCases {
      rows.append(
        row("\(kind)", least: least(kind), note: note(kind)) { Double($0.totals(kind).nanoseconds) / 1e6 })
      for stage in PassProfile.Stage.allCases where repeats.contains(where: { $0.totals(kind)[stage].calls > 0 }) {
        rows.append(
          row("\(kind), \(stage.name)", least: least(kind, stage), note: note(kind, stage)) {
            Double($0.totals(kind)[stage].nanoseconds) / 1e6
          })
      }
    }
    rows.append(
      row(Self.outsideName, note: "text to tokens and back, waiting for a pass") {
        $0.seconds * 1000 - Double($0.prefill.nanoseconds + $0.decode.nanoseconds) / 1e6
      })
    return rows.compactMap { $0 }
  }

  private func row(
    _ name: String, least: Roofline.Bound? = nil, note: String, _ milliseconds: (Repeat) -> Double
  ) -> BenchmarkRow? {
    guard let measurement = Measurement(repeats.map { milliseconds($0) / Double($0.judgements) }) else { return nil }
    let whole = Measurement(repeats.map { $0.seconds * 1000 / Double($0.judgements) })?.median ?? .nan
    // A stage that took no time by the clock reached no share of anything.
    let share = measurement.median > 0 ? least.map { $0.share(measurement.median / 1000) } : nil
    return BenchmarkRow(
      name: name, unit: "ms", goal: measurement.median < Self.comparedShareMin * whole ? .none : .lower, measurement,
      limitShare: share,
      limit: share == nil ? nil : least?.name, note: note)
  }

  /// The mean over all judgements of all repeats.
  private func mean(_ value: (Repeat) -> Int) -> Double {
    Double(repeats.reduce(0) { $0 + value($1) }) / Double(repeats.reduce(0) { $0 + $1.judgements })
  }

  // MARK: The least time

  /// What one judgement's share of a stage has to take; nil where its work is not counted.
  private func least(_ kind: PassProfile.Kind, _ stage: PassProfile.Stage) -> Roofline.Bound? {
    let operations = mean { $0.totals(kind)[stage].work.operations }
    let bytes = mean { $0.totals(kind)[stage].work.bytes }
    if operations == 0, bytes == 0 { return nil }
    return roofline.bound([Roofline.Work(operations, arithmetic(stage))], bytes: bytes)
  }

  /// The stages of a pass follow one another, so their least times add up; the largest names the bound.
  private func least(_ kind: PassProfile.Kind) -> Roofline.Bound? {
    let bounds = PassProfile.Stage.allCases.compactMap { least(kind, $0) }
    let seconds = Dictionary(bounds.map { ($0.name, $0.seconds) }, uniquingKeysWith: +)
    guard let largest = seconds.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
    return Roofline.Bound(seconds: bounds.reduce(0) { $0 + $1.seconds }, name: largest.key)
  }

  private func arithmetic(_ stage: PassProfile.Stage) -> MachinePeak.Arithmetic {
    if stage != .attention { return precision == .float32 ? .float32 : .int8 }
    switch keyValueType {
    case .float32: return .float32
    case .bfloat16: return .bfloat16
    case .int8: return .int8
    }
  }

  // MARK: Notes

  private var usageNote: String {
    let usage = [
      (mean { $0.usage.promptTokens }, "prompt tokens"), (mean { $0.usage.cachedTokens }, "of them cached"),
      (mean { $0.usage.completionTokens }, "written"),
    ]
    return usage.map { "\(Quantity.fixed($0.0, digits: 0)) \($0.1)" }.joined(separator: ", ")
  }

  private func note(_ kind: PassProfile.Kind) -> String {
    let passes = mean { $0.totals(kind).passes }
    let tokens = mean { $0.totals(kind).tokens }
    let positions = tokens > 0 ? mean { $0.totals(kind).positions } / tokens : 0
    return "\(Quantity.fixed(passes, digits: 1)) passes, \(Quantity.fixed(tokens, digits: 1)) tokens, each at "
      + "\(Quantity.fixed(positions, digits: 0)) positions"
  }

  private func note(_ kind: PassProfile.Kind, _ stage: PassProfile.Stage) -> String {
    let calls = "\(Quantity.fixed(mean { $0.totals(kind)[stage].calls }, digits: 0)) calls"
    let work = [
      (mean { $0.totals(kind)[stage].work.bytes }, "GB"), (mean { $0.totals(kind)[stage].work.operations }, "Gop"),
    ]
    return ([calls] + work.filter { $0.0 > 0 }.map { "\(Quantity.text($0.0 / 1e9)) \($0.1)" }).joined(separator: ", ")
  }
}

extension PassProfile.Stage {
  /// What rows of records call it; plots know these names too.
  package var name: String {
    switch self {
    case .plan: "plan and batch"
    case .embedding: "embedding"
    case .normalise: "norm and quantise"
    case .queryKeyValue: "query, key, value product"
    case .rotateAndStore: "rotate and store"
    case .attention: "attention"
    case .quantiseAttended: "quantise attended"
    case .attentionOutput: "output product"
    case .gateUp: "gate and up product"
    case .gate: "SiLU and quantise"
    case .down: "down product"
    case .finalNorm: "final norm"
    case .outputHead: "output head"
    case .sampling: "constraint and sampling"
    case .rest: "everything else"
    }
  }
}

extension BenchmarkRecord {
  /// A profile as a table: milliseconds, their share of a judgement, and the least they could be.
  var profileLines: [String] {
    let whole = rows.first { $0.name == JudgementProfile.judgementName }?.median ?? .nan
    let cells = rows.map { row in
      let least = row.limitShare.map { Quantity.fixed($0 * row.median, digits: 2) }
      return [
        row.name, Quantity.fixed(row.median, digits: 2), Quantity.fixed(100 * row.median / whole, digits: 1) + " %",
        least ?? "", row.limitShare.map { Quantity.fixed(100 * $0, digits: 0) + " % \(row.limit ?? "")" } ?? "",
        row.note ?? "",
      ]
    }
    return Self.aligned(
      ["profile", "ms", "share", "least ms", "of limit", ""], cells, isNumber: [false, true, true, true, false, false])
  }
}
