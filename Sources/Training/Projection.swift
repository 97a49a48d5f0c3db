import Kernels
import Tensors

/// A linear layer in training: y = x W^T + scale * (x A^T) B^T, the second term once for each adapted part of it.
///
/// Layers that read the same input are one product, as in serving: query, key and value; gate and up. An adapter
/// belongs to one of them, so it writes a range of the outputs.
struct Projection: Sendable {
  /// The weights without adapters.
  enum Weight: Sendable {
    /// Stays as it is, [outputs, inputs].
    case frozen(FrozenMatrix)
    /// Trained itself: parts whose outputs follow one another.
    case trained([Part])
  }

  /// A trained matrix [range.count, inputs] that gives a range of the outputs.
  struct Part: Sendable {
    let weight: Parameter
    let outputs: Range<Int>
  }

  /// The adapter of a range of the outputs.
  struct Adapter: Sendable {
    /// [rank, inputs]
    let a: Parameter
    /// [outputs.count, rank]
    let b: Parameter
    let outputs: Range<Int>
    let scale: Float
    let dropout: Double
    /// Names its dropout's random numbers.
    let stream: UInt64

    var rank: Int { a.shape[0] }
  }

  let outputs: Int
  let inputs: Int
  let weight: Weight
  let adapters: [Adapter]

  /// Floats per row that backward needs of forward: x A^T of each adapter.
  var savedWidth: Int { adapters.reduce(0) { $0 + $1.rank } }

  /// What passes of all layers share.
  struct Scratch {
    let products: DenseProducts
    /// [rows, widest inputs]; for dropout.
    let dropped: FloatBuffer
    /// [rows, widest rank]
    let lowRank: FloatBuffer
    /// Whether the adapters' terms are added.
    var usesAdapters = true
    /// Seed of this micro-batch's dropout; nil drops nothing.
    var dropoutSeed: UInt64?
  }

  // MARK: Forward

  /// y = layer(x), or y += layer(x).
  ///
  /// - Parameters:
  ///   - x: [rows, inputs]
  ///   - saved: [savedWidth * rows]: each adapter's x A^T, [rows, rank], one after the other; overwritten.
  ///   - y: [rows, outputs]
  func forward(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool = false,
    saved: UnsafeMutablePointer<Float>, _ scratch: Scratch
  ) {
    let products = scratch.products
    switch weight {
    case .frozen(let matrix):
      matrix.forward(x, rows: rows, into: y, accumulate: accumulate, products: products)
    case .trained(let parts):
      for part in parts {
        products.multiply(
          OpenBLAS.Factor(x, stride: inputs),
          OpenBLAS.Factor(part.weight.values, stride: inputs, isTransposed: true), rows: rows,
          columns: part.outputs.count, inner: inputs, into: y + part.outputs.lowerBound, yStride: outputs,
          accumulate: accumulate)
      }
    }
    keep(x, rows: rows, saved: saved, scratch)
    var saved = UnsafePointer(saved)
    for adapter in adapters where scratch.usesAdapters {
      products.multiply(
        OpenBLAS.Factor(saved, stride: adapter.rank),
        OpenBLAS.Factor(adapter.b.values, stride: adapter.rank, isTransposed: true), rows: rows,
        columns: adapter.outputs.count, inner: adapter.rank, scale: adapter.scale,
        into: y + adapter.outputs.lowerBound, yStride: outputs, accumulate: true)
      saved += rows * adapter.rank
    }
  }

  /// Works out what `backward` needs, without the layer's product: `saved` as `forward` leaves it.
  func keep(_ x: UnsafePointer<Float>, rows: Int, saved: UnsafeMutablePointer<Float>, _ scratch: Scratch) {
    var saved = saved
    for adapter in adapters where scratch.usesAdapters {
      let input = dropped(x, rows: rows, adapter, scratch)
      scratch.products.multiply(
        OpenBLAS.Factor(input, stride: inputs), OpenBLAS.Factor(adapter.a.values, stride: inputs, isTransposed: true),
        rows: rows, columns: adapter.rank, inner: inputs, into: saved, yStride: adapter.rank)
      saved += rows * adapter.rank
    }
  }

  // MARK: Backward

  /// Adds to the gradients of what is trained, and gives the gradient of the input.
  ///
  /// - Parameters:
  ///   - yGradient: [rows, outputs]
  ///   - x: as it went in.
  ///   - saved: as `forward` left it.
  ///   - xGradient: [rows, inputs]; overwritten, or added to where `accumulate`.
  func backward(
    _ yGradient: UnsafePointer<Float>, x: UnsafePointer<Float>, saved: UnsafePointer<Float>, rows: Int,
    into xGradient: UnsafeMutablePointer<Float>, accumulate: Bool = false, _ scratch: Scratch
  ) {
    let products = scratch.products
    switch weight {
    case .frozen(let matrix):
      matrix.backward(yGradient, rows: rows, into: xGradient, accumulate: accumulate, products: products)
    case .trained(let parts):
      for (index, part) in parts.enumerated() {
        let gradient = yGradient + part.outputs.lowerBound
        products.multiply(
          OpenBLAS.Factor(gradient, stride: outputs), OpenBLAS.Factor(part.weight.values, stride: inputs), rows: rows,
          columns: inputs, inner: part.outputs.count, into: xGradient, yStride: inputs,
          accumulate: accumulate || index > 0)
        products.multiply(
          OpenBLAS.Factor(gradient, stride: outputs, isTransposed: true), OpenBLAS.Factor(x, stride: inputs),
          rows: part.outputs.count, columns: inputs, inner: rows, into: part.weight.gradient, yStride: inputs,
          accumulate: true)
      }
    }
    var saved = saved
    for adapter in adapters {
      backward(adapter, yGradient, x: x, saved: saved, rows: rows, into: xGradient, scratch)
      saved += rows * adapter.rank
    }
  }

  private func backward(
    _ adapter: Adapter, _ yGradient: UnsafePointer<Float>, x: UnsafePointer<Float>, saved: UnsafePointer<Float>,
    rows: Int, into xGradient: UnsafeMutablePointer<Float>, _ scratch: Scratch
  ) {
    let products = scratch.products
    let rank = adapter.rank
    let gradient = yGradient + adapter.outputs.lowerBound
    let lowRank = scratch.lowRank.pointer
    // d(x A^T) = scale * dy B
    products.multiply(
      OpenBLAS.Factor(gradient, stride: outputs), OpenBLAS.Factor(adapter.b.values, stride: rank), rows: rows,
      columns: rank, inner: adapter.outputs.count, scale: adapter.scale, into: lowRank, yStride: rank)
    // dB += scale * dy^T (x A^T)
    products.multiply(
      OpenBLAS.Factor(gradient, stride: outputs, isTransposed: true), OpenBLAS.Factor(saved, stride: rank),
      rows: adapter.outputs.count, columns: rank, inner: rows, scale: adapter.scale, into: adapter.b.gradient,
      yStride: rank, accumulate: true)
    // dA += d(x A^T)^T x
    let input = dropped(x, rows: rows, adapter, scratch)
    products.multiply(
      OpenBLAS.Factor(lowRank, stride: rank, isTransposed: true), OpenBLAS.Factor(input, stride: inputs), rows: rank,
      columns: inputs, inner: rows, into: adapter.a.gradient, yStride: inputs, accumulate: true)
    // dx += d(x A^T) A
    guard adapter.dropout > 0, let seed = scratch.dropoutSeed else {
      products.multiply(
        OpenBLAS.Factor(lowRank, stride: rank), OpenBLAS.Factor(adapter.a.values, stride: inputs), rows: rows,
        columns: inputs, inner: rank, into: xGradient, yStride: inputs, accumulate: true)
      return
    }
    let whole = scratch.dropped.pointer
    products.multiply(
      OpenBLAS.Factor(lowRank, stride: rank), OpenBLAS.Factor(adapter.a.values, stride: inputs), rows: rows,
      columns: inputs, inner: rank, into: whole, yStride: inputs)
    Dropout(share: adapter.dropout, seed: seed, stream: adapter.stream)
      .add(whole, rows: rows, columns: inputs, to: xGradient, products.parallel)
  }

  /// The adapter's input: `x` itself, or a copy of which a part is dropped.
  private func dropped(
    _ x: UnsafePointer<Float>, rows: Int, _ adapter: Adapter, _ scratch: Scratch
  ) -> UnsafePointer<Float> {
    guard adapter.dropout > 0, let seed = scratch.dropoutSeed else { return x }
    Dropout(share: adapter.dropout, seed: seed, stream: adapter.stream)
      .apply(x, rows: rows, columns: inputs, into: scratch.dropped.pointer, scratch.products.parallel)
    return UnsafePointer(scratch.dropped.pointer)
  }
}
