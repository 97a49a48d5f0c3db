private import Glibc

/// How a margin becomes a probability: P(A is preferred) = sigmoid(margin / temperature). The file `calibration.json`.
///
/// One number, fitted on pairs by authors on whom nothing is measured, by minimising the log loss (`persrm-eval
/// --fit-calibration`). It keeps the order of margins, so it changes no verdict.
///
/// - Source: Guo et al. 2017 (arXiv:1706.04599) section 4.2, for two classes.
package struct Calibration: Sendable, Hashable, Codable {
  /// Points of margin in which the odds change by e; 0.01...1000.
  package var temperature: Double
  /// The judge's method the margins came from, such as `verdict`: each has its own scale.
  package var method: String
  /// What it was fitted on, in words.
  package var fittedOn: String
  /// Pairs it was fitted on.
  package var n: Int

  package enum CodingKeys: String, CodingKey {
    case temperature, method, n
    case fittedOn = "fitted_on"
  }

  package init(temperature: Double, method: String, fittedOn: String, n: Int) {
    self.temperature = temperature
    self.method = method
    self.fittedOn = fittedOn
    self.n = n
  }

  /// A judge that is always right asks for 0, and one that is no better than a coin for no end: a fit stops here.
  package static let temperatureRange = 0.01...1000.0

  /// Whether the temperature is in range; the written number may differ from an end in its last digit.
  package var isInRange: Bool {
    (Self.temperatureRange.lowerBound * 0.999...Self.temperatureRange.upperBound * 1.001).contains(temperature)
  }

  /// P(A is preferred) for a margin of A over B.
  package func probability(margin: Double) -> Double { Self.sigmoid(margin / temperature) }

  package static func sigmoid(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }
}
