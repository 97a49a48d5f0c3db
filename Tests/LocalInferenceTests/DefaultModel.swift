import Foundation
import Kernels
import LocalInference
import ModelFiles
import Models
import TestSupport
import Testing
import Tokenization

/// The default model, fetched by `make model` as for any user, loaded once for all tests.
enum DefaultModel {
  static let path = DefaultModelFile.path

  /// The model in an engine; fails where it was not fetched.
  static let shared = Result {
    try #require(FileManager.default.fileExists(atPath: path), "the default model is missing: run `make model`")
    return try LocalModel.load(
      LocalModelOptions(path: path, threads: 2, contextTokens: 4096, cacheMebibytes: 512, sequencesMax: 8))
  }

  /// The tokenizer alone, which takes no weights.
  static let tokenizer = Result { try Tokenizer(LocalModel.tokenizerDefinition(of: ModelCheckpoint.open(path: path))) }

  /// The bare model, for logits. Shares nothing with `shared`.
  static func decoder(
    path: String = path, adapter: LoRAAdapter? = nil, precision: Precision = .float32
  ) throws -> DecoderModel {
    let checkpoint = try ModelCheckpoint.open(path: path)
    let parallel = ParallelFor(threads: 2)
    return DecoderModel(
      configuration: checkpoint.configuration,
      weights: try DecoderWeights(checkpoint, precision: precision, adapter: adapter, parallel: parallel),
      positionCount: 2048, keyValueType: precision.keyValueType,
      linear: LinearKernel(kernels: .best, parallel: parallel))
  }
}
