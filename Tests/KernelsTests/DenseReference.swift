import Kernels
import Tensors

/// Matrices for tests of products, and the products in double precision.
struct DenseReference {
  let rows: Int
  let columns: Int
  /// Row-major.
  var values: [Float]

  subscript(row: Int, column: Int) -> Float { values[row * columns + column] }

  /// Numbers from -1 to 1.
  static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> DenseReference {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    let values = (0..<rows * columns).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    return DenseReference(rows: rows, columns: columns, values: values)
  }

  var transposed: DenseReference {
    DenseReference(
      rows: columns, columns: rows,
      values: (0..<rows * columns).map { values[$0 % rows * columns + $0 / rows] })
  }

  /// Rounded to bfloat16, ties to even.
  var rounded: DenseReference {
    DenseReference(
      rows: rows, columns: columns,
      values: values.map { value in
        let bits = value.bitPattern
        return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
      })
  }

  var buffer: FloatBuffer {
    let buffer = FloatBuffer(count: values.count)
    for (index, value) in values.enumerated() { buffer.pointer[index] = value }
    return buffer
  }

  /// scale * self * other + start, in double precision.
  func times(_ other: DenseReference, scale: Double = 1, plus start: [Float]? = nil) -> [Double] {
    var sums = start.map { $0.map { Double($0) } } ?? [Double](repeating: 0, count: rows * other.columns)
    // Through pointers, as debug builds check every access to an array.
    values.withUnsafeBufferPointer { left in
      other.values.withUnsafeBufferPointer { right in
        sums.withUnsafeMutableBufferPointer { sums in
          for row in 0..<rows {
            for k in 0..<columns {
              let factor = scale * Double(left[row * columns + k])
              var (at, from) = (row * other.columns, k * other.columns)
              for _ in 0..<other.columns {
                sums[at] += factor * Double(right[from])
                at += 1
                from += 1
              }
            }
          }
        }
      }
    }
    return sums
  }

  /// |a - b| / |b|
  static func distance(_ a: some Sequence<Float>, _ b: [Double]) -> Double {
    let gap = zip(a, b).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
    return (gap / max(1e-300, b.reduce(0) { $0 + $1 * $1 })).squareRoot()
  }

  static func products(threads: Int) throws -> DenseProducts {
    DenseProducts(parallel: ParallelFor(threads: threads), blas: try OpenBLAS.shared.get())
  }
}
