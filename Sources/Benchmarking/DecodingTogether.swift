package import Engine
import Synchronization

/// Times sequences that decode together, and nothing else.
///
/// Theory of operation. Decoding of n sequences is timed only while all n decode. Every prompt was prefilled once,
/// which left its full blocks in the prefix cache. Then a gate holds the engine for one pass: a sequence that fills a
/// pass by itself and takes nothing from the cache. Behind it all n are submitted; the next pass takes in all of
/// them, as each has no more than a block left to compute, and gives each its first token. From there on every pass
/// decodes one token of each, and all end in the same pass. So `EngineResult.decodeSeconds` of each spans the same
/// passes, and the rate is n * passes / seconds. Whether it went so is checked by counting passes: one for the gate,
/// one for the first tokens, and one for each token more; a try that took other than that is made again.
package struct DecodingTogether: Sendable {
  /// Tries of one repeat.
  private static let triesMax = 5

  private let engine: InferenceEngine
  private let passes: Int
  private let filler: Int32

  /// - Parameters:
  ///   - passes: passes that decode, after each sequence's first token; 1 or more.
  ///   - filler: any token; the gate is made of it.
  package init(engine: InferenceEngine, passes: Int, filler: Int32) {
    precondition(passes >= 1)
    self.engine = engine
    self.passes = passes
    self.filler = filler
  }

  /// Passes that a try takes where all went well.
  private var expectedPasses: Int { 2 + passes }

  /// Decodes some sequences together.
  ///
  /// - Parameter prompts: each prefilled before, and still in the prefix cache but for its last block.
  /// - Returns: tokens a second over all sequences.
  /// - Throws: `EngineError`, `notTogether`.
  package func tokensPerSecond(_ prompts: [[Int32]]) async throws -> Double {
    var taken = 0
    for _ in 0..<Self.triesMax {
      let before = passCount
      let seconds = try await behindGate {
        try await withThrowingTaskGroup(of: Double.self) { group in
          for prompt in prompts {
            group.addTask {
              try await engine.generate(EngineRequest(prompt: prompt, maxTokens: passes + 1)).decodeSeconds
            }
          }
          return try await group.reduce(0, max)
        }
      }
      taken = passCount - before
      if taken == expectedPasses { return Double(prompts.count * passes) / seconds }
    }
    throw BenchmarkError.notTogether(sequences: prompts.count, passes: taken, expected: expectedPasses)
  }

  /// Calls `body` once the engine is busy with a pass that nobody else fits into.
  private func behindGate(_ body: () async throws -> Double) async throws -> Double {
    let before = passCount
    // Wanting every log-probability, it takes nothing from the cache; the same tokens each time, it leaves nothing new.
    let tokens = [Int32](repeating: filler, count: engine.limits.stepTokensMax)
    async let gate = engine.generate(EngineRequest(prompt: tokens, maxTokens: 0, logProbabilitiesFrom: 1))
    while engine.statistics.waiting.load(ordering: .relaxed) == 0, passCount == before { await Task.yield() }
    let value = try await body()
    _ = try await gate
    return value
  }

  private var passCount: Int { engine.statistics.steps.load(ordering: .relaxed) }
}
