import Tensors

/// One factor [inner, columns] of products in bfloat16, in panels of 32 columns (`ck_bf16.h`).
final class BrainFloatMatrix: Sendable {
  let inner: Int
  let columns: Int
  // SAFETY: written by whoever fills it, parts apart, and by nobody afterwards.
  private let storage: FloatBuffer

  /// An all-zero matrix.
  init(inner: Int, columns: Int) {
    self.inner = inner
    self.columns = columns
    let panels = (columns + BrainFloatKernels.panelColumns - 1) / BrainFloatKernels.panelColumns
    storage = FloatBuffer(count: panels * BrainFloatKernels.panelElements(inner: inner) / 2)
  }

  var panelCount: Int { (columns + BrainFloatKernels.panelColumns - 1) / BrainFloatKernels.panelColumns }
  var byteCount: Int { storage.count * MemoryLayout<Float>.stride }

  /// The first panel. Whoever uses it keeps the matrix alive.
  var panels: UnsafeMutablePointer<UInt16> { storage.pointer.brainFloats }

  /// Reads one column: [inner].
  func column(_ index: Int, into values: UnsafeMutablePointer<Float>) {
    let width = BrainFloatKernels.panelColumns
    // SAFETY: reads stay inside the panel of the column.
    let panel = panels + index / width * BrainFloatKernels.panelElements(inner: inner) + index % width * 2
    for k in 0..<inner { values[k] = Float(bitPattern: UInt32(panel[k / 2 * 2 * width + k % 2]) << 16) }
  }
}

extension UnsafeMutablePointer<Float> {
  /// The same memory as bfloat16 numbers.
  var brainFloats: UnsafeMutablePointer<UInt16> {
    // SAFETY: a buffer's memory holds plain bits, and is used as one type or the other for its whole life.
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt16.self)
  }
}
