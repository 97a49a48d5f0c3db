import Foundation
import Randomness
import Reinforcement
import Synchronization
import Training

/// A table of logits for the toy task: one row for each place of a completion and each answer, 0 or 1, that is right.
struct LogitTable: Sendable, Equatable {
  static let width = ToyJudgingTask.vocabularySize
  var logits = [Double](repeating: 0, count: 2 * ToyJudgingTask.maxTokens * Self.width)

  /// Knows the form and nothing else.
  static var warm: LogitTable {
    var table = LogitTable()
    for larger in 0..<2 {
      for (place, tokens) in [[ToyJudgingTask.Token.open], [.first, .second, .tie], [.close], [.end]].enumerated() {
        for token in tokens {
          table.logits[(larger * ToyJudgingTask.maxTokens + place) * width + Int(token.rawValue)] = 5
        }
      }
    }
    return table
  }

  func row(_ prompt: [Int32], place: Int) -> Range<Int> {
    let start = ((prompt[1] > prompt[2] ? 1 : 0) * ToyJudgingTask.maxTokens + place) * Self.width
    return start..<start + Self.width
  }

  func logProbabilities(_ row: Range<Int>) -> [Double] {
    let top = logits[row].max() ?? 0
    let total = top + log(logits[row].reduce(0) { $0 + exp($1 - top) })
    return logits[row].map { $0 - total }
  }

  func logProbabilities(_ sequence: PolicySequence) -> [Float] {
    sequence.completion.enumerated().map { place, token in
      Float(logProbabilities(row(sequence.prompt, place: place))[Int(token)])
    }
  }
}

/// Draws from a table that only `TabularPolicy.publish` changes.
final class TabularEngine: RolloutEngine {
  struct Failure: Error, Equatable {}

  let table = Mutex(LogitTable())
  /// Seeds of all requests so far.
  let seeds = Mutex<[UInt64]>([])
  /// Requests after which it fails.
  let failsAfter: Int
  /// What the rollouts are wrong by, as an engine in lower precision is.
  let drift: Float

  init(failsAfter: Int = .max, drift: Float = 0) {
    self.failsAfter = failsAfter
    self.drift = drift
  }

  func complete(_ requests: [RolloutRequest]) async throws -> [RolloutResult] {
    let count = seeds.withLock { seeds in
      seeds += requests.map(\.seed)
      return seeds.count
    }
    if count > failsAfter { throw Failure() }
    let table = table.withLock { $0 }
    return requests.map { complete($0, table) }
  }

  private func complete(_ request: RolloutRequest, _ table: LogitTable) -> RolloutResult {
    var random = SeededRandom(seed: request.seed)
    var result = RolloutResult(tokens: [], logProbabilities: [], isComplete: false, text: "")
    while result.tokens.count < request.maxTokens, !result.isComplete {
      let values = table.logProbabilities(table.row(request.prompt, place: result.tokens.count))
      var rest = random.unit()
      let token = values.firstIndex { value in
        rest -= exp(value)
        return rest < 0
      }
      let drawn = Int32(token ?? values.count - 1)
      result.tokens.append(drawn)
      result.logProbabilities.append(Float(values[Int(drawn)]) + drift)
      result.isComplete = drawn == ToyJudgingTask.stopToken
    }
    result.text = result.tokens.map { String($0) }.joined(separator: " ")
    return result
  }
}

/// Learns a table by plain gradient descent through `PolicyTokens`, as a trainer does.
struct TabularPolicy: Policy {
  var table: LogitTable
  let reference: LogitTable
  let engine: TabularEngine
  let learningRate: Double
  var updates: [[PolicySequence]] = []
  var weightSums: [Double] = []
  var publications = 0
  var referenceCalls = 0
  var oldCalls = 0

  init(_ table: LogitTable = .warm, engine: TabularEngine, learningRate: Double = 30) {
    self.table = table
    reference = table
    self.engine = engine
    self.learningRate = learningRate
  }

  mutating func logProbabilities(_ sequences: [PolicySequence]) -> [[Float]] {
    oldCalls += 1
    return sequences.map { table.logProbabilities($0) }
  }

  mutating func referenceLogProbabilities(_ sequences: [PolicySequence]) -> [[Float]] {
    referenceCalls += 1
    return sequences.map { reference.logProbabilities($0) }
  }

  mutating func update(
    _ sequences: [PolicySequence], weights: [Double], objective: PolicyObjective
  ) -> PolicyUpdate {
    var tokens = PolicyTokens(objective)
    for (sequence, weight) in zip(sequences, weights) { tokens.append(sequence, weight: weight) }
    let current = sequences.flatMap { table.logProbabilities($0) }
    var gradient = [Double](repeating: 0, count: table.logits.count)
    var target = 0
    for sequence in sequences {
      for (place, token) in sequence.completion.enumerated() {
        let slope = Double(tokens.term(target: target, logProbability: current[target]).gradient)
        let row = table.row(sequence.prompt, place: place)
        // d ln p(token) / d logit = [is the token] - p.
        for (index, value) in table.logProbabilities(row).enumerated() {
          gradient[row.lowerBound + index] += slope * ((index == Int(token) ? 1 : 0) - exp(value))
        }
        target += 1
      }
    }
    for index in gradient.indices { table.logits[index] -= learningRate * gradient[index] }
    updates.append(sequences)
    weightSums.append(zip(sequences, weights).reduce(0) { $0 + Double($1.0.completion.count) * $1.1 })
    return PolicyUpdate(
      statistics: tokens.statistics(logProbabilities: current, entropies: []), learningRate: learningRate,
      gradientNorm: gradient.reduce(0) { $0 + $1 * $1 }.squareRoot())
  }

  mutating func publish() async {
    publications += 1
    let table = table
    engine.table.withLock { $0 = table }
  }
}
