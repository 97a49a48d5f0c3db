private import CKernels
import Foundation

/// The row-wise operations of training, of one instruction set: what forward keeps for backward, and the gradients.
///
/// As with `KernelSet`, all sets compute the same bits. A call works on one row; rows are shared out by the caller.
package struct GradientKernels: Sendable {
  package let instructionSet: KernelSet.InstructionSet
  private let kernels: KernelSet
  // SAFETY: points at a constant table with static lifetime that nothing writes.
  private nonisolated(unsafe) let table: UnsafePointer<ck_training_table>

  /// The kernels of this machine's set `kernels`.
  package init(_ kernels: KernelSet = .best) {
    guard let table = ck_training_kernels(ck_isa(kernels.instructionSet.number)) else {
      preconditionFailure("a kernel set exists only where the machine has its instructions")
    }
    self.kernels = kernels
    self.table = table
    instructionSet = kernels.instructionSet
  }

  // MARK: Normalisation

  /// One row of root-mean-square normalisation, with the bits of `KernelSet.rmsNorm`.
  ///
  /// - Parameters: `x`, `weight`, `y`: `count` floats each.
  /// - Returns: 1 / sqrt(mean(x^2) + epsilon), for `rmsNormGradient`.
  package func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float,
    into y: UnsafeMutablePointer<Float>
  ) -> Float {
    table.pointee.rms_norm_keep(x, weight, count, epsilon, y)
  }

  /// The gradients of `rmsNorm`: with f = 1/rms and g = weight * outGradient, that of x is f g - x f^3 mean(g x), and
  /// that of the weights f x outGradient.
  ///
  /// - Parameters:
  ///   - x, weight: as `rmsNorm` read them; `inverse`: what it returned.
  ///   - outGradient: `count` floats.
  ///   - accumulate: whether to add to `gradient` (as where a residual branch joins) or to overwrite it.
  ///   - gradient: `count` floats; may be `outGradient` unless `accumulate`.
  ///   - weightGradient: `count` floats, added to; nil where the weights are frozen. Parts that run at the same time
  ///     need one each.
  package func rmsNormGradient(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, inverse: Float, outGradient: UnsafePointer<Float>,
    count: Int, accumulate: Bool, into gradient: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>?
  ) {
    table.pointee.rms_norm_gradient(
      x, weight, inverse, outGradient, count, accumulate ? 1 : 0, gradient, weightGradient)
  }

  // MARK: Positions and gates

  /// Turns the gradient of rotated heads into that of unrotated ones, in place: the rotation by the negative angle.
  ///
  /// - Parameters:
  ///   - heads: [headCount, headDim]
  ///   - cosines, sines: [headDim / 2], as `KernelSet.rope` took them.
  package func ropeGradient(
    _ heads: UnsafeMutablePointer<Float>, headCount: Int, cosines: UnsafePointer<Float>,
    sines: UnsafePointer<Float>, headDim: Int
  ) {
    table.pointee.rope_gradient(heads, headCount, cosines, sines, headDim)
  }

  /// The gradients of out = silu(gate) * up, `count` floats each; they may be written over `gate` and `up`.
  package func siluMultiplyGradient(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, outGradient: UnsafePointer<Float>, count: Int,
    gateGradient: UnsafeMutablePointer<Float>, upGradient: UnsafeMutablePointer<Float>
  ) {
    table.pointee.silu_multiply_gradient(gate, up, outGradient, count, gateGradient, upGradient)
  }

  /// y += scale * x, `count` floats each.
  package func add(
    _ x: UnsafePointer<Float>, scaledBy scale: Float, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    table.pointee.add_scaled(y, x, scale, count)
  }

  // MARK: Softmax

  /// What the softmax of a row of logits says.
  package struct Softmax: Sendable, Equatable {
    /// The largest logit.
    package let top: Float
    /// The logarithm of the sum of exp(logit - top).
    package let logSum: Float
    /// In nats.
    package let entropy: Float

    /// The logarithm of the sum of exp(logit).
    package var logSumExp: Float { top + logSum }

    /// The log probability of an entry with that logit.
    package func logProbability(logit: Float) -> Float { (logit - top) - logSum }
  }

  /// - Parameter logits: `count` floats, 1 or more, at least one of them above minus infinity; not changed. Where one
  ///   is not a number or plus infinity, so is the result not a number.
  /// - Complexity: two readings; the exponentials bind.
  package func softmax(_ logits: UnsafePointer<Float>, count: Int) -> Softmax {
    let top = kernels.maximum(logits, count: count)
    var (sum, weighted) = (0.0, 0.0)
    table.pointee.softmax_sums(logits, count, top, &sum, &weighted)
    return Softmax(top: top, logSum: Float(log(sum)), entropy: Float(log(sum) - weighted / sum))
  }

  /// Overwrites logits by the gradient of scale * log p(target): scale * (1 - p) at the target, scale * -p elsewhere.
  ///
  /// - Parameters:
  ///   - logits: `count` floats, as `softmax` read them.
  ///   - target: 0..<count
  ///   - scale: what the loss gives this token's log probability.
  package func logProbabilityGradient(
    _ logits: UnsafeMutablePointer<Float>, count: Int, softmax: Softmax, target: Int, scale: Float
  ) {
    assert((0..<count).contains(target))
    table.pointee.softmax_gradient(logits, count, softmax.top, softmax.logSum, scale)
    logits[target] += scale
  }
}
