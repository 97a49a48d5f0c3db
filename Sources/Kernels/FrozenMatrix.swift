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
    /// As they are stored, unpacked a strip at a time as they are used.
    case stored(StoredWeights)
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
        Self.pack(strip, rows, forward: forward, backward: backward, kernels: kernels, parallel: parallel)
      }
      storage = .bfloat16(forward: forward, backward: backward)
    }
  }

  /// Lays a strip of rows out for both directions.
  private static func pack(
    _ strip: FloatBuffer, _ rows: Range<Int>, forward: BrainFloatMatrix, backward: BrainFloatMatrix,
    kernels: BrainFloatKernels, parallel: ParallelFor
  ) {
    let (inputs, width) = (forward.inner, BrainFloatKernels.panelColumns)
    let backwardElements = BrainFloatKernels.panelElements(inner: backward.inner)
    parallel(parts: (rows.count + width - 1) / width) { part in
      let first = part * width
      let count = min(width, rows.count - first)
      // SAFETY: `fillRows` is a multiple of a panel's columns, so a part has a panel of its own forward, and rows of
      // its own backward; nobody reads a matrix that is being filled.
      let weights = strip.pointer + first * inputs
      let feature = rows.lowerBound + first
      kernels.packColumns(
        weights, stride: inputs, columns: count, inner: inputs,
        into: forward.panels + feature / width * BrainFloatKernels.panelElements(inner: inputs))
      for panel in 0..<backward.panelCount {
        kernels.packInner(
          weights + panel * width, stride: inputs, rows: count, columns: min(width, inputs - panel * width),
          into: backward.panels + panel * backwardElements + feature * width)
      }
    }
  }

  /// The weights of a layer as it keeps them, unpacked strip by strip as they are used: a model is trained in the
  /// memory that it is served in, and a product of few rows pays for it in time.
  ///
  /// - Parameters:
  ///   - precision: what products are computed in. With `.float32` the weights are those of the layer, to the bit.
  ///   - integers: what unpacks; the same bits for all.
  package init(
    _ layer: LinearLayer, precision: ProductPrecision, kernels: BrainFloatKernels = .best,
    integers: IntegerKernels = .best
  ) {
    outputs = layer.outputs
    inputs = layer.inputs
    self.kernels = kernels
    storage = .stored(StoredWeights(layer, precision: precision, kernels: kernels, integers: integers))
  }

  /// Bytes the weights take.
  package var byteCount: Int {
    switch storage {
    case .float32(let weights): weights.count * MemoryLayout<Float>.stride
    case .bfloat16(let forward, let backward): forward.byteCount + backward.byteCount
    case .stored(let weights): weights.layer.byteCount
    }
  }

  /// Copies the weights of one output feature, as an embedding table is read: as they are kept, so rounded where they
  /// are kept rounded.
  ///
  /// - Parameter weights: [inputs]; overwritten.
  package func row(_ index: Int, into weights: UnsafeMutablePointer<Float>) {
    precondition(index >= 0 && index < outputs)
    switch storage {
    case .float32(let matrix): weights.update(from: matrix.pointer + index * inputs, count: inputs)
    case .bfloat16(let matrix, _): matrix.column(index, into: weights)
    case .stored(let stored): stored.layer.row(index, into: weights)
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
    case .stored(let weights): products.multiply(x, weights, rows: rows, into: y, accumulate: accumulate)
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
    case .stored(let weights): products.multiplyBack(dy, weights, rows: rows, into: dx, accumulate: accumulate)
    }
  }
}
