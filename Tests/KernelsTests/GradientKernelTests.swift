import Foundation
import Kernels
import Tensors
import Testing

/// The gradients of row-wise operations against finite differences of their definitions in double precision, and the
/// fast kernels against the portable twin.
@Suite struct GradientKernelTests {
  static let sizes = [2, 6, 16, 30, 34, 78, 130]
  private let kernels = GradientKernels()

  /// The slopes of `loss` by central differences.
  private func slopes(_ x: [Float], _ loss: ([Double]) -> Double) -> [Double] {
    let start = x.map(Double.init)
    return start.indices.map { index in
      func moved(_ step: Double) -> Double {
        var x = start
        x[index] += step
        return loss(x)
      }
      // Four points: the error goes with the fourth power of the step.
      let step = 1e-3
      return (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step)
    }
  }

  private func dot(_ x: [Double], _ y: [Float]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * Double($1.1) } }

  // MARK: Normalisation

  private func normalised(_ x: [Double], _ weight: [Double]) -> [Double] {
    let mean = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
    return zip(x, weight).map { $0 / (mean + 1e-5).squareRoot() * $1 }
  }

  @Test(arguments: sizes) func normalisation(count: Int) {
    var random = RandomFloats(seed: UInt64(count))
    let (x, weight, slope) = (random.values(count, scale: 2), random.values(count), random.values(count))
    let before = random.values(count)
    var (y, plain, gradient) = (before, before, before)
    let inverse = kernels.rmsNorm(x, weight: weight, count: count, epsilon: 1e-5, into: &y)
    KernelSet.best.rmsNorm(x, weight: weight, count: count, epsilon: 1e-5, into: &plain)
    #expect(y == plain)
    var weightGradient = before
    kernels.rmsNormGradient(
      x, weight: weight, inverse: inverse, outGradient: slope, count: count, accumulate: false, into: &gradient,
      weightGradient: &weightGradient)
    let expected = slopes(x) { dot(normalised($0, weight.map(Double.init)), slope) }
    #expect(worst(gradient, expected) < 2e-6)
    let byWeight = slopes(weight) { dot(normalised(x.map(Double.init), $0), slope) }
    #expect(worst(weightGradient, zip(before, byWeight).map { Double($0) + $1 }) < 2e-6)
    // Added, and with frozen weights.
    var added = before
    kernels.rmsNormGradient(
      x, weight: weight, inverse: inverse, outGradient: slope, count: count, accumulate: true, into: &added,
      weightGradient: nil)
    #expect(added == zip(before, gradient).map { $0 + $1 })
  }

  // MARK: Positions and gates

  @Test(arguments: sizes) func rotation(count: Int) {
    var random = RandomFloats(seed: UInt64(count))
    let (x, slope) = (random.values(3 * count), random.values(3 * count))
    let angles = random.values(count / 2, scale: 3)
    let (cosines, sines) = (angles.map { cos($0) }, angles.map { sin($0) })
    var gradient = slope
    kernels.ropeGradient(&gradient, headCount: 3, cosines: cosines, sines: sines, headDim: count)
    let expected = slopes(x) { x in
      var rotated = x
      for head in 0..<3 {
        for i in 0..<count / 2 {
          let (first, second) = (head * count + i, head * count + i + count / 2)
          let (cosine, sine) = (Double(cosines[i]), Double(sines[i]))
          rotated[first] = x[first] * cosine - x[second] * sine
          rotated[second] = x[second] * cosine + x[first] * sine
        }
      }
      return dot(rotated, slope)
    }
    #expect(worst(gradient, expected) < 1e-6)
    for head in 0..<3 {
      gradient.withUnsafeMutableBufferPointer { values in
        guard let base = values.baseAddress else { return }
        KernelSet.best.rope(base + head * count, cosines: cosines, sines: sines, headDim: count)
      }
    }
    #expect(worst(gradient, slope.map(Double.init)) < 1e-6)
  }

  @Test(arguments: sizes) func gates(count: Int) {
    var random = RandomFloats(seed: UInt64(count))
    let (gate, up) = (random.values(count, scale: 9), random.values(count, scale: 2))
    let slope = random.values(count)
    func out(_ gate: [Double], _ up: [Double]) -> [Double] { zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 } }
    var (gateGradient, upGradient) = (gate, up)
    kernels.siluMultiplyGradient(
      gate: gate, up: up, outGradient: slope, count: count, gateGradient: &gateGradient, upGradient: &upGradient)
    #expect(worst(gateGradient, slopes(gate) { dot(out($0, up.map(Double.init)), slope) }) < 2e-6)
    #expect(worst(upGradient, slopes(up) { dot(out(gate.map(Double.init), $0), slope) }) < 2e-6)
  }

  @Test func gatesFarFromZeroHaveTheirLimitsAsGradients() {
    let gate: [Float] = [-200, -90, 90, 200]
    let ones = [Float](repeating: 1, count: 4)
    var (gateGradient, upGradient) = (ones, ones)
    kernels.siluMultiplyGradient(
      gate: gate, up: ones, outGradient: ones, count: 4, gateGradient: &gateGradient, upGradient: &upGradient)
    #expect(worst(gateGradient, [0, 0, 1, 1]) < 1e-6)
    #expect(worst(upGradient, [0, 0, 90, 200]) < 1e-6)
  }

  @Test(arguments: sizes) func scaledSums(count: Int) {
    var random = RandomFloats(seed: UInt64(count))
    let (x, y) = (random.values(count), random.values(count))
    var sum = y
    kernels.add(x, scaledBy: 0.3, to: &sum, count: count)
    #expect(worst(sum, zip(x, y).map { Double(Float(0.3)) * Double($0) + Double($1) }) < 1e-7)
  }

  // MARK: Softmax

  private func logProbability(_ x: [Double], _ target: Int) -> Double {
    let top = x.max() ?? 0
    return x[target] - top - log(x.reduce(0) { $0 + exp($1 - top) })
  }

  @Test(arguments: sizes) func logProbabilities(count: Int) {
    var random = RandomFloats(seed: UInt64(count))
    let logits = random.values(count, scale: 8)
    let target = random.next(count)
    let softmax = kernels.softmax(logits, count: count)
    let exact = logProbability(logits.map(Double.init), target)
    #expect(abs(Double(softmax.logProbability(logit: logits[target])) - exact) < 2e-6)
    #expect(abs(Double(softmax.logSumExp) - (Double(logits[target]) - exact)) < 2e-6)
    let entropy = logits.indices.reduce(0.0) {
      let logP = logProbability(logits.map(Double.init), $1)
      return $0 - exp(logP) * logP
    }
    #expect(abs(Double(softmax.entropy) - entropy) < 2e-6)
    var gradient = logits
    kernels.logProbabilityGradient(&gradient, count: count, softmax: softmax, target: target, scale: -0.7)
    let expected = slopes(logits) { Double(Float(-0.7)) * logProbability($0, target) }
    #expect(worst(gradient, expected) < 1e-6)
  }

  @Test func aVocabularyOfLogitsKeepsItsDigits() {
    let count = 151_937
    var random = RandomFloats(seed: 5)
    let logits = random.values(count, scale: 0.5)
    let softmax = kernels.softmax(logits, count: count)
    let sum = logits.reduce(0.0) { $0 + exp(Double($1)) }
    #expect(abs(Double(softmax.logSumExp) - log(sum)) < 2e-6)
    let mean = logits.reduce(0.0) { $0 + exp(Double($1)) / sum * Double($1) }
    #expect(abs(Double(softmax.entropy) - (log(sum) - mean)) < 2e-6)
  }

  @Test func maskedLogitsHaveNoProbabilityAndNoGradient() {
    var logits: [Float] = [1, -.infinity, 3, -.infinity, 300, -200]
    let softmax = kernels.softmax(logits, count: logits.count)
    #expect(softmax.logProbability(logit: 300) == 0 && softmax.logProbability(logit: -.infinity) == -.infinity)
    #expect(softmax.entropy == 0)
    kernels.logProbabilityGradient(&logits, count: logits.count, softmax: softmax, target: 4, scale: 2)
    #expect(logits == [0, 0, 0, 0, 0, 0])
  }

  @Test(arguments: [Float.nan, .infinity]) func logitsThatAreNoNumbersAreNotPassedOver(bad: Float) {
    for position in [0, 7, 16, 19] {
      var logits = [Float](repeating: 1, count: 20)
      logits[position] = bad
      let softmax = kernels.softmax(logits, count: logits.count)
      #expect(softmax.logProbability(logit: 1).isNaN && softmax.entropy.isNaN)
    }
  }

  // MARK: Twins

  @Test(arguments: sizes + [1030]) func setsAgreeToTheBit(count: Int) throws {
    var random = RandomFloats(seed: UInt64(count))
    let (x, weight, slope) = (random.values(count, scale: 3), random.values(count), random.values(count))
    func all(_ set: KernelSet) -> [UInt32] {
      let kernels = GradientKernels(set)
      var (y, z) = (x, weight)
      var result: [Float] = []
      let inverse = kernels.rmsNorm(x, weight: weight, count: count, epsilon: 1e-6, into: &y)
      result += y + [inverse]
      kernels.rmsNormGradient(
        x, weight: weight, inverse: inverse, outGradient: slope, count: count, accumulate: true, into: &y,
        weightGradient: &z)
      result += y + z
      kernels.ropeGradient(&y, headCount: 1, cosines: weight, sines: slope, headDim: count)
      result += y
      kernels.siluMultiplyGradient(
        gate: x, up: weight, outGradient: slope, count: count, gateGradient: &y, upGradient: &z)
      result += y + z
      kernels.add(x, scaledBy: -1.7, to: &y, count: count)
      let softmax = kernels.softmax(x, count: count)
      result += y + [softmax.top, softmax.logSum, softmax.entropy]
      y = x
      kernels.logProbabilityGradient(&y, count: count, softmax: softmax, target: count / 2, scale: 1.3)
      return (result + y).map(\.bitPattern)
    }
    let expected = all(try #require(KernelSet(.portable)))
    for set in KernelTwinTests.fast { #expect(all(set) == expected, "\(set.instructionSet)") }
  }
}
