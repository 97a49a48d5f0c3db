import Dispatch
package import Kernels
import Synchronization

/// Where the time of forward passes goes: a stopwatch that a model carries where somebody wants to know.
///
/// Theory of operation. A pass is always in exactly one stage. `enter` ends the stage under way and begins the next
/// with the same reading of the clock, so the stages of a pass add up to the pass, and nothing is left out between
/// them. A pass that has ended is added to the totals of its kind, so that reading a prompt and writing can be told
/// apart. With a stage goes the least work it has to do, which is what its time is compared with.
///
/// Costs a clock's reading and an uncontended lock for each stage of each layer: about 25 microseconds in a pass of 30
/// layers. A model without a profile pays a branch.
package final class PassProfile: Sendable {
  /// What a pass does, in about this order.
  package enum Stage: Int, Sendable, CaseIterable {
    /// The scheduler's choice, the batch, who attends to what, and moving the wanted rows to the front.
    case plan
    case embedding
    /// Both norms of a layer, and quantising what goes into the product after each.
    case normalise
    case queryKeyValue
    /// Biases, rotation, and storing keys and values.
    case rotateAndStore
    case attention
    case quantiseAttended
    case attentionOutput
    case gateUp
    /// SiLU, the product with the other half, quantising.
    case gate
    case down
    case finalNorm
    /// Quantising the final states, and the logits.
    case outputHead
    /// Reading rows of logits: log-probabilities, the constraint, draws.
    case sampling
    /// Everything else, such as results of sequences that are finished.
    case rest
  }

  /// What a pass is for.
  package enum Kind: Int, Sendable, CaseIterable {
    /// It has tokens of prompts, perhaps beside others.
    case prefill
    /// It only writes.
    case decode
  }

  /// The least a stage has to do.
  package struct Work: Sendable, Equatable {
    /// Multiplications and additions, counted singly; twice where activations have two 8-bit digits.
    package var operations: Int
    /// Weights, keys and values read, each once; activations stay in caches and are not counted.
    package var bytes: Int

    package init(operations: Int, bytes: Int) {
      self.operations = operations
      self.bytes = bytes
    }

    package static let none = Work(operations: 0, bytes: 0)

    /// A product of some rows with a layer.
    package static func product(_ layer: LinearLayer, rows: Int) -> Work {
      if rows == 0 { return .none }
      return Work(
        operations: 2 * rows * layer.inputs * layer.outputs * max(1, layer.digits), bytes: layer.byteCount)
    }
  }

  /// One stage over some passes.
  package struct Tally: Sendable, Equatable {
    package var nanoseconds = 0
    /// Times the stage was entered.
    package var calls = 0
    package var work = Work.none

    package init() {}

    fileprivate static func += (sum: inout Tally, part: Tally) {
      sum.nanoseconds += part.nanoseconds
      sum.calls += part.calls
      sum.work.operations += part.work.operations
      sum.work.bytes += part.work.bytes
    }
  }

  /// Some passes.
  package struct Totals: Sendable, Equatable {
    package var passes = 0
    /// Tokens that went through the layers.
    package var tokens = 0
    /// Positions that those tokens attended to, each its own included.
    package var positions = 0
    private var tallies = [Tally](repeating: Tally(), count: Stage.allCases.count)

    package init() {}

    package subscript(stage: Stage) -> Tally {
      get { tallies[stage.rawValue] }
      set { tallies[stage.rawValue] = newValue }
    }

    /// All stages together.
    package var nanoseconds: Int { tallies.reduce(0) { $0 + $1.nanoseconds } }

    fileprivate static func += (sum: inout Totals, part: Totals) {
      sum.passes += part.passes
      sum.tokens += part.tokens
      sum.positions += part.positions
      for stage in Stage.allCases { sum[stage] += part[stage] }
    }
  }

  private struct State {
    /// The pass under way.
    var pass = Totals()
    var stage: Stage?
    var since: UInt64 = 0
    var totals = [Totals](repeating: Totals(), count: Kind.allCases.count)

    mutating func leave(at time: UInt64) {
      if let stage { pass[stage].nanoseconds += Int(time - since) }
      stage = nil
    }
  }

  private let now: @Sendable () -> UInt64
  private let state = Mutex(State())

  /// - Parameter now: nanoseconds on any clock that does not go back.
  package init(now: @escaping @Sendable () -> UInt64 = PassProfile.monotonicNanoseconds) { self.now = now }

  /// The system's monotonic clock.
  @Sendable package static func monotonicNanoseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

  /// Begins a pass, in stage `plan`. One that was begun and not ended is forgotten.
  package func beginPass() {
    state.withLock { state in
      state.pass = Totals()
      state.stage = nil
    }
    enter(.plan)
  }

  /// Ends the stage under way and begins another.
  package func enter(_ stage: Stage, _ work: Work = .none) {
    let time = now()
    state.withLock { state in
      state.leave(at: time)
      state.stage = stage
      state.since = time
      state.pass[stage].calls += 1
      state.pass[stage].work.operations += work.operations
      state.pass[stage].work.bytes += work.bytes
    }
  }

  /// Says what goes through the pass under way.
  package func count(tokens: Int, positions: Int) {
    state.withLock { state in
      state.pass.tokens += tokens
      state.pass.positions += positions
    }
  }

  /// Ends the pass and the stage under way.
  package func endPass(_ kind: Kind) {
    let time = now()
    state.withLock { state in
      state.leave(at: time)
      state.pass.passes = 1
      state.totals[kind.rawValue] += state.pass
      state.pass = Totals()
    }
  }

  /// All passes of a kind that have ended since the last `reset`.
  package func totals(_ kind: Kind) -> Totals { state.withLock { $0.totals[kind.rawValue] } }

  /// Forgets the passes that have ended.
  package func reset() {
    state.withLock { state in
      for kind in Kind.allCases { state.totals[kind.rawValue] = Totals() }
    }
  }
}
