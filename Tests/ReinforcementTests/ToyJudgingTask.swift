import Randomness
import Reinforcement

/// Judging small enough for a tiny model: which of two numbers is larger, in a fixed form.
///
/// Prompts are `begin x y`, with x and y two different numbers of 0..<range, each a token. The well-formed completions
/// are `open first close end` (x is larger), `open second close end`, and `open tie close end`, which is never right.
/// So there is a form to keep, a winner to find, and a place to prefer wrongly, and the rewards are those of verdicts.
/// Which number is larger decides alone: a policy that knows only the form is right in half of its winners.
struct ToyJudgingTask: RolloutTask, Equatable {
  enum Token: Int32, CaseIterable {
    // 0...9 are the numbers.
    case begin = 10
    case open, close, first, second, tie
    case end = 16
  }

  /// Ids at and beyond this stand for nothing; a model may have rows for more.
  static let vocabularySize = 17
  static let promptTokens = 3
  /// Of a well-formed completion, the end of turn included.
  static let completionTokens = 4
  /// One more than a well-formed completion needs, so that being cut off is not the same as ending.
  static let maxTokens = 5
  static let stopToken = Token.end.rawValue

  let seed: UInt64
  /// Numbers are of 0..<range; at most 10.
  let range: Int
  private(set) var nextNumber = 0

  init(seed: UInt64, range: Int = 10) {
    self.seed = seed
    self.range = range
  }

  /// The two numbers of a question.
  func numbers(_ question: Int) -> (first: Int32, second: Int32) {
    var random = SeededRandom(seed: seed, name: "toy \(question)")
    let first = random.below(range)
    // Of the others.
    return (Int32(first), Int32((first + 1 + random.below(range - 1)) % range))
  }

  static func prompt(_ first: Int32, _ second: Int32) -> [Int32] { [Token.begin.rawValue, first, second] }

  /// A completion in the form.
  static func completion(_ winner: Token) -> [Int32] {
    [Token.open, winner, .close, .end].map(\.rawValue)
  }

  mutating func next(_ count: Int, samples: Int) -> [RolloutQuestion] {
    defer { nextNumber += count }
    return (nextNumber..<nextNumber + count).map { number in
      let (first, second) = numbers(number)
      return RolloutQuestion(
        number: number, name: "\(first) or \(second)", labels: [first > second ? "larger/first" : "larger/second"],
        prompts: [[Int32]](repeating: Self.prompt(first, second), count: samples))
    }
  }

  func outcomes(_ question: RolloutQuestion, _ answers: [RolloutResult]) -> [VerdictReward.Outcome] {
    answers.map { Self.outcome($0.tokens, isComplete: $0.isComplete, prompt: question.prompts[0]) }
  }

  /// What a completion is worth.
  static func outcome(_ tokens: [Int32], isComplete: Bool, prompt: [Int32]) -> VerdictReward.Outcome {
    guard isComplete else { return VerdictReward.Outcome(kind: .truncated) }
    if tokens == completion(.tie) { return VerdictReward.Outcome(kind: .tie) }
    let prefersFirst = tokens == completion(.first)
    guard prefersFirst || tokens == completion(.second) else { return VerdictReward.Outcome(kind: .malformed) }
    return VerdictReward.Outcome(
      kind: prefersFirst == (prompt[1] > prompt[2]) ? .right : .wrong, prefersFirst: prefersFirst)
  }

  /// Prompts with completions that keep the form and name either winner by chance: what a model is warmed up on, so
  /// that it begins at chance. From nothing it would take tens of thousands of completions to see the form once.
  static func warmUp(
    _ count: Int, seed: UInt64, range: Int = 10
  ) -> [(prompt: [Int32], completion: [Int32])] {
    let task = ToyJudgingTask(seed: seed, range: range)
    var random = SeededRandom(seed: seed, name: "toy warm-up")
    return (0..<count).map { index in
      let (first, second) = task.numbers(index)
      return (prompt(first, second), completion(random.below(2) == 0 ? .first : .second))
    }
  }

  var cursor: RolloutCursor { RolloutCursor(next: nextNumber, fingerprint: "toy \(seed)") }

  mutating func resume(at cursor: RolloutCursor) throws {
    guard cursor.fingerprint == self.cursor.fingerprint else { throw RolloutPlanError.cursorOfOtherPlan }
    nextNumber = cursor.next
  }
}
