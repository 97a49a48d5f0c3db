package import BoundedJSON
package import Judge

extension Calibration {
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
    guard calibration.isInRange else {
      throw .value(file: file, field: "temperature", reason: "must be from 0.01 to 1000")
    }
    return calibration
  }
}
