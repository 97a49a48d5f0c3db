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
    cob_sgemm(rows, columns, inner, x, xStride, b, bStride, accumulate ? 1 : 0, y, yStride)
  }
}
