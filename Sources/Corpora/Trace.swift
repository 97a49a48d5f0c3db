/// A pair with a teacher's reasoning and scores: a line of a traces file, the pair's fields and these in one object.
package struct Trace: Sendable, Equatable {
  /// What the teacher gives each response.
  package struct Scores: Sendable, Equatable, Codable {
    package var a: Double
    package var b: Double

    package init(a: Double, b: Double) {
      self.a = a
      self.b = b
    }

    /// The range of a score, as in the answer to `POST /score`.
    package static let range = 1.0...10.0

    fileprivate var fault: RecordFault? {
      for (name, value) in [("a", a), ("b", b)] where !Self.range.contains(value) {
        return RecordFault(field: "scores/\(name)", detail: "must be 1 to 10, not \(value)")
      }
      return nil
    }
  }

  /// Which response a prompt shows first.
  package enum Order: String, Sendable, Codable, CaseIterable {
    case ab, ba
  }

  package var pair: PreferencePair
  /// What sets the author apart, read from the exemplars.
  package var criteria: String
  /// How each response meets the criteria.
  package var eval: String
  package var scores: Scores
  /// Who wrote the trace: `stylometric`, or a model's name.
  package var teacher: String
  /// The order the teacher saw; nil where it saw none.
  package var order: Order?

  package init(
    pair: PreferencePair, criteria: String, eval: String, scores: Scores, teacher: String, order: Order? = nil
  ) {
    self.pair = pair
    self.criteria = criteria
    self.eval = eval
    self.scores = scores
    self.teacher = teacher
    self.order = order
  }

  fileprivate enum CodingKeys: String, CodingKey {
    case criteria, eval, scores, teacher, order, reason, detail, raw
  }
}

extension Trace: FileRecord {
  package static var noun: String { "traces" }

  package var fault: RecordFault? {
    pair.fault ?? RecordFault.firstBlank([("criteria", criteria), ("eval", eval), ("teacher", teacher)]) ?? scores.fault
  }

  package init(from decoder: any Decoder) throws {
    pair = try PreferencePair(from: decoder)
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    criteria = try fields.decode(String.self, forKey: .criteria)
    eval = try fields.decode(String.self, forKey: .eval)
    scores = try fields.decode(Scores.self, forKey: .scores)
    teacher = try fields.decode(String.self, forKey: .teacher)
    order = try fields.decodeIfPresent(Order.self, forKey: .order)
  }

  package func encode(to encoder: any Encoder) throws {
    try pair.encode(to: encoder)
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(criteria, forKey: .criteria)
    try fields.encode(eval, forKey: .eval)
    try fields.encode(scores, forKey: .scores)
    try fields.encode(teacher, forKey: .teacher)
    try fields.encodeIfPresent(order, forKey: .order)
  }
}

/// A trace that is not to be learnt from, and why. What a teacher left out or garbled is nil, never made up.
package struct DroppedTrace: Sendable, Equatable {
  package var pair: PreferencePair
  package var criteria: String?
  package var eval: String?
  package var scores: Trace.Scores?
  package var teacher: String
  package var order: Trace.Order?
  /// A short fixed name, to be counted by: `scores_contradict_label`.
  package var reason: String
  /// What exactly is wrong, for a person.
  package var detail: String?
  /// The teacher's own words, where they could not be parsed.
  package var raw: String?

  package init(
    pair: PreferencePair, criteria: String? = nil, eval: String? = nil, scores: Trace.Scores? = nil, teacher: String,
    order: Trace.Order? = nil, reason: String, detail: String? = nil, raw: String? = nil
  ) {
    self.pair = pair
    self.criteria = criteria
    self.eval = eval
    self.scores = scores
    self.teacher = teacher
    self.order = order
    self.reason = reason
    self.detail = detail
    self.raw = raw
  }

  /// A whole trace, dropped.
  package init(_ trace: Trace, reason: String, detail: String? = nil) {
    self.init(
      pair: trace.pair, criteria: trace.criteria, eval: trace.eval, scores: trace.scores, teacher: trace.teacher,
      order: trace.order, reason: reason, detail: detail)
  }
}

extension DroppedTrace: FileRecord {
  package static var noun: String { "dropped traces" }

  package var fault: RecordFault? {
    pair.fault ?? RecordFault.firstBlank([("teacher", teacher), ("reason", reason)])
  }

  package init(from decoder: any Decoder) throws {
    pair = try PreferencePair(from: decoder)
    let fields = try decoder.container(keyedBy: Trace.CodingKeys.self)
    criteria = try fields.decodeIfPresent(String.self, forKey: .criteria)
    eval = try fields.decodeIfPresent(String.self, forKey: .eval)
    scores = try fields.decodeIfPresent(Trace.Scores.self, forKey: .scores)
    teacher = try fields.decode(String.self, forKey: .teacher)
    order = try fields.decodeIfPresent(Trace.Order.self, forKey: .order)
    reason = try fields.decode(String.self, forKey: .reason)
    detail = try fields.decodeIfPresent(String.self, forKey: .detail)
    raw = try fields.decodeIfPresent(String.self, forKey: .raw)
  }

  package func encode(to encoder: any Encoder) throws {
    try pair.encode(to: encoder)
    var fields = encoder.container(keyedBy: Trace.CodingKeys.self)
    try fields.encodeIfPresent(criteria, forKey: .criteria)
    try fields.encodeIfPresent(eval, forKey: .eval)
    try fields.encodeIfPresent(scores, forKey: .scores)
    try fields.encode(teacher, forKey: .teacher)
    try fields.encodeIfPresent(order, forKey: .order)
    try fields.encode(reason, forKey: .reason)
    try fields.encodeIfPresent(detail, forKey: .detail)
    try fields.encodeIfPresent(raw, forKey: .raw)
  }
}
