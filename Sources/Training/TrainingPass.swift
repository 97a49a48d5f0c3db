import Kernels
import ModelFiles
import Models
import Tensors

/// One forward pass over a micro-batch and, where asked, the backward pass, with the memory for both.
///
/// Theory of operation. Forward keeps each layer's input, its rotated queries, keys and values, what attention gave,
/// the stream between the halves, and what the gate and up projections gave; norms and gates are worked out again in
/// backward, since that costs less than to read them back. The output head sees only rows with targets, a strip at a
/// time: logits, log probability, the objective's gradient, and back to the final states, so that no matrix of
/// [targets, vocabSize] ever exists. With `recomputesLayers` only the layers' inputs are kept, and each layer's
/// forward runs once more before its backward: the same operations on the same numbers, so the same gradients to the
/// bit, for a third more work and a fraction of the memory.
///
/// Gradients are added to the model's parameters. Results do not depend on what else ran before.
package final class TrainingPass {
  /// What a pass found.
  package struct Result: Sendable, Equatable {
    /// The objective's sum.
    package var loss: Double
    /// Natural logarithms, in the order of the batch's targets.
    package var logProbabilities: [Float]
    /// Of the distribution that each target was drawn from, in nats.
    package var entropies: [Float]
  }

  /// What is done beyond the forward pass.
  package enum Mode: Sendable, Equatable {
    /// Nothing.
    case evaluate
    /// As `evaluate`, with the weights as they are without adapters: the reference policy.
    case evaluateWithoutAdapters
    /// Gradients, with dropout by this seed where the model has any.
    case train(dropoutSeed: UInt64)
  }

  package let model: TrainingModel
  package let rowsMax: Int
  package let recomputesLayers: Bool
  let buffers: PassBuffers
  /// Of each layer, or of the layer under way.
  private let activations: [LayerActivations]
  /// Attention's own, as large as the largest layout so far needed.
  private var attentionWorkspace = FloatBuffer(count: 0)

  /// - Parameter rowsMax: rows of the largest micro-batch.
  package init(_ model: TrainingModel, rowsMax: Int, recomputesLayers: Bool = false) {
    self.model = model
    self.rowsMax = rowsMax
    self.recomputesLayers = recomputesLayers
    buffers = PassBuffers(model, rowsMax: rowsMax)
    activations = model.layers.prefix(recomputesLayers ? 1 : model.layers.count).map {
      LayerActivations($0, model.configuration, rows: rowsMax)
    }
  }

  /// Bytes that a pass takes.
  package static func bytes(_ model: TrainingModel, rowsMax: Int, recomputesLayers: Bool) -> Int {
    let layer = LayerActivations.floatsPerRow(model.layers[0], model.configuration)
    let perRow = PassBuffers.floatsPerRow(model) + layer * (recomputesLayers ? 1 : model.layers.count)
    return MemoryLayout<Float>.stride * (rowsMax * perRow + PassBuffers.fixedFloats(model))
  }

  var configuration: ModelConfiguration { model.configuration }
  private var layerCount: Int { model.layers.count }

  private func activations(of layer: Int) -> LayerActivations { activations[recomputesLayers ? 0 : layer] }

  /// What one run hands down.
  struct Run {
    let batch: PackedBatch
    let attention: PackedAttention
    let workspace: FloatBuffer
    let scratch: Projection.Scratch
    var rows: Int { batch.rowCount }
  }

  /// Runs a micro-batch.
  ///
  /// - Precondition: the batch has at most `rowsMax` rows and positions below the model's position count; tokens are
  ///   inside the vocabulary; there is a target.
  /// - Complexity: O(rows * weights + rows * positions), twice more for `train`; bound by arithmetic.
  package func run(_ batch: PackedBatch, objective: some TokenObjective, mode: Mode) -> Result {
    precondition(batch.rowCount <= rowsMax && !batch.targets.isEmpty)
    precondition(batch.layout.positionCount <= model.rotary.positionCount, "a sequence is longer than the tables")
    var scratch = Projection.Scratch(
      products: model.products, dropped: buffers.dropped, lowRank: buffers.lowRank,
      usesAdapters: mode != .evaluateWithoutAdapters)
    if case .train(let seed) = mode { scratch.dropoutSeed = seed }
    let attention = PackedAttention(
      layout: batch.layout, headCount: configuration.headCount, kvHeadCount: configuration.kvHeadCount,
      headDim: configuration.headDim, parallel: model.parallel,
      precision: model.precision == .bfloat16 ? .bfloat16 : .float32)
    if attentionWorkspace.count < attention.workspaceCount {
      attentionWorkspace = FloatBuffer(count: attention.workspaceCount)
    }
    let run = Run(batch: batch, attention: attention, workspace: attentionWorkspace, scratch: scratch)
    embed(batch)
    for index in 0..<layerCount { forward(index, keeping: activations(of: index), run, finishes: true) }
    var trains = false
    if case .train = mode { trains = true }
    let result = head(batch, objective: objective, trains: trains, run)
    guard trains else { return result }
    for index in (0..<layerCount).reversed() {
      let kept = activations(of: index)
      if recomputesLayers { forward(index, keeping: kept, run, finishes: false) }
      backward(index, kept, run)
    }
    addEmbeddingGradients(batch)
    return result
  }

  // MARK: A layer

  /// From `streams[index]` to `streams[index + 1]`; where it does not finish, only what backward needs is worked out.
  private func forward(_ index: Int, keeping kept: LayerActivations, _ run: Run, finishes: Bool) {
    let layer = model.layers[index]
    let rows = run.rows
    let stream = buffers.streams[index]
    normalise(stream, layer.inputNorm, rows: rows)
    layer.queryKeyValue.forward(
      buffers.normed.pointer, rows: rows, into: kept.queryKeyValue.pointer, saved: kept.lowRankQueryKeyValue.pointer,
      run.scratch)
    rotate(kept.queryKeyValue, bias: layer.queryKeyValueBias, positions: run.batch.layout.positions)
    run.attention.forward(
      queryKeyValue: kept.queryKeyValue.pointer, into: kept.attended.pointer, logSumExp: kept.logSumExp.pointer,
      workspace: run.workspace.pointer)
    kept.middle.pointer.update(from: stream.pointer, count: rows * configuration.hiddenSize)
    layer.attentionOutput.forward(
      kept.attended.pointer, rows: rows, into: kept.middle.pointer, accumulate: true,
      saved: kept.lowRankAttentionOutput.pointer, run.scratch)
    normalise(kept.middle, layer.postAttentionNorm, rows: rows)
    layer.gateUp.forward(
      buffers.normed.pointer, rows: rows, into: kept.gateUp.pointer, saved: kept.lowRankGateUp.pointer, run.scratch)
    gate(kept.gateUp, rows: rows)
    guard finishes else {
      layer.down.keep(buffers.gated.pointer, rows: rows, saved: kept.lowRankDown.pointer, run.scratch)
      return
    }
    let next = buffers.streams[index + 1]
    next.pointer.update(from: kept.middle.pointer, count: rows * configuration.hiddenSize)
    layer.down.forward(
      buffers.gated.pointer, rows: rows, into: next.pointer, accumulate: true, saved: kept.lowRankDown.pointer,
      run.scratch)
  }

  /// From the gradient of `streams[index + 1]` to that of `streams[index]`, in place.
  private func backward(_ index: Int, _ kept: LayerActivations, _ run: Run) {
    let layer = model.layers[index]
    let rows = run.rows
    let gradient = buffers.streamGradient
    gate(kept.gateUp, rows: rows)
    layer.down.backward(
      gradient.pointer, x: buffers.gated.pointer, saved: kept.lowRankDown.pointer, rows: rows,
      into: buffers.gatedGradient.pointer, run.scratch)
    gateBackward(kept.gateUp, rows: rows)
    normalise(kept.middle, layer.postAttentionNorm, rows: rows)
    layer.gateUp.backward(
      buffers.gateUpGradient.pointer, x: buffers.normed.pointer, saved: kept.lowRankGateUp.pointer, rows: rows,
      into: buffers.normedGradient.pointer, run.scratch)
    normaliseBackward(kept.middle, layer.postAttentionNorm, rows: rows)
    layer.attentionOutput.backward(
      gradient.pointer, x: kept.attended.pointer, saved: kept.lowRankAttentionOutput.pointer, rows: rows,
      into: buffers.attendedGradient.pointer, run.scratch)
    run.attention.backward(
      queryKeyValue: kept.queryKeyValue.pointer, out: kept.attended.pointer, logSumExp: kept.logSumExp.pointer,
      outGradient: buffers.attendedGradient.pointer, into: buffers.queryKeyValueGradient.pointer,
      workspace: run.workspace.pointer)
    rotateBackward(bias: layer.queryKeyValueBias, positions: run.batch.layout.positions)
    normalise(buffers.streams[index], layer.inputNorm, rows: rows)
    layer.queryKeyValue.backward(
      buffers.queryKeyValueGradient.pointer, x: buffers.normed.pointer, saved: kept.lowRankQueryKeyValue.pointer,
      rows: rows, into: buffers.normedGradient.pointer, run.scratch)
    normaliseBackward(buffers.streams[index], layer.inputNorm, rows: rows)
  }

  // MARK: Head

  /// Log probabilities of the targets, the objective, and the gradient of the last stream.
  private func head(_ batch: PackedBatch, objective: some TokenObjective, trains: Bool, _ run: Run) -> Result {
    let hidden = configuration.hiddenSize
    let vocabulary = configuration.vocabSize
    if trains { buffers.streamGradient.pointer.update(repeating: 0, count: run.rows * hidden) }
    var result = Result(loss: 0, logProbabilities: [], entropies: [])
    for first in stride(from: 0, to: batch.targets.count, by: PassBuffers.logitRows) {
      let targets = batch.targets[first..<min(batch.targets.count, first + PassBuffers.logitRows)]
      for (index, target) in targets.enumerated() {
        (buffers.states.pointer + index * hidden).update(
          from: buffers.streams[layerCount].pointer + target.row * hidden, count: hidden)
      }
      normalise(buffers.states, model.finalNorm, rows: targets.count, into: buffers.selected)
      model.outputHead.forward(
        buffers.selected.pointer, rows: targets.count, into: buffers.logits.pointer, saved: buffers.lowRank.pointer,
        run.scratch)
      let found = softmaxes(count: targets.count)
      for (index, target) in targets.enumerated() {
        let logit = buffers.logits.pointer[index * vocabulary + Int(target.token)]
        let logProbability = found[index].logProbability(logit: logit)
        let term = objective.term(target: first + index, logProbability: logProbability)
        result.loss += term.loss
        result.logProbabilities.append(logProbability)
        result.entropies.append(found[index].entropy)
        if trains { gradientFactors[index] = term.gradient }
      }
      guard trains else { continue }
      differentiate(targets, found)
      model.outputHead.backward(
        buffers.logits.pointer, x: buffers.selected.pointer, saved: buffers.lowRank.pointer, rows: targets.count,
        into: buffers.selectedGradient.pointer, run.scratch)
      buffers.statesGradient.pointer.update(repeating: 0, count: targets.count * hidden)
      normaliseBackward(
        buffers.states, model.finalNorm, rows: targets.count, from: buffers.selectedGradient,
        into: buffers.statesGradient)
      // Several targets may share a row, so one after the other.
      for (index, target) in targets.enumerated() {
        KernelSet.best.add(
          buffers.statesGradient.pointer + index * hidden, to: buffers.streamGradient.pointer + target.row * hidden,
          count: hidden)
      }
    }
    return result
  }

  /// d loss / d log p of the targets of a strip.
  var gradientFactors = [Float](repeating: 0, count: PassBuffers.logitRows)
}
