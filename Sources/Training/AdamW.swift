import Foundation
package import Kernels
package import Tensors

/// Adam with decoupled weight decay.
///
/// - Source: Loshchilov and Hutter 2019 (arXiv:1711.05101), in the order of operations of PyTorch's `AdamW`.
package struct AdamW: Sendable {
  package struct Settings: Sendable, Equatable, Codable {
    package var beta1: Double
    package var beta2: Double
    package var epsilon: Double
    package var weightDecay: Double

    package init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }

    /// What is wrong, naming the flag; nil where nothing is.
    package var fault: String? {
      if !(beta1 >= 0 && beta1 < 1) { return "--adam-beta1 must be at least 0 and below 1, not \(beta1)" }
      if !(beta2 >= 0 && beta2 < 1) { return "--adam-beta2 must be at least 0 and below 1, not \(beta2)" }
      if !(epsilon > 0 && epsilon.isFinite) { return "--adam-epsilon must be more than 0, not \(epsilon)" }
      if !(weightDecay >= 0 && weightDecay.isFinite) { return "--weight-decay must be 0 or more, not \(weightDecay)" }
      return nil
    }
  }

  package let settings: Settings
  package let parameters: ParameterSet
  /// Running means of gradients and of their squares, laid out as the parameters.
  package let firstMoments: FloatBuffer
  package let secondMoments: FloatBuffer
  /// Updates done.
  package var stepCount = 0
  private let parallel: ParallelFor

  package init(_ parameters: ParameterSet, settings: Settings, parallel: ParallelFor) {
    self.settings = settings
    self.parameters = parameters
    self.parallel = parallel
    firstMoments = FloatBuffer(count: parameters.values.count)
    secondMoments = FloatBuffer(count: parameters.values.count)
  }

  /// Elements that are updated at a time by one thread.
  private static let strip = 1 << 14

  /// One update with the gradients of the parameters, each multiplied by `gradientScale` first.
  package mutating func update(learningRate: Double, gradientScale: Float = 1) {
    stepCount += 1
    let correction1 = 1 - pow(settings.beta1, Double(stepCount))
    let correction2 = 1 - pow(settings.beta2, Double(stepCount))
    let constants = Constants(
      beta1: Float(settings.beta1), beta2: Float(settings.beta2), epsilon: Float(settings.epsilon),
      scale: gradientScale, stepSize: Float(learningRate / correction1),
      secondScale: Float(1 / correction2.squareRoot()), decay: Float(1 - learningRate * settings.weightDecay))
    for parameter in parameters.parameters {
      let range = parameter.range
      // SAFETY: parts write ranges of their own.
      nonisolated(unsafe) let run = Run(
        values: parameters.values.pointer + range.lowerBound,
        gradients: parameters.gradients.pointer + range.lowerBound,
        first: firstMoments.pointer + range.lowerBound, second: secondMoments.pointer + range.lowerBound)
      let decays = parameter.decays
      parallel.ranges(of: range.count, grain: Self.strip) { part in
        Self.update(run, part, constants, decays: decays)
      }
    }
  }

  private struct Constants: Sendable {
    let beta1, beta2, epsilon, scale, stepSize, secondScale, decay: Float
  }

  /// Where one parameter lies.
  private struct Run {
    let values, gradients, first, second: UnsafeMutablePointer<Float>
  }

  private static func update(_ run: Run, _ range: Range<Int>, _ constants: Constants, decays: Bool) {
    let decay = decays ? constants.decay : 1
    for index in range {
      let gradient = run.gradients[index] * constants.scale
      let first = constants.beta1 * run.first[index] + (1 - constants.beta1) * gradient
      let second = constants.beta2 * run.second[index] + (1 - constants.beta2) * gradient * gradient
      run.first[index] = first
      run.second[index] = second
      let denominator = second.squareRoot() * constants.secondScale + constants.epsilon
      run.values[index] = run.values[index] * decay - constants.stepSize * first / denominator
    }
  }
}

extension ParameterSet {
  /// Elements whose squares are summed in one run; the runs' sums are added in order, so threads change no bit.
  private static let normStrip = 1 << 16

  /// The Euclidean norm of all gradients together; not finite where one of them is not.
  ///
  /// - Complexity: O(elements), bound by memory.
  package func gradientNorm(parallel: ParallelFor) -> Double {
    let count = gradients.count
    let strips = (count + Self.normStrip - 1) / Self.normStrip
    if strips == 0 { return 0 }
    var sums = [Double](repeating: 0, count: strips)
    sums.withUnsafeMutableBufferPointer { sums in
      // SAFETY: strips write sums of their own; the gradients are only read.
      nonisolated(unsafe) let (source, target) = (gradients.pointer, sums)
      parallel.ranges(of: strips, grain: 1) { range in
        for strip in range {
          var sum = 0.0
          for index in strip * Self.normStrip..<min(count, (strip + 1) * Self.normStrip) {
            sum += Double(source[index]) * Double(source[index])
          }
          target[strip] = sum
        }
      }
    }
    return sums.reduce(0, +).squareRoot()
  }
}
