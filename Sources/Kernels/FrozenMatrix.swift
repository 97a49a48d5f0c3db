import Tensors

/// What products with frozen weights are computed in.
package enum ProductPrecision: String, Sendable, CaseIterable {
  /// Float32 throughout.
  case float32
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
  }

  /// Output features.
  package let outputs: Int
  /// Input features.
  package let inputs: Int
  private let storage: Storage

  /// Rows asked of `fill` at a time.
  private static let fillRows = 256

  /// A matrix of the rows that `fill` delivers, first to last, each once.
  ///
  /// - Parameters:
  ///   - fill: writes the given rows, [rows.count, inputs] float32, contiguous. What it throws is passed on.
  ///   - parallel: lays the weights out.
  package init<E: Error>(
    outputs: Int, inputs: Int, precision: ProductPrecision, parallel: ParallelFor,
    fill: (_ rows: Range<Int>, _ weights: UnsafeMutablePointer<Float>) throws(E) -> Void
  ) throws(E) {
    precondition(outputs > 0 && inputs > 0)
    self.outputs = outputs
    self.inputs = inputs
    let strips = stride(from: 0, to: outputs, by: Self.fillRows).map { $0..<min(outputs, $0 + Self.fillRows) }
    switch precision {
    case .float32:
      let weights = FloatBuffer(count: outputs * inputs)
      for rows in strips { try fill(rows, weights.pointer + rows.lowerBound * inputs) }
      storage = .float32(weights)
    }
  }

  /// Bytes the weights take.
  package var byteCount: Int {
    switch storage {
    case .float32(let weights): weights.count * MemoryLayout<Float>.stride
    }
  }

  /// Copies the weights of one output feature, as an embedding table is read.
  ///
  /// - Parameter weights: [inputs]; overwritten.
  package func row(_ index: Int, into weights: UnsafeMutablePointer<Float>) {
    precondition(index >= 0 && index < outputs)
    switch storage {
    case .float32(let matrix): weights.update(from: matrix.pointer + index * inputs, count: inputs)
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
    }
  }
}
