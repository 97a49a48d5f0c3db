import Kernels
import ModelFiles
import Models
import Synchronization
import TestSupport
import Testing

/// The stopwatch of a pass on a clock of the test's own, and that a model tells it everything and computes the same.
@Suite struct PassProfileTests {
  /// Each reading is one nanosecond later than the one before takes: 1, 3, 6, 10.
  private final class Clock: Sendable {
    private let state = Mutex((readings: UInt64(0), time: UInt64(0)))
    @Sendable func now() -> UInt64 {
      state.withLock { state in
        state.readings += 1
        state.time += state.readings
        return state.time
      }
    }
  }

  @Test func stagesAddUpToThePassWithNothingBetweenThem() {
    let clock = Clock()
    let profile = PassProfile(now: clock.now)
    profile.beginPass()
    profile.enter(.attention, PassProfile.Work(operations: 5, bytes: 7))
    profile.enter(.down)
    profile.enter(.attention, PassProfile.Work(operations: 1, bytes: 2))
    profile.count(tokens: 3, positions: 12)
    profile.endPass(.decode)
    let totals = profile.totals(.decode)
    #expect(totals[.plan].nanoseconds == 2)
    #expect(totals[.attention].nanoseconds == 3 + 5)
    #expect(totals[.attention].calls == 2)
    #expect(totals[.attention].work == PassProfile.Work(operations: 6, bytes: 9))
    #expect(totals[.down].nanoseconds == 4)
    // From the first reading, 1, to the fifth, 15.
    #expect(totals.nanoseconds == 14)
    #expect([totals.passes, totals.tokens, totals.positions] == [1, 3, 12])
    #expect(profile.totals(.prefill) == PassProfile.Totals())
  }

  @Test func kindsAreKeptApartAndAResetForgetsBoth() {
    let profile = PassProfile(now: Clock().now)
    for kind in [PassProfile.Kind.prefill, .decode, .decode] {
      profile.beginPass()
      profile.endPass(kind)
    }
    #expect([profile.totals(.prefill).passes, profile.totals(.decode).passes] == [1, 2])
    profile.reset()
    #expect([profile.totals(.prefill), profile.totals(.decode)] == [PassProfile.Totals(), PassProfile.Totals()])
  }

  @Test func aPassThatNeverEndedIsForgotten() {
    let profile = PassProfile(now: Clock().now)
    profile.beginPass()
    profile.enter(.gate)
    profile.beginPass()
    profile.endPass(.prefill)
    #expect(profile.totals(.prefill)[.gate].calls == 0)
    #expect(profile.totals(.prefill)[.plan].calls == 1)
  }

  private static let tokens: [Int32] = (0..<37).map { Int32(($0 * 31 + 7) % 90) }

  /// What one pass over `tokens` told the profile of a tiny model with three layers.
  private func totals(
    _ precision: Precision, wanting isWanted: (Int) -> Bool
  ) throws -> (PassProfile.Totals, TinyModel) {
    let profile = PassProfile()
    let tiny = try TinyModel(named: "tiny-llama", precision: precision, profile: profile)
    profile.beginPass()
    _ = tiny.logits(Self.tokens, wanting: isWanted)
    profile.endPass(.prefill)
    return (profile.totals(.prefill), tiny)
  }

  @Test(arguments: Precision.allCases)
  func everyStageIsEnteredInEachLayer(_ precision: Precision) throws {
    let onceALayer: [PassProfile.Stage] = [
      .queryKeyValue, .rotateAndStore, .attention, .quantiseAttended, .attentionOutput, .gateUp, .gate, .down,
    ]
    let once: [PassProfile.Stage] = [.embedding, .finalNorm, .outputHead, .sampling, .rest]
    let (all, _) = try totals(precision) { _ in true }
    for stage in onceALayer { #expect(all[stage].calls == 3, "\(stage)") }
    for stage in once + [.plan] { #expect(all[stage].calls == 1, "\(stage)") }
    #expect(all[.normalise].calls == 6)
    // The last layer plans anew for the rows that somebody wants, and is left out but for its keys and values if none.
    let (last, _) = try totals(precision) { $0 == Self.tokens.count - 1 }
    #expect(last[.plan].calls == 2)
    for stage in onceALayer { #expect(last[stage].calls == 3, "\(stage)") }
    let (none, _) = try totals(precision) { _ in false }
    for stage in onceALayer[2...] { #expect(none[stage].calls == 2, "\(stage)") }
    for stage in onceALayer[..<2] { #expect(none[stage].calls == 3, "\(stage)") }
    #expect(none[.normalise].calls == 5)
  }

  @Test func workIsCountedRowByRowAndBytesOnce() throws {
    let (totals, tiny) = try totals(.balanced) { $0 == Self.tokens.count - 1 }
    let configuration = tiny.model.configuration
    let layers = tiny.model.weights.layers
    let rows = Self.tokens.count
    #expect([totals.tokens, totals.positions] == [rows, rows * (rows + 1) / 2])
    // Two digits in the query, key and value products; two layers of all rows and one of the last row behind them.
    #expect(
      totals[.queryKeyValue].work
        == PassProfile.Work(
          operations: 3 * 2 * 2 * rows * layers[0].queryKeyValue.inputs * layers[0].queryKeyValue.outputs,
          bytes: layers.reduce(0) { $0 + $1.queryKeyValue.byteCount }))
    #expect(
      totals[.attentionOutput].work.operations
        == 2 * (2 * rows + 1) * layers[0].attentionOutput.inputs * layers[0].attentionOutput.outputs)
    let width = configuration.headCount * configuration.headDim
    #expect(totals[.attention].work.operations == 4 * width * (2 * totals.positions + rows))
    // Three blocks of 16 in each of three layers.
    #expect(totals[.attention].work.bytes == 3 * KeyValueCache.blockBytes(configuration, type: .bfloat16))
    #expect(totals[.outputHead].work.bytes == tiny.model.weights.outputHead.byteCount)
    #expect(totals[.normalise].work == .none)
  }

  @Test(arguments: ["tiny-llama", "tiny-qwen2"], Precision.allCases)
  func aProfileDoesNotChangeABit(_ name: String, _ precision: Precision) throws {
    let plain = try TinyModel(named: name, precision: precision)
    let profiled = try TinyModel(named: name, precision: precision, profile: PassProfile())
    for chunk in [7, 64] {
      #expect(profiled.logits(Self.tokens, chunk: chunk) == plain.logits(Self.tokens, chunk: chunk))
    }
  }
}
