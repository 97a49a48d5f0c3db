import Foundation
package import ModelFiles
package import Tensors

/// Cosines and sines of rotary position embedding for every position.
///
/// Frequencies and angles are rounded to float32 on the way, as the models' reference implementation does: at
/// position 8,000 an angle kept in double would differ by half a thousandth.
package struct RotaryTables: Sendable {
  /// [positionCount, width] each.
  package let cosines: FloatBuffer
  package let sines: FloatBuffer
  /// headDim / 2.
  package let width: Int
  package let positionCount: Int

  /// - Parameters:
  ///   - frequencyFactors: divisors of the frequencies, [headDim / 2], where a model file brings its own.
  /// - Source: Su et al. 2021 (arXiv:2104.09864); the `llama3` scaling as Llama 3.1's model card and
  ///   transformers `modeling_rope_utils.py` define it.
  package init(_ configuration: ModelConfiguration, positionCount: Int, frequencyFactors: [Float]? = nil) {
    width = configuration.headDim / 2
    self.positionCount = positionCount
    var frequencies = (0..<width).map { i in
      Float(1 / pow(configuration.ropeTheta, Double(2 * i) / Double(configuration.headDim)))
    }
    if let frequencyFactors {
      for i in 0..<width { frequencies[i] /= frequencyFactors[i] }
    } else if let scaling = configuration.ropeScaling {
      frequencies = frequencies.map { Self.scaled($0, by: scaling) }
    }
    cosines = FloatBuffer(count: positionCount * width)
    sines = FloatBuffer(count: positionCount * width)
    for position in 0..<positionCount {
      for i in 0..<width {
        let angle = Double(Float(position) * frequencies[i])
        cosines.pointer[position * width + i] = Float(cos(angle))
        sines.pointer[position * width + i] = Float(sin(angle))
      }
    }
  }

  /// The scaling that a list of divisors stands for, among those that `llama3` models were published with; nil where it
  /// is none of them. GGUF files hold the divisors, Hugging Face's the scaling.
  ///
  /// - Parameter frequencyFactors: [headDim / 2].
  package static func scaling(
    of frequencyFactors: [Float], _ configuration: ModelConfiguration
  ) -> ModelConfiguration.RopeScaling? {
    let frequencies = frequencyFactors.indices.map { i in
      Float(1 / pow(configuration.ropeTheta, Double(2 * i) / Double(configuration.headDim)))
    }
    for factor in [8.0, 32] {
      let scaling = ModelConfiguration.RopeScaling.llama3(
        factor: factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositionCount: 8192)
      let fits = zip(frequencies, frequencyFactors).allSatisfy { frequency, divisor in
        abs(frequency / scaled(frequency, by: scaling) / divisor - 1) < 1e-4
      }
      if fits { return scaling }
    }
    return nil
  }

  private static func scaled(_ frequency: Float, by scaling: ModelConfiguration.RopeScaling) -> Float {
    switch scaling {
    case .linear(let factor): return frequency / Float(factor)
    case .llama3(let factor, let low, let high, let original):
      let wavelength = 2 * Float.pi / frequency
      if wavelength < Float(original) / Float(high) { return frequency }
      if wavelength > Float(original) / Float(low) { return frequency / Float(factor) }
      let smooth = (Float(original) / wavelength - Float(low)) / (Float(high) - Float(low))
      return (1 - smooth) * frequency / Float(factor) + smooth * frequency
    }
  }
}
