import ArgumentParser
import BoundedJSON
import Foundation
package import Judge

/// Reads what `persrm-eval --fit-calibration` writes.
package enum CalibrationFile {
  /// - Throws: an error that names the file and, where one is at fault, the field.
  package static func read(_ path: String) throws -> Calibration {
    let bytes: [UInt8]
    do {
      bytes = Array(try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw ValidationError("--calibration: cannot read \(path)")
    }
    let limits = JSONLimits(bytesMax: 65_536, depthMax: 4, valuesMax: 100)
    let calibration: Calibration
    do throws(JSONError) {
      calibration = try JSONReader.decode(Calibration.self, from: bytes, limits: limits)
    } catch {
      throw ValidationError("--calibration \(path): \(error.pointer) \(error)")
    }
    guard calibration.isInRange else {
      let range = Calibration.temperatureRange
      throw ValidationError("--calibration \(path): temperature must be in \(range.lowerBound)...\(range.upperBound)")
    }
    return calibration
  }
}
