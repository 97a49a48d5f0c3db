import Dispatch
import Engine
import Synchronization

/// A form written out step by step; says what the engine did with it.
struct ScriptedConstraint: TokenConstraint {
  enum Step: Sendable {
    case forced([Int32])
    case few([Int32])
    case mask([Int32])
    case any
    /// As `forced`, but the engine's thread stands still here until the gate opens.
    case gatedForced(Gate, [Int32])
    /// As `any`, but the engine's thread stands still here until the gate opens.
    case gate(Gate)
  }

  private var steps: [Step]
  private(set) var accepted: [Int32] = []
  private(set) var probabilities: [[Float]] = []
  /// What is written where one of its keys was drawn.
  private let replacements: [Int32: Int32]
  /// Choices asked for although the form was whole.
  private(set) var askedTooOften = 0

  init(_ steps: [Step], replacing replacements: [Int32: Int32] = [:]) {
    self.steps = steps
    self.replacements = replacements
  }

  var isComplete: Bool { steps.isEmpty }

  mutating func takeForcedTokens() -> [Int32] {
    switch steps.first {
    case .gatedForced(let gate, let tokens):
      gate.pass()
      steps.removeFirst()
      return tokens
    case .forced(let tokens):
      steps.removeFirst()
      return tokens
    default: return []
    }
  }

  mutating func choices() -> TokenChoices {
    switch steps.first {
    case .few(let tokens): return .few(tokens)
    case .mask(let tokens):
      var mask = TokenMask(vocabularySize: 90)
      for token in tokens { mask.insert(token) }
      return .mask(mask)
    case .gate(let gate):
      gate.pass()
      return .any
    case .any: return .any
    case .forced, .gatedForced, nil:
      askedTooOften += 1
      return .any
    }
  }

  mutating func accept(_ token: Int32, probabilities: [Float]) -> Int32 {
    accepted.append(token)
    self.probabilities.append(probabilities)
    if !steps.isEmpty { steps.removeFirst() }
    return replacements[token] ?? token
  }
}

/// Where the engine's thread waits for a test.
final class Gate: Sendable {
  private let reached = Atomic<Bool>(false)
  private let opened = DispatchSemaphore(value: 0)

  var isReached: Bool { reached.load(ordering: .acquiring) }

  func pass() {
    reached.store(true, ordering: .releasing)
    opened.wait()
  }

  func open() { opened.signal() }
}
