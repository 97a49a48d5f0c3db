import Engine
import Kernels
package import LocalInference
import ModelFiles
package import Models
import Tokenization

/// Times the engine alone: no prompt template, no grammar, no HTTP.
///
/// Theory of operation. `pp` rows time one sequence from its first pass to its first token, with a prompt nobody has
/// seen. `tg` rows time one sequence from its first token to its last: so many passes. These are what llama-bench
/// calls so.
/// `decode` rows time several sequences at once, as `DecodingTogether` does.
package struct EngineBenchmark {
  /// Sequences that decode at the same time, in growing numbers, of the same prompts.
  struct Crowd {
    let sizes: [Int]
    /// Tokens of each prompt, and how many at its start are the same for all.
    let promptTokens: Int
    var sharedTokens = 0

    func name(_ size: Int) -> String {
      "decode, \(size) at \(promptTokens)" + (sharedTokens > 0 ? " that share \(sharedTokens)" : "")
    }
    var sizeMax: Int { sizes.max() ?? 0 }
  }

  static let promptLengths = [128, 512, 2048]
  /// Tokens that `tg` decodes, after a prompt of so many and a first token.
  static let writtenTokens = 128
  static let shortPromptTokens = 8
  /// Passes that a crowd decodes: its context grows by so much.
  static let crowdPasses = 64
  static let crowds = [
    Crowd(sizes: [1, 2, 4, 8, 16, 32], promptTokens: 128), Crowd(sizes: [1, 2, 4, 8, 16, 32], promptTokens: 1300),
    Crowd(sizes: [16], promptTokens: 1400, sharedTokens: 900),
  ]
  private let model: LocalModel
  private let work: ModelWork
  private let roofline: Roofline
  private let repeats: Int
  private let progress: BenchmarkProgress

  /// - Parameter model: loaded with `options(_:)`.
  package init(
    _ model: LocalModel, precision: Precision, roofline: Roofline, repeats: Int, progress: BenchmarkProgress
  ) {
    self.model = model
    work = ModelWork(model.configuration, weightBytes: model.memory.weights, precision: precision)
    self.roofline = roofline
    self.repeats = repeats
    self.progress = progress
  }

  /// The options a model must be loaded with, from those a user gave: room for the largest crowd.
  ///
  /// - Throws: `ModelFileError`.
  package static func options(_ given: LocalModelOptions) throws -> LocalModelOptions {
    var options = given
    let longest = crowds.map { $0.promptTokens + crowdPasses + 1 } + promptLengths.map { $0 + 1 }
    options.contextTokens = max(given.contextTokens ?? 0, longest.max() ?? 0)
    options.sequencesMax = max(given.sequencesMax, crowds.map(\.sizeMax).max() ?? 0)
    // A crowd's last blocks together are one pass.
    options.stepTokensMax = max(given.stepTokensMax, options.sequencesMax * KernelSet.blockTokens)
    let blockBytes = KeyValueCache.blockBytes(
      try ModelCheckpoint.open(path: given.path).configuration, type: given.keyValueType)
    let bytes = cacheBlocks(stepTokensMax: options.stepTokensMax) * blockBytes
    options.cacheMebibytes = max(given.cacheMebibytes, (bytes >> 20) + 1)
    return options
  }

  /// Blocks that the largest crowd, its gate and the longest prompt take together.
  static func cacheBlocks(stepTokensMax: Int) -> Int {
    func blocks(_ tokens: Int) -> Int { tokens / KernelSet.blockTokens + 2 }
    let largest = crowds.map { $0.sizeMax * blocks($0.promptTokens + crowdPasses + 1) }.max() ?? 0
    return largest + blocks(stepTokensMax) + blocks(promptLengths.max() ?? 0)
  }

  /// Measures everything.
  ///
  /// - Throws: `EngineError`, `notTogether`.
  package func run() async throws -> [BenchmarkRow] {
    var prompts = RandomPrompts(model.tokenizer)
    let total = Self.promptLengths.count + 1 + Self.crowds.reduce(0) { $0 + $1.sizes.count }
    var rows: [BenchmarkRow?] = []
    for tokens in Self.promptLengths {
      progress.step(rows.count, of: total, "pp\(tokens)")
      let rates = try await rates {
        Double(tokens) / (try await generate(prompts.next(tokens), maxTokens: 1)).prefillSeconds
      }
      rows.append(row("pp\(tokens)", rates, work.prefill(tokens: tokens), items: tokens))
    }
    progress.step(rows.count, of: total, "tg\(Self.writtenTokens)")
    let written = Self.writtenTokens
    let rates = try await rates {
      let result = try await generate(prompts.next(Self.shortPromptTokens), maxTokens: written + 1)
      return Double(written) / result.decodeSeconds
    }
    rows.append(
      row("tg\(written)", rates, work.decode(sequences: 1, context: Self.shortPromptTokens + written / 2), items: 1))
    // Any ordinary token fills the gate.
    let together = DecodingTogether(
      engine: model.engine, passes: Self.crowdPasses, filler: model.tokenizer.encode(" a").first ?? 0)
    for crowd in Self.crowds {
      let all = prompts.next(crowd.promptTokens, count: crowd.sizeMax, shared: crowd.sharedTokens)
      progress.step(rows.count, of: total, "prompts of \(crowd.name(crowd.sizeMax))")
      for prompt in all { _ = try await generate(prompt, maxTokens: 1) }
      for size in crowd.sizes {
        progress.step(rows.count, of: total, crowd.name(size))
        let rates = try await self.rates { try await together.tokensPerSecond(Array(all.prefix(size))) }
        let context = crowd.promptTokens + Self.crowdPasses / 2
        rows.append(
          row(
            crowd.name(size), rates,
            work.decode(sequences: size, context: context, shared: crowd.sharedTokens), items: size))
      }
    }
    progress.end()
    return rows.compactMap { $0 }
  }

  /// Rates of all repeats, after one that is not counted.
  private func rates(_ measure: () async throws -> Double) async throws -> [Double] {
    _ = try await measure()
    var rates: [Double] = []
    for _ in 0..<repeats { rates.append(try await measure()) }
    return rates
  }

  private func row(_ name: String, _ rates: [Double], _ work: ModelWork.Pass, items: Int) -> BenchmarkRow? {
    guard let measurement = Measurement(rates) else { return nil }
    let bound = roofline.bound(work.arithmetic, bytes: work.bytes)
    return BenchmarkRow(
      name: name, unit: "tokens/s", goal: .higher, measurement,
      limitShare: bound.share(Double(items) / measurement.median), limit: bound.name)
  }

  private func generate(_ prompt: [Int32], maxTokens: Int) async throws -> EngineResult {
    try await model.engine.generate(EngineRequest(prompt: prompt, maxTokens: maxTokens))
  }
}
