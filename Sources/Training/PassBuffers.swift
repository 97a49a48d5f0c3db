import Kernels
import ModelFiles
import Tensors

/// The memory of one pass that layers share, for up to `rowsMax` rows.
final class PassBuffers: Sendable {
  /// The residual stream before each layer and after the last, [rows, hiddenSize] each.
  let streams: [FloatBuffer]
  /// Gradient of the residual stream.
  let streamGradient: FloatBuffer
  let normed: FloatBuffer
  let normedGradient: FloatBuffer
  /// [rows, intermediateSize]
  let gated: FloatBuffer
  let gatedGradient: FloatBuffer
  let gateUpGradient: FloatBuffer
  let attendedGradient: FloatBuffer
  let queryKeyValueGradient: FloatBuffer
  /// For dropout and adapters; see `Projection.Scratch`.
  let dropped: FloatBuffer
  let lowRank: FloatBuffer
  /// Final states of a strip of targets and their gradient, [logitRows, hiddenSize], before and after the norm.
  let states: FloatBuffer
  let selected: FloatBuffer
  let selectedGradient: FloatBuffer
  let statesGradient: FloatBuffer
  /// [logitRows, vocabSize]
  let logits: FloatBuffer
  /// 1 / rms of each row of the norm last computed.
  let inverses: FloatBuffer
  /// One layer's bias, in one piece.
  let bias: FloatBuffer
  /// Private sums of parts of a parallel region, one row of `sumWidth` for each part.
  let partialSums: FloatBuffer

  /// Targets whose logits are in memory at a time: 128 of 49,152 take 24 MiB.
  static let logitRows = 128
  /// Parts that sum rows.
  static let sumParts = 8

  init(_ model: TrainingModel, rowsMax: Int) {
    let configuration = model.configuration
    let sizes = Self.sizes(configuration)
    func rows(_ width: Int) -> FloatBuffer { FloatBuffer(count: rowsMax * width) }
    streams = (0...configuration.layerCount).map { _ in rows(sizes.hidden) }
    streamGradient = rows(sizes.hidden)
    normed = rows(sizes.hidden)
    normedGradient = rows(sizes.hidden)
    gated = rows(sizes.intermediate)
    gatedGradient = rows(sizes.intermediate)
    gateUpGradient = rows(2 * sizes.intermediate)
    attendedGradient = rows(sizes.queries)
    queryKeyValueGradient = rows(sizes.queryKeyValue)
    let hasDropout = (model.lora?.dropout ?? 0) > 0
    dropped = rows(hasDropout ? sizes.widestInputs : 0)
    lowRank = rows(model.lora?.rank ?? 0)
    states = FloatBuffer(count: Self.logitRows * sizes.hidden)
    selected = FloatBuffer(count: Self.logitRows * sizes.hidden)
    selectedGradient = FloatBuffer(count: Self.logitRows * sizes.hidden)
    statesGradient = FloatBuffer(count: Self.logitRows * sizes.hidden)
    logits = FloatBuffer(count: Self.logitRows * configuration.vocabSize)
    inverses = FloatBuffer(count: max(rowsMax, Self.logitRows))
    bias = FloatBuffer(count: sizes.queryKeyValue)
    partialSums = FloatBuffer(count: Self.sumParts * max(sizes.hidden, sizes.queryKeyValue))
  }

  /// Floats of one row, streams included.
  static func floatsPerRow(_ model: TrainingModel) -> Int {
    let sizes = sizes(model.configuration)
    let dropped = (model.lora?.dropout ?? 0) > 0 ? sizes.widestInputs : 0
    return (model.configuration.layerCount + 4) * sizes.hidden + 4 * sizes.intermediate + sizes.queries
      + sizes.queryKeyValue + dropped + (model.lora?.rank ?? 0)
  }

  /// Floats beside the rows.
  static func fixedFloats(_ model: TrainingModel) -> Int {
    let sizes = sizes(model.configuration)
    return logitRows * (4 * sizes.hidden + model.configuration.vocabSize)
      + sumParts * max(sizes.hidden, sizes.queryKeyValue)
  }

  /// Widths of rows.
  private struct Sizes {
    let hidden, intermediate, queries, queryKeyValue, widestInputs: Int
  }

  private static func sizes(_ configuration: ModelConfiguration) -> Sizes {
    let queries = configuration.headCount * configuration.headDim
    return Sizes(
      hidden: configuration.hiddenSize, intermediate: configuration.intermediateSize, queries: queries,
      queryKeyValue: queries + 2 * configuration.kvHeadCount * configuration.headDim,
      widestInputs: max(configuration.hiddenSize, configuration.intermediateSize, queries))
  }
}
