import ModelFiles
import Tensors

/// What the backward pass of one layer needs of its forward pass.
final class LayerActivations: Sendable {
  /// Normalised queries, keys and values after rotation, [rows, (heads + 2 * kvHeads) * headDim].
  let queryKeyValue: FloatBuffer
  /// Logarithms of the sums of exponentials of attention, [heads, rows].
  let logSumExp: FloatBuffer
  /// [rows, heads * headDim]
  let attended: FloatBuffer
  /// The residual stream between attention and the feed-forward part, [rows, hiddenSize].
  let middle: FloatBuffer
  /// [rows, 2 * intermediateSize]
  let gateUp: FloatBuffer
  /// x A^T of the adapters of each projection.
  let lowRankQueryKeyValue: FloatBuffer
  let lowRankAttentionOutput: FloatBuffer
  let lowRankGateUp: FloatBuffer
  let lowRankDown: FloatBuffer

  init(_ layer: TrainingModel.Layer, _ configuration: ModelConfiguration, rows: Int) {
    let queries = configuration.headCount * configuration.headDim
    queryKeyValue = FloatBuffer(count: rows * layer.queryKeyValue.outputs)
    logSumExp = FloatBuffer(count: rows * configuration.headCount)
    attended = FloatBuffer(count: rows * queries)
    middle = FloatBuffer(count: rows * configuration.hiddenSize)
    gateUp = FloatBuffer(count: rows * layer.gateUp.outputs)
    lowRankQueryKeyValue = FloatBuffer(count: rows * layer.queryKeyValue.savedWidth)
    lowRankAttentionOutput = FloatBuffer(count: rows * layer.attentionOutput.savedWidth)
    lowRankGateUp = FloatBuffer(count: rows * layer.gateUp.savedWidth)
    lowRankDown = FloatBuffer(count: rows * layer.down.savedWidth)
  }

  /// Floats of one row.
  static func floatsPerRow(_ layer: TrainingModel.Layer, _ configuration: ModelConfiguration) -> Int {
    layer.queryKeyValue.outputs + configuration.headCount + configuration.headCount * configuration.headDim
      + configuration.hiddenSize + layer.gateUp.outputs + layer.projections.reduce(0) { $0 + $1.savedWidth }
  }
}
