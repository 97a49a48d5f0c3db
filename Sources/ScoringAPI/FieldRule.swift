package import BoundedJSON
import Judge

/// What one member of a request's body may be. The validator reads these rules, and a test compares them with
/// `openapi.yaml`, so the two cannot part.
package struct FieldRule: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// A string of 1...`scalarsMax` Unicode scalars.
    case text(scalarsMax: Int)
    /// 1...`countMax` of the above.
    case texts(countMax: Int, scalarsMax: Int)
    /// One of these strings.
    case choice([String])
    case number(ClosedRange<Double>)
    /// A whole number; `3.0` is one.
    case integer(ClosedRange<Int64>)
    /// One of these truth values.
    case flag([Bool])
  }

  package let name: String
  package let kind: Kind
  /// What counts where the member is absent; nil where it must be there.
  package let fallback: JSONValue?

  /// What makes a member without a fallback optional.
  package enum Waiver: Sendable, Equatable {
    /// Another member, by its name, with this value.
    case member(String, value: JSONValue)
    /// Always: what counts is up to the judge that is served.
    case always
  }

  package let waiver: Waiver?

  private init(name: String, kind: Kind, fallback: JSONValue?, waiver: Waiver? = nil) {
    self.name = name
    self.kind = kind
    self.fallback = fallback
    self.waiver = waiver
  }

  /// Whether it must be there, whatever else is.
  package var isRequired: Bool { fallback == nil && waiver == nil }

  /// Whether it may be absent from a body with these members.
  private func isWaived(in members: [String: JSONValue]) -> Bool {
    switch waiver {
    case .member(let name, let value): members[name] == value
    case .always: true
    case nil: false
    }
  }

  /// The body of `POST /score` and `POST /apply-template`.
  package static let score: [FieldRule] = [
    FieldRule(name: "query", kind: .text(scalarsMax: ScoringLimits.textScalarsMax), fallback: nil),
    FieldRule(
      name: "exemplars",
      kind: .texts(countMax: Comparison.exemplarsMax, scalarsMax: ScoringLimits.textScalarsMax), fallback: nil),
    FieldRule(name: "response_a", kind: .text(scalarsMax: ScoringLimits.textScalarsMax), fallback: nil),
    FieldRule(
      name: "response_b", kind: .text(scalarsMax: ScoringLimits.textScalarsMax), fallback: nil,
      waiver: .member("method", value: .string(JudgeMethod.likelihood.rawValue))),
    FieldRule(name: "method", kind: .choice(JudgeMethod.allCases.map(\.rawValue)), fallback: .string("reasoning")),
    FieldRule(name: "order", kind: .choice(OrderOption.allCases.map(\.rawValue)), fallback: .string("ab")),
    FieldRule(name: "samples", kind: .integer(1...Int64(JudgeOptions.samplesMax)), fallback: .integer(1)),
    FieldRule(name: "temperature", kind: .number(0...2), fallback: .integer(0)),
    FieldRule(name: "seed", kind: .integer(0...ScoringLimits.seedMax), fallback: .integer(0)),
    FieldRule(name: "min_tokens", kind: .integer(0...Int64(ScoringLimits.maxTokensMax)), fallback: .integer(0)),
    FieldRule(
      name: "max_tokens",
      kind: .integer(Int64(VerdictGrammar.maxTokensMin)...Int64(ScoringLimits.maxTokensMax)), fallback: .integer(512)),
    FieldRule(name: "evidence", kind: .flag([true, false]), fallback: nil, waiver: .always),
    FieldRule(name: "constrained", kind: .flag([true, false]), fallback: .bool(true)),
    FieldRule(name: "stream", kind: .flag([false]), fallback: .bool(false)),
  ]

  /// Checks a body against rules.
  ///
  /// - Returns: the members there are, with fallbacks filled in, and every fault: wrong members in the rules' order,
  ///   then unknown ones by name. The members are those of the rules only, and right where there are no faults.
  package static func check(
    _ body: JSONValue, against rules: [FieldRule]
  ) -> (members: [String: JSONValue], faults: [FieldError]) {
    guard let members = body.object else {
      return ([:], [FieldError(pointer: "", detail: "must be an object, not \(article(body))")])
    }
    var checked: [String: JSONValue] = [:]
    var faults: [FieldError] = []
    for rule in rules {
      let pointer = JSONReader.pointer([rule.name])
      if let value = members[rule.name] ?? rule.fallback {
        checked[rule.name] = value
        faults += rule.faults(value, pointer: pointer)
      } else if !rule.isWaived(in: members) {
        faults.append(FieldError(pointer: pointer, detail: "is missing"))
      }
    }
    let known = Set(rules.map(\.name))
    for name in members.keys.sorted() where !known.contains(name) {
      faults.append(FieldError(pointer: JSONReader.pointer([shown(name)]), detail: "is not a known field"))
    }
    return (checked, faults)
  }

  private func faults(_ value: JSONValue, pointer: String) -> [FieldError] {
    func fault(_ detail: String) -> [FieldError] { [FieldError(pointer: pointer, detail: detail)] }
    func wrong(_ expected: String) -> [FieldError] { fault("must be \(expected), not \(Self.article(value))") }
    switch kind {
    case .text(let scalarsMax):
      return Self.textFault(value, scalarsMax: scalarsMax).map(fault) ?? []
    case .texts(let countMax, let scalarsMax):
      guard let elements = value.array else { return wrong("an array of strings") }
      if elements.isEmpty { return fault("must not be empty") }
      if elements.count > countMax { return fault("must hold at most \(countMax) texts, not \(elements.count)") }
      return elements.enumerated().compactMap { index, element in
        Self.textFault(element, scalarsMax: scalarsMax).map { FieldError(pointer: "\(pointer)/\(index)", detail: $0) }
      }
    case .choice(let words):
      guard let text = value.string else { return wrong("a string") }
      return words.contains(text)
        ? [] : fault("must be \(Self.list(words.map { "\"\($0)\"" })); nothing else is supported")
    case .number(let range):
      guard let number = value.number else { return wrong("a number") }
      return range.contains(number)
        ? [] : fault("must be from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))")
    case .integer(let range):
      guard value.number != nil else { return wrong("a whole number") }
      guard let whole = value.integer else { return fault("must be a whole number") }
      return range.contains(whole) ? [] : fault("must be from \(range.lowerBound) to \(range.upperBound)")
    case .flag(let supported):
      guard let flag = value.bool else { return wrong(Self.list(supported.map { "\($0)" })) }
      return supported.contains(flag)
        ? [] : fault("must be \(Self.list(supported.map { "\($0)" })); nothing else is supported")
    }
  }

  private static func textFault(_ value: JSONValue, scalarsMax: Int) -> String? {
    guard let text = value.string else { return "must be a string, not \(article(value))" }
    if text.isEmpty { return "must not be empty" }
    let count = text.unicodeScalars.count
    return count > scalarsMax ? "must have at most \(scalarsMax) characters, not \(count)" : nil
  }

  /// "a, b or c".
  private static func list(_ words: [String]) -> String {
    words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
  }

  private static func plain(_ number: Double) -> String {
    Int(exactly: number).map { String($0) } ?? String(number)
  }

  private static func article(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .array, .object: "an \(value.kind)"
    default: "a \(value.kind)"
    }
  }

  /// A name of the client's, cut to `ScoringLimits.nameScalarsMax`, control characters shown.
  private static func shown(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars.prefix(ScoringLimits.nameScalarsMax) {
      text += scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return name.unicodeScalars.count > ScoringLimits.nameScalarsMax ? text + "…" : text
  }
}
