package import Kernels
package import ModelFiles
import Tensors

/// The forward pass of `llama` and `qwen2` decoders.
///
/// Theory of operation. A pass takes some tokens of each of several sequences, writes their keys and values into the
/// cache, and leaves logits for the rows that asked for them. Every step works row by row or is a product whose rows
/// do not touch each other, and attention reads a sequence's own blocks in order of position. So the bits of a row
/// depend on its own tokens alone: not on the batch, not on how a prompt was cut into passes, not on whether its
/// prefix came from the cache, not on threads. Scores rest on this, and `EngineTests` hold it.
///
/// - Source: transformers `modeling_llama.py`, `modeling_qwen2.py`.
package struct DecoderModel: Sendable {
  package let configuration: ModelConfiguration
  package private(set) var weights: DecoderWeights
  package let rotary: RotaryTables
  package let linear: LinearKernel
  /// For reduced caches.
  package let attention: AttentionKernels
  /// How the cache this model works with keeps keys and values.
  package let keyValueType: KeyValueType
  /// Where the time goes; nil where nobody asks.
  package let profile: PassProfile?

  /// - Parameter positionCount: positions there are rotary tables for; sequences may be no longer.
  package init(
    configuration: ModelConfiguration, weights: DecoderWeights, positionCount: Int, frequencyFactors: [Float]? = nil,
    keyValueType: KeyValueType = .bfloat16, linear: LinearKernel, profile: PassProfile? = nil
  ) {
    let element = keyValueType.element ?? .bfloat16
    precondition(AttentionKernels.supports(headDim: configuration.headDim, element))
    self.keyValueType = keyValueType
    attention = .best(element)
    self.configuration = configuration
    self.weights = weights
    self.linear = linear
    self.profile = profile
    rotary = RotaryTables(configuration, positionCount: positionCount, frequencyFactors: frequencyFactors)
  }

  /// Goes on with other weights of the same model: another adapter, say. What a cache holds belongs to the old ones.
  ///
  /// - Precondition: the same shapes.
  package mutating func replaceWeights(_ weights: DecoderWeights) {
    precondition(weights.hasShapes(of: self.weights), "weights of another model")
    self.weights = weights
  }

  private var kernels: KernelSet { linear.kernels }
  private var queryWidth: Int { configuration.headCount * configuration.headDim }
  /// 16-bit units of one token's queries for a reduced cache.
  private var queryUnits: Int {
    configuration.headCount * AttentionKernels.queryUnits(headDim: configuration.headDim, attention.element)
  }
  private var keyWidth: Int { configuration.kvHeadCount * configuration.headDim }

  /// One row of a pass: which token, where it stands, where its keys and values go.
  private struct Row {
    let token: Int32
    let position: Int
    let block: Int
    let slot: Int
  }

  /// Runs one pass.
  ///
  /// Afterwards `buffers` holds the final states of the wanted rows, in order of segments, for `project`. Of the last
  /// layer, rows that nobody wants need only their keys and values, so only the wanted rows go on from there.
  ///
  /// - Precondition: the batch fits `buffers`; positions are below `rotary.positionCount`; blocks are in the cache, and
  ///   no two segments write the same block.
  /// - Complexity: O(tokens * weights + sum of tokens * positions); bound by the memory bandwidth of the weights for a
  ///   few tokens, by arithmetic for many.
  package func forward(_ batch: ForwardBatch, cache: KeyValueCache, buffers: ActivationBuffers) {
    let rows = self.rows(of: batch)
    precondition(rows.count <= buffers.tokensMax)
    precondition(cache.type == keyValueType)
    let plan = Plan(batch, self)
    let work = attentionWork(batch, isWhole: true)
    profile?.enter(.embedding)
    let hiddenSize = configuration.hiddenSize
    for (index, row) in rows.enumerated() {
      weights.embedding.row(Int(row.token), into: buffers.hidden.pointer + index * hiddenSize)
    }
    for (index, layer) in weights.layers.enumerated() {
      normalise(layer.inputNorm, for: layer.queryKeyValue, rows: rows.count, buffers: buffers)
      multiply(
        layer.queryKeyValue, by: buffers.normed, rows: rows.count, into: buffers.queryKeyValue, buffers: buffers,
        stage: .queryKeyValue)
      profile?.enter(.rotateAndStore)
      rotateAndStore(rows, layer: index, bias: layer.queryKeyValueBias, cache: cache, buffers: buffers)
      if index < weights.layers.count - 1 || batch.logitsCount == rows.count {
        finish(layer, index: index, plan: plan, work: work, rows: rows.count, cache: cache, buffers: buffers)
      } else if batch.logitsCount > 0 {
        profile?.enter(.plan)
        gather(batch, buffers: buffers)
        let wanted = batch.wanted
        finish(
          layer, index: index, plan: Plan(wanted, self), work: attentionWork(wanted, isWhole: false),
          rows: batch.logitsCount, cache: cache, buffers: buffers)
      }
    }
    profile?.enter(.finalNorm)
    for row in 0..<batch.logitsCount {
      kernels.rmsNorm(
        buffers.hidden.pointer + row * hiddenSize, weight: weights.norm.pointer, count: hiddenSize,
        epsilon: configuration.rmsNormEpsilon, into: buffers.selected.pointer + row * hiddenSize)
    }
    profile?.enter(.rest)
  }

  /// A layer from attention on.
  private func finish(
    _ layer: DecoderWeights.Layer, index: Int, plan: Plan, work: PassProfile.Work, rows: Int, cache: KeyValueCache,
    buffers: ActivationBuffers
  ) {
    profile?.enter(.attention, work)
    attend(plan, layer: index, cache: cache, buffers: buffers)
    profile?.enter(.quantiseAttended)
    quantiseAttended(for: layer.attentionOutput, rows: rows, buffers: buffers)
    multiply(
      layer.attentionOutput, by: buffers.attended, rows: rows, into: buffers.hidden, accumulate: true,
      buffers: buffers, stage: .attentionOutput)
    normalise(layer.postAttentionNorm, for: layer.gateUp, rows: rows, buffers: buffers)
    multiply(
      layer.gateUp, by: buffers.normed, rows: rows, into: buffers.gateUp, buffers: buffers, stage: .gateUp)
    profile?.enter(.gate)
    gate(for: layer.down, rows: rows, buffers: buffers)
    multiply(
      layer.down, by: buffers.gated, rows: rows, into: buffers.hidden, accumulate: true, buffers: buffers,
      stage: .down)
  }

  /// y = x W^T, or y += x W^T.
  private func multiply(
    _ layer: LinearLayer, by x: FloatBuffer, rows: Int, into y: FloatBuffer, accumulate: Bool = false,
    buffers: ActivationBuffers, stage: PassProfile.Stage
  ) {
    profile?.enter(stage, .product(layer, rows: rows))
    linear.apply(
      layer, to: LinearInput(floats: x.pointer, quantised: buffers.quantised), rows: rows, into: y.pointer,
      accumulate: accumulate)
  }

  /// What attention of one layer has to do, where a profile wants to know; blocks that sequences share are read once.
  ///
  /// - Parameter isWhole: whether the batch is the pass's own and not the rows of its last layer.
  private func attentionWork(_ batch: ForwardBatch, isWhole: Bool) -> PassProfile.Work {
    guard let profile else { return .none }
    var positions = 0
    var blocks: Set<Int32> = []
    for segment in batch.segments {
      let end = segment.start + segment.tokens.count
      positions += end * (end + 1) / 2 - segment.start * (segment.start + 1) / 2
      blocks.formUnion(segment.blocks.prefix((end + KernelSet.blockTokens - 1) / KernelSet.blockTokens))
    }
    if isWhole { profile.count(tokens: batch.tokenCount, positions: positions) }
    let blockBytes = KeyValueCache.blockBytes(configuration, type: keyValueType) / configuration.layerCount
    return PassProfile.Work(operations: 4 * queryWidth * positions, bytes: blocks.count * blockBytes)
  }

  /// Moves the residual stream and the queries of the wanted rows to the front.
  private func gather(_ batch: ForwardBatch, buffers: ActivationBuffers) {
    let hiddenSize = configuration.hiddenSize
    let width = queryWidth + 2 * keyWidth
    var (first, target) = (0, 0)
    for segment in batch.segments {
      for index in segment.logitsAt {
        let row = first + index
        // SAFETY: a row moves to the front or stays, so no row is overwritten before it has moved.
        if row != target {
          (buffers.hidden.pointer + target * hiddenSize).update(
            from: buffers.hidden.pointer + row * hiddenSize, count: hiddenSize)
          switch keyValueType {
          case .bfloat16, .int8:
            (buffers.queries + target * queryUnits).update(from: buffers.queries + row * queryUnits, count: queryUnits)
          case .float32:
            (buffers.queryKeyValue.pointer + target * width).update(
              from: buffers.queryKeyValue.pointer + row * width, count: queryWidth)
          }
        }
        target += 1
      }
      first += segment.tokens.count
    }
  }

  /// Who attends to what, for the type of the cache.
  private enum Plan {
    case float32(FloatAttentionPlan)
    case reduced(AttentionPlan)

    init(_ batch: ForwardBatch, _ model: DecoderModel) {
      let threads = model.linear.parallel.threads
      switch model.keyValueType {
      case .float32:
        self = .float32(FloatAttentionPlan(batch, configuration: model.configuration, threads: threads))
      case .bfloat16, .int8:
        self = .reduced(
          AttentionPlan(
            batch, configuration: model.configuration, element: model.attention.element, threads: threads))
      }
    }
  }

  private func attend(_ plan: Plan, layer: Int, cache: KeyValueCache, buffers: ActivationBuffers) {
    switch plan {
    case .float32(let plan):
      plan.run(
        layer: layer, cache: cache, queries: buffers.queryKeyValue.pointer, queryStride: queryWidth + 2 * keyWidth,
        out: buffers.attended.pointer, linear: linear)
    case .reduced(let plan):
      plan.run(
        layer: layer, cache: cache, kernels: attention, queries: buffers.queries, states: buffers.states.pointer,
        out: buffers.attended.pointer, parallel: linear.parallel)
    }
  }

  private func rows(of batch: ForwardBatch) -> [Row] {
    var rows: [Row] = []
    rows.reserveCapacity(batch.tokenCount)
    for segment in batch.segments {
      precondition(segment.start + segment.tokens.count <= rotary.positionCount, "sequence longer than the tables")
      for (index, token) in segment.tokens.enumerated() {
        let position = segment.start + index
        precondition(token >= 0 && Int(token) < configuration.vocabSize, "token outside the vocabulary")
        let (block, slot) = position.quotientAndRemainder(dividingBy: KernelSet.blockTokens)
        rows.append(Row(token: token, position: position, block: Int(segment.blocks[block]), slot: slot))
      }
    }
    return rows
  }

  /// Normalises the residual stream into `buffers.normed`, and quantises it as `layer` wants it.
  private func normalise(_ weight: FloatBuffer, for layer: LinearLayer, rows: Int, buffers: ActivationBuffers) {
    profile?.enter(.normalise)
    let count = configuration.hiddenSize
    linear.parallel.ranges(of: rows, grain: 4) { range in
      for row in range {
        let normed = buffers.normed.pointer + row * count
        kernels.rmsNorm(
          buffers.hidden.pointer + row * count, weight: weight.pointer, count: count,
          epsilon: configuration.rmsNormEpsilon, into: normed)
        linear.quantise(normed, for: layer, index: row, into: buffers.quantised)
      }
    }
  }

  private func quantiseAttended(for layer: LinearLayer, rows: Int, buffers: ActivationBuffers) {
    if layer.digits == 0 { return }
    linear.parallel.ranges(of: rows, grain: 8) { range in
      for row in range {
        linear.quantise(buffers.attended.pointer + row * queryWidth, for: layer, index: row, into: buffers.quantised)
      }
    }
  }

  /// Adds the biases, rotates queries and keys, and stores keys and values.
  private func rotateAndStore(
    _ rows: [Row], layer: Int, bias: FloatBuffer?, cache: KeyValueCache, buffers: ActivationBuffers
  ) {
    let width = queryWidth + 2 * keyWidth
    let headDim = configuration.headDim
    linear.parallel.ranges(of: rows.count, grain: 2) { range in
      for index in range {
        let row = rows[index]
        let x = buffers.queryKeyValue.pointer + index * width
        if let bias { kernels.add(bias.pointer, to: x, count: width) }
        let cosines = rotary.cosines.pointer + row.position * rotary.width
        let sines = rotary.sines.pointer + row.position * rotary.width
        if keyValueType != .float32 {
          attention.rotateAndStore(
            heads: x, queryHeads: configuration.headCount, kvHeads: configuration.kvHeadCount, headDim: headDim,
            cosines: cosines, sines: sines, queries: buffers.queries + index * queryUnits,
            block: cache.reducedBlock(layer: layer, block: row.block), headStride: cache.headUnits,
            slot: row.slot)
          continue
        }
        for head in 0..<configuration.headCount + configuration.kvHeadCount {
          kernels.rope(x + head * headDim, cosines: cosines, sines: sines, headDim: headDim)
        }
        cache.store(
          layer: layer, block: row.block, slot: row.slot, keys: x + queryWidth, values: x + queryWidth + keyWidth)
      }
    }
  }

  private func gate(for layer: LinearLayer, rows: Int, buffers: ActivationBuffers) {
    let count = configuration.intermediateSize
    linear.parallel.ranges(of: rows, grain: 2) { range in
      for row in range {
        let pair = buffers.gateUp.pointer + row * 2 * count
        let gated = buffers.gated.pointer + row * count
        kernels.siluMultiply(gate: pair, up: pair + count, count: count, into: gated)
        linear.quantise(gated, for: layer, index: row, into: buffers.quantised)
      }
    }
  }

  /// Logits of some of the rows that the last pass was asked for: row `rows.lowerBound + i` becomes row i of
  /// `buffers.logits`.
  ///
  /// - Precondition: at most `buffers.logitsMax` rows.
  package func project(_ rows: Range<Int>, buffers: ActivationBuffers) {
    precondition(rows.count <= buffers.logitsMax && rows.upperBound <= buffers.tokensMax)
    profile?.enter(.outputHead, .product(weights.outputHead, rows: rows.count))
    let count = configuration.hiddenSize
    let first = buffers.selected.pointer + rows.lowerBound * count
    for index in 0..<rows.count {
      linear.quantise(first + index * count, for: weights.outputHead, index: index, into: buffers.quantised)
    }
    linear.apply(
      weights.outputHead, to: LinearInput(floats: first, quantised: buffers.quantised), rows: rows.count,
      into: buffers.logits.pointer)
    // Whoever asked for logits reads them.
    profile?.enter(.sampling)
  }
}
