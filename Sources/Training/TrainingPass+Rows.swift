import Kernels
import ModelFiles
import Models
import Tensors

/// The operations of a pass that work row by row.
extension TrainingPass {
  private var kernels: KernelSet { .best }
  private var gradients: GradientKernels { GradientKernels() }

  /// Rows that one thread takes at least.
  private static let grain = 4

  // MARK: Norms

  /// `buffers.normed` = rms(source) * weight; leaves what `normaliseBackward` needs in `buffers.inverses`.
  func normalise(_ source: FloatBuffer, _ norm: TrainingModel.Vector, rows: Int) {
    normalise(source, norm, rows: rows, into: buffers.normed)
  }

  func normalise(_ source: FloatBuffer, _ norm: TrainingModel.Vector, rows: Int, into target: FloatBuffer) {
    let width = configuration.hiddenSize
    let epsilon = configuration.rmsNormEpsilon
    let kernels = gradients
    // SAFETY: rows are written apart.
    nonisolated(unsafe) let (x, y, weight, inverses) = (
      source.pointer, target.pointer, norm.pointer, buffers.inverses.pointer
    )
    model.parallel.ranges(of: rows, grain: Self.grain) { range in
      for row in range {
        inverses[row] = kernels.rmsNorm(
          x + row * width, weight: weight, count: width, epsilon: epsilon, into: y + row * width)
      }
    }
  }

  /// Adds the gradient through a norm, whose result's is in `buffers.normedGradient`, to `buffers.streamGradient`; the
  /// norm was the last one computed.
  func normaliseBackward(_ source: FloatBuffer, _ norm: TrainingModel.Vector, rows: Int) {
    normaliseBackward(source, norm, rows: rows, from: buffers.normedGradient, into: buffers.streamGradient)
  }

  func normaliseBackward(
    _ source: FloatBuffer, _ norm: TrainingModel.Vector, rows: Int, from gradient: FloatBuffer, into target: FloatBuffer
  ) {
    let width = configuration.hiddenSize
    let kernels = gradients
    // SAFETY: rows and parts' sums are written apart.
    nonisolated(unsafe) let (x, dy, dx) = (source.pointer, gradient.pointer, target.pointer)
    nonisolated(unsafe) let (weight, inverses) = (norm.pointer, buffers.inverses.pointer)
    sumRows(rows: rows, width: width, into: norm.parts) { row, sums in
      kernels.rmsNormGradient(
        x + row * width, weight: weight, inverse: inverses[row], outGradient: dy + row * width, count: width,
        accumulate: true, into: dx + row * width, weightGradient: sums)
    }
  }

  // MARK: Rotation

  /// Adds the bias, then rotates queries and keys in place.
  func rotate(_ heads: FloatBuffer, bias: TrainingModel.Vector?, positions: [Int32]) {
    let width = queryKeyValueWidth
    let headDim = configuration.headDim
    let rotated = configuration.headCount + configuration.kvHeadCount
    bias?.copy(into: buffers.bias.pointer, count: width)
    let (rotary, kernels, hasBias) = (model.rotary, kernels, bias != nil)
    // SAFETY: rows are written apart.
    nonisolated(unsafe) let (x, shift) = (heads.pointer, buffers.bias.pointer)
    model.parallel.ranges(of: positions.count, grain: Self.grain) { range in
      for row in range {
        let first = x + row * width
        if hasBias { kernels.add(shift, to: first, count: width) }
        let offset = Int(positions[row]) * rotary.width
        for head in 0..<rotated {
          kernels.rope(
            first + head * headDim, cosines: rotary.cosines.pointer + offset, sines: rotary.sines.pointer + offset,
            headDim: headDim)
        }
      }
    }
  }

  /// Turns `buffers.queryKeyValueGradient` back in place, and adds it up for the bias where that is trained.
  func rotateBackward(bias: TrainingModel.Vector?, positions: [Int32]) {
    let width = queryKeyValueWidth
    let headDim = configuration.headDim
    let rotated = configuration.headCount + configuration.kvHeadCount
    let (rotary, kernels, gradients) = (model.rotary, kernels, gradients)
    // SAFETY: rows are written apart.
    nonisolated(unsafe) let x = buffers.queryKeyValueGradient.pointer
    sumRows(rows: positions.count, width: width, into: bias?.parts ?? []) { row, sums in
      let first = x + row * width
      let offset = Int(positions[row]) * rotary.width
      gradients.ropeGradient(
        first, headCount: rotated, cosines: rotary.cosines.pointer + offset, sines: rotary.sines.pointer + offset,
        headDim: headDim)
      if let sums { kernels.add(first, to: sums, count: width) }
    }
  }

  private var queryKeyValueWidth: Int {
    (configuration.headCount + 2 * configuration.kvHeadCount) * configuration.headDim
  }

  // MARK: Gate

  /// `buffers.gated` = silu(gate) * up.
  func gate(_ gateUp: FloatBuffer, rows: Int) {
    let width = configuration.intermediateSize
    let kernels = kernels
    // SAFETY: rows are written apart.
    nonisolated(unsafe) let (pairs, target) = (gateUp.pointer, buffers.gated.pointer)
    model.parallel.ranges(of: rows, grain: Self.grain) { range in
      for row in range {
        let pair = pairs + row * 2 * width
        kernels.siluMultiply(gate: pair, up: pair + width, count: width, into: target + row * width)
      }
    }
  }

  /// `buffers.gateUpGradient` from `buffers.gatedGradient`.
  func gateBackward(_ gateUp: FloatBuffer, rows: Int) {
    let width = configuration.intermediateSize
    let kernels = gradients
    // SAFETY: rows are written apart.
    nonisolated(unsafe) let (pairs, source, target) = (
      gateUp.pointer, buffers.gatedGradient.pointer, buffers.gateUpGradient.pointer
    )
    model.parallel.ranges(of: rows, grain: Self.grain) { range in
      for row in range {
        let (pair, gradient) = (pairs + row * 2 * width, target + row * 2 * width)
        kernels.siluMultiplyGradient(
          gate: pair, up: pair + width, outGradient: source + row * width, count: width, gateGradient: gradient,
          upGradient: gradient + width)
      }
    }
  }

  // MARK: Embedding

  /// The first stream.
  func embed(_ batch: PackedBatch) {
    let width = configuration.hiddenSize
    let (tokens, embedding, vocabulary) = (batch.tokens, model.embedding, configuration.vocabSize)
    // SAFETY: rows are written apart.
    nonisolated(unsafe) let target = buffers.streams[0].pointer
    model.parallel.ranges(of: tokens.count, grain: Self.grain) { range in
      for row in range {
        let token = Int(tokens[row])
        precondition(token >= 0 && token < vocabulary, "token outside the vocabulary")
        switch embedding.weight {
        case .frozen(let matrix): matrix.row(token, into: target + row * width)
        case .trained(let parts):
          (target + row * width).update(from: parts[0].weight.values + token * width, count: width)
        }
      }
    }
  }

  /// Adds the first stream's gradient to the rows of the embedding, where it is trained.
  func addEmbeddingGradients(_ batch: PackedBatch) {
    guard case .trained(let parts) = model.embedding.weight else { return }
    let width = configuration.hiddenSize
    // A token may come often, so one after the other.
    for (row, token) in batch.tokens.enumerated() {
      kernels.add(
        buffers.streamGradient.pointer + row * width, to: parts[0].weight.gradient + Int(token) * width, count: width)
    }
  }

  // MARK: Output

  /// Softmaxes of the logits of a strip of targets.
  func softmaxes(count: Int) -> [GradientKernels.Softmax] {
    let (kernels, vocabulary) = (gradients, configuration.vocabSize)
    return [GradientKernels.Softmax](unsafeUninitializedCapacity: count) { found, initialised in
      // SAFETY: rows are read, and results made, apart; there is one for each.
      nonisolated(unsafe) let (logits, found) = (buffers.logits.pointer, found)
      model.parallel.ranges(of: count, grain: 1, slack: 4) { range in
        for row in range {
          found.initializeElement(at: row, to: kernels.softmax(logits + row * vocabulary, count: vocabulary))
        }
      }
      initialised = count
    }
  }

  /// Turns the logits of a strip of targets into the gradient of the loss, by `gradientFactors`.
  func differentiate(_ targets: ArraySlice<PackedBatch.Target>, _ softmaxes: [GradientKernels.Softmax]) {
    let targets = Array(targets)
    let (kernels, factors, vocabulary) = (gradients, gradientFactors, configuration.vocabSize)
    // SAFETY: rows are written apart.
    nonisolated(unsafe) let logits = buffers.logits.pointer
    model.parallel.ranges(of: targets.count, grain: 1, slack: 4) { range in
      for row in range {
        kernels.logProbabilityGradient(
          logits + row * vocabulary, count: vocabulary, softmax: softmaxes[row], target: Int(targets[row].token),
          scale: factors[row])
      }
    }
  }

  // MARK: Sums over rows

  /// Calls `body` for each row and, where there are parameters to add sums to, hands it a place for sums.
  ///
  /// Rows are cut into a fixed number of parts, each with sums of its own that are added in order, so the result does
  /// not depend on threads.
  private func sumRows(
    rows: Int, width: Int, into parameters: [Parameter],
    _ body: @Sendable (_ row: Int, _ sums: UnsafeMutablePointer<Float>?) -> Void
  ) {
    let parts = PassBuffers.sumParts
    // SAFETY: each part has sums of its own.
    nonisolated(unsafe) let sums = parameters.isEmpty ? nil : buffers.partialSums.pointer
    if parameters.isEmpty {
      model.parallel.ranges(of: rows, grain: Self.grain, slack: 2) { range in
        for row in range { body(row, nil) }
      }
      return
    }
    buffers.partialSums.pointer.update(repeating: 0, count: parts * width)
    model.parallel(parts: parts) { part in
      let own = sums.map { $0 + part * width }
      for row in rows * part / parts..<rows * (part + 1) / parts { body(row, own) }
    }
    var offset = 0
    for parameter in parameters {
      for part in 0..<parts {
        kernels.add(
          buffers.partialSums.pointer + part * width + offset, to: parameter.gradient, count: parameter.count)
      }
      offset += parameter.count
    }
  }
}
