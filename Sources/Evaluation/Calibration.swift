package import BoundedJSON
private import Glibc

/// How a margin becomes a probability: P(A is preferred) = sigmoid(margin / temperature). The file `calibration.json`.
///
/// One number, fitted on pairs by authors on whom nothing is measured, by minimising the log loss. It keeps the order
/// of margins, so it changes no verdict.
///
/// - Source: Guo et al. 2017 (arXiv:1706.04599) section 4.2, for two classes.
package struct Calibration: Sendable, Equatable, Codable {
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

  /// A judge that is always right asks for 0, and one that is no better than a coin for no end: the fit stops here.
  package static let temperatureRange = 0.01...1000.0

  /// P(A is preferred) for a margin of A over B.
  package func probability(margin: Double) -> Double { Self.sigmoid(margin / temperature) }

  static func sigmoid(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }

  /// The temperature under which the margins lose least.
  ///
  /// The mean log loss is convex in 1/T, so its slope there rises, and halving finds where it crosses zero.
  ///
  /// - Parameters:
  ///   - validation: results of authors who are measured nowhere; those without a margin do not count.
  ///   - fittedOn: for the file, such as "ccat50 validation, 5 authors".
  /// - Throws: `empty` where no result has a margin.
  package static func fit(
    _ validation: [JudgedPair], method: String, fittedOn: String
  ) throws(EvaluationError) -> Calibration {
    let points = validation.compactMap { pair in pair.margin.map { (margin: $0, label: pair.label) } }
    if points.isEmpty { throw .empty("result with a margin to fit a temperature on") }
    func slope(_ inverse: Double) -> Double {
      points.reduce(0) { $0 + $1.margin * (sigmoid(inverse * $1.margin) - $1.label) }
    }
    var low = 1 / temperatureRange.upperBound
    var high = 1 / temperatureRange.lowerBound
    var inverse = low
    if slope(high) <= 0 {
      inverse = high
    } else if slope(low) < 0 {
      for _ in 0..<100 {
        inverse = (low * high).squareRoot()
        if slope(inverse) < 0 { low = inverse } else { high = inverse }
      }
    }
    return Calibration(temperature: 1 / inverse, method: method, fittedOn: fittedOn, n: points.count)
  }

  /// The file's bytes.
  package func bytes() throws(JSONError) -> [UInt8] { try JSONWriter.bytes(self, indented: true) + [0x0A] }

  /// - Throws: `document` where the bytes are no calibration, `value` for a temperature that is out of range.
  package static func read(_ bytes: [UInt8], file: String) throws(EvaluationError) -> Calibration {
    let limits = JSONLimits(bytesMax: 65_536, depthMax: 4, valuesMax: 100)
    let calibration: Calibration
    do throws(JSONError) {
      calibration = try JSONReader.decode(Calibration.self, from: bytes, limits: limits)
    } catch {
      throw .document(file: file, error)
    }
    // The written number may differ from the end of the range in its last digit.
    let range = temperatureRange.lowerBound * 0.999...temperatureRange.upperBound * 1.001
    guard range.contains(calibration.temperature) else {
      throw .value(file: file, field: "temperature", reason: "must be from 0.01 to 1000")
    }
    return calibration
  }
}
