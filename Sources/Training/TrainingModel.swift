package import Kernels
package import ModelFiles
import Models
import Randomness
import Tensors

/// A decoder that can be trained: its weights, of which some or none are parameters, and the adapters beside them.
///
/// Theory of operation. The model is the one that serves (`Models.DecoderModel`): the same configuration, tensors,
/// rotary tables and order of operations, in float32. What differs is that a pass remembers what backward needs
/// (`TrainingPass`). Weights that are not trained lie in `FrozenMatrix`, in float32, bfloat16 or as the file has them;
/// what is trained lies in one `ParameterSet`. Nothing here changes but through that set.
///
/// - Source: transformers `modeling_llama.py`, `modeling_qwen2.py`; adapters as PEFT applies them.
package struct TrainingModel: Sendable {
  /// How weights that are not trained are kept.
  package enum FrozenStorage: String, Sendable, CaseIterable {
    /// As products want them, 4 bytes a weight.
    case unpacked
    /// As the file has them, at most 8 bits a weight: less memory, some time for unpacking.
    case stored
  }

  /// A vector that is added or multiplied row by row.
  struct Vector: Sendable {
    /// Where it stays as it is.
    let frozen: FloatBuffer?
    /// Where it is trained: one parameter, or several one after the other.
    let parts: [Parameter]

    /// The values of a vector in one piece.
    var pointer: UnsafeMutablePointer<Float> { frozen?.pointer ?? parts[0].values }

    /// Writes all its values.
    func copy(into target: UnsafeMutablePointer<Float>, count: Int) {
      if let frozen {
        target.update(from: frozen.pointer, count: count)
        return
      }
      var offset = 0
      for part in parts {
        (target + offset).update(from: part.values, count: part.count)
        offset += part.count
      }
    }
  }

  /// One layer.
  struct Layer: Sendable {
    let inputNorm: Vector
    let queryKeyValue: Projection
    let queryKeyValueBias: Vector?
    let attentionOutput: Projection
    let postAttentionNorm: Vector
    let gateUp: Projection
    let down: Projection

    var projections: [Projection] { [queryKeyValue, attentionOutput, gateUp, down] }
  }

  package let configuration: ModelConfiguration
  package let trained: TrainedPart
  package let parameters: ParameterSet
  /// What the model's products are computed in.
  package let precision: ProductPrecision
  let layers: [Layer]
  let finalNorm: Vector
  /// Token embeddings and the output head, [vocabSize, hiddenSize]; where they are tied, the same.
  let embedding: Projection
  let outputHead: Projection
  let rotary: RotaryTables
  let products: DenseProducts

  var parallel: ParallelFor { products.parallel }

  /// The adapters' settings; nil where every weight is trained.
  package var lora: LoRASettings? {
    if case .adapters(let settings) = trained { settings } else { nil }
  }

  /// Bytes of weights that are not trained.
  package var frozenBytes: Int {
    var all = layers.flatMap(\.projections) + [embedding]
    if !configuration.tieWordEmbeddings { all.append(outputHead) }
    return all.reduce(0) { sum, projection in
      if case .frozen(let matrix) = projection.weight { sum + matrix.byteCount } else { sum }
    }
  }

  /// Reads a model.
  ///
  /// Fresh adapters begin as PEFT's do: A uniform in +-1/sqrt(inputs), B zero, so that the model at first is the one
  /// that was read.
  ///
  /// - Parameters:
  ///   - positionCount: tokens of the longest sequence; at most what the model was made for.
  ///   - seed: of the adapters' first values.
  ///   - progress: called with the share done, 0...1.
  /// - Throws: `ModelFileError` naming the tensor that is missing, cannot be read or is not finite.
  package init(
    _ checkpoint: ModelCheckpoint, training trained: TrainedPart, precision: ProductPrecision = .float32,
    storage: FrozenStorage = .unpacked, positionCount: Int, seed: UInt64 = 0, products: DenseProducts,
    progress: (Double) -> Void = { _ in }
  ) throws(ModelFileError) {
    let configuration = checkpoint.configuration
    precondition(positionCount <= configuration.positionCount, "a sequence is longer than the model's positions")
    let loader = try TrainingModelLoader(
      checkpoint, training: trained, precision: precision, storage: storage, parallel: products.parallel)
    self.configuration = configuration
    self.trained = trained
    self.precision = precision
    self.products = products
    rotary = RotaryTables(
      configuration, positionCount: positionCount, frequencyFactors: checkpoint.ropeFrequencyFactors)
    embedding = try loader.projection(["model.embed_tokens"], inputs: configuration.hiddenSize, adapts: false)
    var layers: [Layer] = []
    for index in 0..<configuration.layerCount {
      layers.append(try loader.layer(index))
      progress(Double(index + 1) / Double(configuration.layerCount + 1))
    }
    self.layers = layers
    finalNorm = try loader.vector(["model.norm.weight"])
    outputHead =
      configuration.tieWordEmbeddings
      ? embedding : try loader.projection(["lm_head"], inputs: configuration.hiddenSize, adapts: false)
    parameters = loader.parameters
    initialiseAdapters(seed: seed)
    progress(1)
  }

  private func initialiseAdapters(seed: UInt64) {
    for parameter in parameters.parameters where parameter.name.hasSuffix(LoRANames.a) {
      var random = SeededRandom(seed: seed, name: parameter.name)
      let bound = 1 / Double(parameter.rowLength).squareRoot()
      for index in 0..<parameter.count { parameter.values[index] = Float((2 * random.unit() - 1) * bound) }
    }
  }
}

/// How adapters' tensors are called behind a module's path.
package enum LoRANames {
  package static let a = ".lora_A.weight"
  package static let b = ".lora_B.weight"
}
