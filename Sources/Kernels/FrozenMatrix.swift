import Tensors

/// What products with frozen weights are computed in.
package enum ProductPrecision: String, Sendable, CaseIterable {
  /// Float32 throughout, 4 bytes a weight.
  case float32
  /// Weights and activations rounded to bfloat16, sums in float32. Weights are kept twice, laid out for either
  /// direction: 4 bytes a weight. Twice as fast as float32 where the processor has a bfloat16 dot product.
  case bfloat16
}

/// A weight matrix W [outputs, inputs] that training reads and never changes: y = x W^T forward, dx = dy W backward.
///
/// It is filled once, then shared by all threads. A product's working memory belongs to the `DenseProducts` it is
/// given, which lends it out for the length of the call.
package final class FrozenMatrix: Sendable {
  /// How the weights are kept.
  private enum Storage: Sendable {
    /// [outputs, inputs]
    case float32(FloatBuffer)
    /// W^T [inputs, outputs] and W [outputs, inputs].
    case bfloat16(forward: BrainFloatMatrix, backward: BrainFloatMatrix)
  }

  /// Output features.
  package let outputs: Int
  /// Input features.
  package let inputs: Int
  private let storage: Storage
  private let kernels: BrainFloatKernels

  /// Rows asked of `fill` at a time; a multiple of a panel's columns.
  private static let fillRows = 256

  /// A matrix of the rows that `fill` delivers, first to last, each once.
  ///
  /// - Parameters:
  ///   - fill: writes the given rows, [rows.count, inputs] float32, contiguous. What it throws is passed on.
  ///   - parallel: lays the weights out.
  ///   - kernels: what computes in bfloat16.
  package init<E: Error>(
    outputs: Int, inputs: Int, precision: ProductPrecision, parallel: ParallelFor,
    kernels: BrainFloatKernels = .best,
    fill: (_ rows: Range<Int>, _ weights: UnsafeMutablePointer<Float>) throws(E) -> Void
  ) throws(E) {
    precondition(outputs > 0 && inputs > 0)
    self.outputs = outputs
    self.inputs = inputs
    self.kernels = kernels
    let strips = stride(from: 0, to: outputs, by: Self.fillRows).map { $0..<min(outputs, $0 + Self.fillRows) }
    switch precision {
    case .float32:
      let weights = FloatBuffer(count: outputs * inputs)
      for rows in strips { try fill(rows, weights.pointer + rows.lowerBound * inputs) }
      storage = .float32(weights)
    case .bfloat16:
      let forward = BrainFloatMatrix(inner: inputs, columns: outputs)
      let backward = BrainFloatMatrix(inner: outputs, columns: inputs)
      let strip = FloatBuffer(count: min(outputs, Self.fillRows) * inputs)
      for rows in strips {
        try fill(rows, strip.pointer)
        Self.pack(strip, rows, forward: forward, backward: backward, parallel: parallel)
      }
      storage = .bfloat16(forward: forward, backward: backward)
    }
  }

  /// Lays a strip of rows out for both directions.
  private static func pack(
    _ strip: FloatBuffer, _ rows: Range<Int>, forward: BrainFloatMatrix, backward: BrainFloatMatrix,
    parallel: ParallelFor
  ) {
    let (inputs, width) = (forward.inner, BrainFloatKernels.panelColumns)
    parallel(parts: (rows.count + width - 1) / width) { part in
      let first = part * width
      let count = min(width, rows.count - first)
      // SAFETY: `fillRows` is a multiple of a panel's columns, so a part has a panel of its own forward, and rows of
      // its own backward; nobody reads a matrix that is being filled.
      let weights = strip.pointer + first * inputs
      BrainFloatKernels.packColumns(
        weights, columns: count, inner: inputs,
        into: forward.panels + (rows.lowerBound + first) / width * BrainFloatKernels.panelElements(inner: inputs))
      BrainFloatKernels.packInner(
        weights, first: rows.lowerBound + first, rows: count, columns: inputs, inner: backward.inner,
        into: backward.panels)
    }
  }

  /// Bytes the weights take.
  package var byteCount: Int {
    switch storage {
    case .float32(let weights): weights.count * MemoryLayout<Float>.stride
    case .bfloat16(let forward, let backward): forward.byteCount + backward.byteCount
    }
  }

  /// Copies the weights of one output feature, as an embedding table is read: as they are kept, so rounded where the
  /// products are.
  ///
  /// - Parameter weights: [inputs]; overwritten.
  package func row(_ index: Int, into weights: UnsafeMutablePointer<Float>) {
    precondition(index >= 0 && index < outputs)
    switch storage {
    case .float32(let matrix): weights.update(from: matrix.pointer + index * inputs, count: inputs)
    case .bfloat16(let matrix, _): matrix.column(index, into: weights)
    }
  }

  /// y = x W^T, or y += x W^T.
  ///
  /// - Parameters:
  ///   - x: [rows, inputs], contiguous.
  ///   - y: [rows, outputs], contiguous; not read unless `accumulate`.
  package func forward(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool = false,
    products: DenseProducts
  ) {
    switch storage {
    case .float32(let weights):
      products.multiply(
        OpenBLAS.Factor(x, stride: inputs), OpenBLAS.Factor(weights.pointer, stride: inputs, isTransposed: true),
        rows: rows, columns: outputs, inner: inputs, into: y, yStride: outputs, accumulate: accumulate)
    case .bfloat16(let matrix, _):
      products.multiply(x, matrix, rows: rows, into: y, accumulate: accumulate, kernels: kernels)
    }
  }

  /// dx = dy W, or dx += dy W: the gradient with respect to what went in.
  ///
  /// - Parameters:
  ///   - dy: [rows, outputs], contiguous.
  ///   - dx: [rows, inputs], contiguous; not read unless `accumulate`.
  package func backward(
    _ dy: UnsafePointer<Float>, rows: Int, into dx: UnsafeMutablePointer<Float>, accumulate: Bool = false,
    products: DenseProducts
  ) {
    switch storage {
    case .float32(let weights):
      products.multiply(
        OpenBLAS.Factor(dy, stride: outputs), OpenBLAS.Factor(weights.pointer, stride: inputs), rows: rows,
        columns: inputs, inner: outputs, into: dx, yStride: inputs, accumulate: accumulate)
    case .bfloat16(_, let matrix):
      products.multiply(dy, matrix, rows: rows, into: dx, accumulate: accumulate, kernels: kernels)
    }
  }
}
