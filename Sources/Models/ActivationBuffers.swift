import Kernels
package import ModelFiles
package import Tensors

/// The memory of one forward pass, allocated once for the largest one.
package final class ActivationBuffers: Sendable {
  /// Tokens of a pass, and rows of logits at a time, that fit.
  package let tokensMax: Int
  package let logitsMax: Int
  let hidden: FloatBuffer
  let normed: FloatBuffer
  let queryKeyValue: FloatBuffer
  /// Rotated queries in bfloat16, [tokensMax, heads * headDim], and the states of their walks.
  private let queryStorage: FloatBuffer
  let states: FloatBuffer
  let attended: FloatBuffer
  let gateUp: FloatBuffer
  let gated: FloatBuffer
  let selected: FloatBuffer
  /// What goes into the layer under way, quantised.
  let quantised: QuantisedRows
  /// [logitsMax, vocabSize]
  package let logits: FloatBuffer

  package init(_ configuration: ModelConfiguration, tokensMax: Int, logitsMax: Int) {
    self.tokensMax = tokensMax
    self.logitsMax = logitsMax
    let heads = configuration.headCount * configuration.headDim
    let keys = configuration.kvHeadCount * configuration.headDim
    hidden = FloatBuffer(count: tokensMax * configuration.hiddenSize)
    normed = FloatBuffer(count: tokensMax * configuration.hiddenSize)
    queryKeyValue = FloatBuffer(count: tokensMax * (heads + 2 * keys))
    queryStorage = FloatBuffer(count: tokensMax * Self.queryFloats(configuration))
    states = FloatBuffer(count: AttentionPlan.stateFloats(configuration, tokens: tokensMax))
    attended = FloatBuffer(count: tokensMax * heads)
    gateUp = FloatBuffer(count: tokensMax * 2 * configuration.intermediateSize)
    gated = FloatBuffer(count: tokensMax * configuration.intermediateSize)
    quantised = QuantisedRows(rows: max(tokensMax, logitsMax), inputsMax: Self.inputsMax(configuration))
    selected = FloatBuffer(count: tokensMax * configuration.hiddenSize)
    logits = FloatBuffer(count: logitsMax * configuration.vocabSize)
  }

  /// [tokensMax, heads * queryUnits] as `AttentionKernels.rotateAndStore` writes them.
  var queries: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(queryStorage.pointer).assumingMemoryBound(to: UInt16.self)
  }

  /// Bytes that buffers of these sizes take.
  package static func bytes(_ configuration: ModelConfiguration, tokensMax: Int, logitsMax: Int) -> Int {
    let heads = configuration.headCount * configuration.headDim
    let keys = configuration.kvHeadCount * configuration.headDim
    let states = AttentionPlan.stateFloats(configuration, tokens: 1)
    let perToken =
      3 * configuration.hiddenSize + 2 * heads + queryFloats(configuration) + states + 2 * keys
      + 3 * configuration.intermediateSize
    let perLogits = configuration.vocabSize
    let quantised = max(tokensMax, logitsMax) * QuantisedRows.rowBytes(inputs: inputsMax(configuration), digits: 2)
    return MemoryLayout<Float>.stride * (tokensMax * perToken + logitsMax * perLogits) + quantised
  }

  /// Floats that the queries of one token take at most, whatever the cache.
  private static func queryFloats(_ configuration: ModelConfiguration) -> Int {
    configuration.headCount * AttentionKernels.queryUnits(headDim: configuration.headDim, .int8) / 2 + 1
  }

  /// Inputs of the widest layer.
  private static func inputsMax(_ configuration: ModelConfiguration) -> Int {
    max(configuration.hiddenSize, configuration.intermediateSize, configuration.headCount * configuration.headDim)
  }
}
