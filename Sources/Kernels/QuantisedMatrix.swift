import Tensors

/// A weight matrix [outputs, inputs] of a linear layer (y = x W^T) in small integers, laid out for the integer kernels.
///
/// Output features lie in panels of 32, each [blocks of 32 inputs]; a block holds its integers, scales and minima side
/// by side (`ck_int8.h`), so that a product reads memory front to back.
package final class QuantisedMatrix: Sendable {
  /// Output features, N.
  package let outputs: Int
  /// Input features, K.
  package let inputs: Int
  package let format: QuantisedFormat
  private let storage: FloatBuffer

  /// Bytes that a matrix of this shape and format takes.
  package static func bytes(outputs: Int, inputs: Int, format: QuantisedFormat) -> Int {
    panelCount(outputs) * blockCount(inputs) * format.blockBytes
  }

  private static func panelCount(_ outputs: Int) -> Int {
    (outputs + IntegerKernels.panelFeatures - 1) / IntegerKernels.panelFeatures
  }

  private static func blockCount(_ inputs: Int) -> Int {
    (inputs + IntegerKernels.blockInputs - 1) / IntegerKernels.blockInputs
  }

  /// A matrix to be filled by `setFeature`.
  package init(outputs: Int, inputs: Int, format: QuantisedFormat) {
    self.outputs = outputs
    self.inputs = inputs
    self.format = format
    let bytes = Self.bytes(outputs: outputs, inputs: inputs, format: format)
    storage = FloatBuffer(count: bytes / MemoryLayout<Float>.stride)
  }

  package var panelCount: Int { Self.panelCount(outputs) }
  /// Blocks of 32 inputs, the last padded.
  package var blockCount: Int { Self.blockCount(inputs) }
  /// Bytes it takes.
  package var byteCount: Int { storage.count * MemoryLayout<Float>.stride }

  /// The first panel. Whoever uses it keeps the matrix alive.
  var panels: UnsafePointer<UInt8> {
    UnsafePointer(UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: UInt8.self))
  }

  /// The panel that holds a feature.
  func panel(of feature: Int) -> UnsafeMutablePointer<UInt8> {
    precondition(feature >= 0 && feature < outputs)
    let panelBytes = blockCount * format.blockBytes
    return UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: UInt8.self)
      + feature / IntegerKernels.panelFeatures * panelBytes
  }
}

/// Memory for quantised activation rows of any one layer at a time.
// SAFETY: who may write when is the owner's contract: the engine's thread and its parallel regions, rows apart.
package final class QuantisedRows: Sendable {
  private let storage: FloatBuffer

  /// Bytes of one row: for each block its digits, a scale, a scaled sum and a sum.
  package static func rowBytes(inputs: Int, digits: Int) -> Int {
    (inputs + IntegerKernels.blockInputs - 1) / IntegerKernels.blockInputs
      * (IntegerKernels.blockInputs * digits + 12)
  }

  /// Room for `rows` rows of at most `inputsMax` inputs with two digits.
  package init(rows: Int, inputsMax: Int) {
    storage = FloatBuffer(
      count: rows * Self.rowBytes(inputs: inputsMax, digits: 2) / MemoryLayout<Float>.stride)
  }

  package var byteCount: Int { storage.count * MemoryLayout<Float>.stride }

  /// The first row. Whoever uses it keeps the buffer alive.
  package var pointer: UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: UInt8.self)
  }
}
