package import Judge

/// What a teacher answers: the parts of a verdict, before anybody checked them.
package struct TaughtJudgement: Sendable, Equatable {
  package var criteria: String
  package var eval: String
  package var a: Score
  package var b: Score

  package init(criteria: String, eval: String, a: Score, b: Score) {
    self.criteria = criteria
    self.eval = eval
    self.a = a
    self.b = b
  }

  /// The verdict as a model writes it.
  package var text: String {
    "<criteria>\(criteria)</criteria>\n<eval>\(eval)</eval>\n<scores>A: \(a.written), B: \(b.written)</scores>"
  }
}

extension Score {
  /// As it is written: "8", "7.5".
  var written: String { tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)" }

  /// The nearest score there is, 1...10 points.
  init(clampingTenths tenths: Int) {
    let clamped = min(100, max(10, tenths))
    guard let score = Score(tenths: clamped) else { preconditionFailure("1 to 10 points are a score") }
    self = score
  }
}
