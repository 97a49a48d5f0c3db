private import COpenBLAS

/// OpenBLAS as the reference for matrix products.
///
/// Serving does not use it by default: its results for a row change with the number of rows, which would break the
/// invariance that scores rest on, and at few rows it is slower than the packed kernels.
package struct OpenBLAS: Sendable {
  /// Why the library cannot be used.
  package struct Failure: Error, CustomStringConvertible {
    package let reason: String
    package var description: String {
      "OpenBLAS cannot be loaded (\(reason)); install libopenblas0 (Debian: apt-get install libopenblas-dev)"
    }
  }

  /// The name of the library's kernels in use, such as "SkylakeX".
  package let coreName: String

  /// Loads the library once, with AVX-512 kernels where the processor has them.
  package static let shared: Result<OpenBLAS, Failure> = {
    guard cob_load(KernelSet.best.instructionSet == .avx512 ? 1 : 0) == COB_OK else {
      return .failure(Failure(reason: String(cString: cob_error())))
    }
    cob_set_threads(1)
    return .success(OpenBLAS(coreName: String(cString: cob_core_name())))
  }()

  /// y = x * b, or y += x * b: [rows, inner] by [inner, columns], strides in floats.
  package func gemm(
    _ x: UnsafePointer<Float>, xStride: Int, rows: Int, _ b: UnsafePointer<Float>, bStride: Int, inner: Int,
    columns: Int, into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool
  ) {
    cob_sgemm(0, 0, rows, columns, inner, 1, x, xStride, b, bStride, accumulate ? 1 : 0, y, yStride)
  }

  /// One factor of a product: a row-major matrix, perhaps to be read as its transpose.
  package struct Factor {
    package let values: UnsafePointer<Float>
    /// Floats from one stored row to the next.
    package let stride: Int
    package let isTransposed: Bool

    package init(_ values: UnsafePointer<Float>, stride: Int, isTransposed: Bool = false) {
      self.values = values
      self.stride = stride
      self.isTransposed = isTransposed
    }

    package init(_ values: UnsafeMutablePointer<Float>, stride: Int, isTransposed: Bool = false) {
      self.init(UnsafePointer(values), stride: stride, isTransposed: isTransposed)
    }
  }

  /// y = scale * a b, or y += scale * a b, on the calling thread.
  ///
  /// - Parameters:
  ///   - a: [rows, inner] once transposed where it says so; `b`: [inner, columns] likewise.
  ///   - y: [rows, columns], `yStride` floats from row to row; not read unless `accumulate`.
  package func multiply(
    _ a: Factor, _ b: Factor, rows: Int, columns: Int, inner: Int, scale: Float = 1,
    into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool = false
  ) {
    cob_sgemm(
      a.isTransposed ? 1 : 0, b.isTransposed ? 1 : 0, rows, columns, inner, scale, a.values, a.stride, b.values,
      b.stride, accumulate ? 1 : 0, y, yStride)
  }
}
