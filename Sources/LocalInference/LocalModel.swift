import BoundedJSON
import Digests
package import Engine
import Foundation
package import Kernels
package import ModelFiles
package import Models
package import Tokenization

/// A model loaded from disk and running: files, tokenizer, weights, engine.
package struct LocalModel: Sendable {
  /// What loading is busy with.
  package enum Stage: String, Sendable {
    case tokenizer, weights, warmup
  }

  package let name: String
  package let configuration: ModelConfiguration
  package let tokenizer: Tokenizer
  package let engine: InferenceEngine
  /// Puts another adapter into the engine while it runs.
  package let adapterSwap: AdapterSwap
  /// What is known of the adapter it was loaded with; nil where there is none.
  package let adapter: AdapterFacts?
  package let memory: MemoryNeed
  package let instructionSet: KernelSet.InstructionSet
  /// Changes when anything does that logits or tokens depend on, as it was loaded.
  package let fingerprint: [UInt8]

  /// Whether prompts carry measurements where a request does not say: as the adapter was trained.
  package var showsEvidence: Bool { adapter.map { PromptNotes.showsEvidence($0.metadata) } ?? false }

  /// An adapter without its matrices.
  package struct AdapterFacts: Sendable, Equatable {
    package let path: String
    package let configuration: LoRAConfiguration
    /// What its training noted in the file.
    package let metadata: [String: String]
  }

  /// Positions beyond which no context is offered unless asked for: their keys and values would not fit a usual cache.
  private static let contextTokensDefaultMax = 32_768

  /// Loads a model; takes seconds to minutes.
  ///
  /// - Parameter progress: called with the stage and its share done, 0...1.
  /// - Throws: `ModelFileError`, `TokenizationError`, `LocalModelError`, `OpenBLAS.Failure`.
  package static func load(
    _ options: LocalModelOptions, progress: @Sendable (Stage, Double) -> Void = { _, _ in }
  ) throws -> LocalModel {
    progress(.tokenizer, 0)
    let checkpoint = try ModelCheckpoint.open(path: options.path)
    let configuration = checkpoint.configuration
    let tokenizer = try Tokenizer(Self.tokenizerDefinition(of: checkpoint))
    guard tokenizer.vocabularySize <= configuration.vocabSize else {
      throw LocalModelError.vocabularyMismatch(tokenizer: tokenizer.vocabularySize, model: configuration.vocabSize)
    }
    if let element = options.keyValueType.element,
      !AttentionKernels.supports(headDim: configuration.headDim, element)
    {
      throw LocalModelError.unsupportedCache(options.keyValueType, headDim: configuration.headDim)
    }
    let limits = try Self.limits(options, configuration)
    let adapter = try Self.adapter(options, checkpoint)
    let memory = MemoryNeed(
      weights: try DecoderWeights.bytes(checkpoint, precision: options.precision, adapter: adapter),
      cache: limits.blockCount * KeyValueCache.blockBytes(configuration, type: options.keyValueType),
      activations: ActivationBuffers.bytes(
        configuration, tokensMax: limits.stepTokensMax, logitsMax: InferenceEngine.logitsRowsMax))
    let available = AvailableMemory.bytes()
    if let available, memory.total > available {
      throw LocalModelError.notEnoughMemory(needed: memory, availableBytes: available)
    }
    progress(.weights, 0)
    let gemm: GEMMPath = options.usesOpenBLAS ? .openBLAS(try OpenBLAS.shared.get()) : .packed
    let parallel = ParallelFor(threads: options.threads)
    let weights = try DecoderWeights(
      checkpoint, precision: options.precision, adapter: adapter, parallel: parallel
    ) { progress(.weights, $0 * 0.8) }
    let fingerprint = try Self.fingerprint(
      checkpoint, tokenizer, adapter: options.adapter, contextTokens: limits.contextTokensMax,
      arithmetic: options.usesOpenBLAS ? "openblas" : Self.arithmetic(options.precision, options.keyValueType))
    progress(.weights, 1)
    let model = DecoderModel(
      configuration: configuration, weights: weights, positionCount: limits.contextTokensMax,
      frequencyFactors: checkpoint.ropeFrequencyFactors,
      keyValueType: options.keyValueType,
      linear: LinearKernel(kernels: .best, parallel: parallel, path: gemm), profile: options.profile)
    let engine = InferenceEngine(model: model, limits: limits, vocabularySize: tokenizer.vocabularySize)
    let swap = AdapterSwap(
      engine: engine, checkpoint: checkpoint, weights: weights, precision: options.precision, parallel: parallel)
    return LocalModel(
      name: options.name ?? Self.name(path: options.path, adapter: options.adapter), configuration: configuration,
      tokenizer: tokenizer, engine: engine, adapterSwap: swap,
      adapter: adapter.map {
        AdapterFacts(path: $0.path ?? "", configuration: $0.configuration, metadata: $0.metadata)
      },
      memory: memory, instructionSet: KernelSet.best.instructionSet, fingerprint: fingerprint)
  }

  /// The adapter asked for, once it is known to belong to the model; nil where none is asked for.
  ///
  /// - Throws: `LocalModelError.adapter`.
  package static func adapter(
    _ options: LocalModelOptions, _ checkpoint: ModelCheckpoint
  ) throws(LocalModelError) -> LoRAAdapter? {
    guard let path = options.adapter else { return nil }
    do {
      let adapter = try LoRAAdapter(path: path)
      try adapter.check(fits: checkpoint.configuration)
      if !options.allowsOtherBase { try adapter.check(trainedOn: checkpoint) }
      return adapter
    } catch {
      throw .adapter(error)
    }
  }

  /// What a score depends on beside the weights. Kernels for reduced caches round differently from each other.
  package static func arithmetic(_ precision: Precision, _ keyValueType: KeyValueType? = nil) -> String {
    let type = keyValueType ?? precision.keyValueType
    let kernels = type.element.map { "-" + AttentionKernels.best($0).instructionSet.rawValue } ?? ""
    return "\(precision.rawValue)-2-\(type.rawValue)\(kernels)"
  }

  private static func limits(
    _ options: LocalModelOptions, _ configuration: ModelConfiguration
  ) throws(LocalModelError) -> EngineLimits {
    let context = options.contextTokens ?? min(configuration.positionCount, contextTokensDefaultMax)
    guard context <= configuration.positionCount else {
      throw .contextTooLong(tokens: context, max: configuration.positionCount)
    }
    let blocks =
      (options.cacheMebibytes << 20)
      / KeyValueCache.blockBytes(
        configuration, type: options.keyValueType)
    let tokens = blocks * KernelSet.blockTokens
    // Asked-for sizes are kept or refused; the default context shrinks to what the cache holds.
    if tokens < (options.contextTokens ?? min(context, 2048)) {
      throw .cacheTooSmall(
        mebibytes: options.cacheMebibytes, tokens: tokens, contextTokens: options.contextTokens ?? 2048)
    }
    return EngineLimits(
      sequencesMax: options.sequencesMax, stepTokensMax: options.stepTokensMax,
      contextTokensMax: min(context, tokens), blockCount: blocks, queueMax: options.queueMax)
  }

  /// The tokenizer that comes with a model.
  package static func tokenizerDefinition(of checkpoint: ModelCheckpoint) throws -> TokenizerDefinition {
    switch try checkpoint.tokenizerMaterial() {
    case .gguf(let material):
      return try TokenizerDefinition(
        pre: material.pre, tokens: material.tokens, tokenTypes: material.tokenTypes, merges: material.merges,
        bosToken: material.bos.map(Int32.init), eosToken: material.eos.map(Int32.init),
        chatTemplate: material.chatTemplate)
    case .json(let files):
      return try TokenizerDefinition.fromTokenizerJSON(files.tokenizer, configuration: files.configuration)
    }
  }

  /// The file's or folder's name: what its user calls it, and an adapter's after a plus sign. Names inside GGUF files
  /// are often a training run's.
  package static func name(path: String, adapter: String? = nil) -> String {
    func last(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent }
    let model = last(path).hasSuffix(".gguf") ? String(last(path).dropLast(5)) : last(path)
    return adapter.map { "\(model)+\(last($0))" } ?? model
  }

  /// SHA-256 over all that a verdict depends on here: the model's files and the adapter's, the tokenizer, the
  /// arithmetic, how output is held to its budget, and the context, which decides how many exemplars are shown. Threads
  /// are not in it: they do not change a bit.
  package static func fingerprint(
    _ checkpoint: ModelCheckpoint, _ tokenizer: Tokenizer, adapter: String? = nil, contextTokens: Int,
    arithmetic: String
  ) throws -> [UInt8] {
    var hash = SHA256()
    for path in checkpoint.paths + (adapter.map { LoRAAdapter.filePaths($0) } ?? []) {
      let file = try MappedFile(path: path)
      let chunk = 64 << 20
      for start in stride(from: 0, to: file.count, by: chunk) {
        file.withBytes(start..<min(file.count, start + chunk)) { hash.update($0.bytes) }
      }
    }
    hash.update(tokenizer.fingerprintBytes)
    let methods = "\(VerdictConstraint.version) \(ScoreQuestion.version)"
    hash.update(Array("\(ChatFormat.name) \(methods) \(arithmetic) context-\(contextTokens)".utf8))
    return hash.finish()
  }
}

/// Memory that can be had without swapping.
package enum AvailableMemory {
  /// `MemAvailable` of the machine; nil where the kernel does not say.
  package static func bytes() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else {  // `try?`: no procfs
      return nil
    }
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }
    return nil
  }
}
