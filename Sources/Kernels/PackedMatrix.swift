package import Tensors

/// A weight matrix [rows, columns] of a linear layer (y = x W^T), laid out for the kernels.
///
/// Output features lie in panels of 32: panel p holds features 32p..<32p+32 as [columns, 32], zero-padded, so that a
/// product reads memory front to back and a tile of it keeps its accumulators in registers.
package final class PackedMatrix: Sendable {
  /// Output features, N.
  package let outputs: Int
  /// Input features, K.
  package let inputs: Int
  package let panels: FloatBuffer

  /// Floats that a matrix of this shape takes.
  package static func floats(outputs: Int, inputs: Int) -> Int {
    (outputs + KernelSet.panelColumns - 1) / KernelSet.panelColumns * KernelSet.panelColumns * inputs
  }

  /// An all-zero matrix, to be filled by `setPanel`.
  package init(outputs: Int, inputs: Int) {
    self.outputs = outputs
    self.inputs = inputs
    panels = FloatBuffer(count: Self.floats(outputs: outputs, inputs: inputs))
  }

  /// Number of panels.
  package var panelCount: Int { (outputs + KernelSet.panelColumns - 1) / KernelSet.panelColumns }

  /// Stores the weights of consecutive output features that lie in one panel.
  ///
  /// - Parameters:
  ///   - first: the first feature; a multiple of 32.
  ///   - rows: [count, inputs], count at most 32.
  /// - Returns: whether all weights are finite. A product with one that is not would be no number anywhere.
  package func setPanel(first: Int, count: Int, rows: UnsafePointer<Float>) -> Bool {
    precondition(first % KernelSet.panelColumns == 0 && count <= KernelSet.panelColumns && first + count <= outputs)
    // SAFETY: writes one panel, which belongs to these rows alone; no product runs while a matrix is being filled.
    return KernelSet.best.pack(rows: rows, count: count, inner: inputs, into: panels.pointer + first * inputs)
  }

  /// Copies the weights of one output feature out again, as an embedding table is read.
  ///
  /// - Parameter weights: [inputs]; overwritten.
  package func row(_ row: Int, into weights: UnsafeMutablePointer<Float>) {
    precondition(row >= 0 && row < outputs)
    // SAFETY: reads stay inside the panel of `row`.
    var source = UnsafePointer(panels.pointer) + (row / KernelSet.panelColumns) * KernelSet.panelColumns * inputs
    source += row % KernelSet.panelColumns
    for k in 0..<inputs { weights[k] = source[k * KernelSet.panelColumns] }
  }
}

/// How products with packed matrices are computed.
package enum GEMMPath: Sendable {
  /// Our kernels: the same bits for a row whatever the number of rows.
  case packed
  /// OpenBLAS over the same panels: the reference.
  case openBLAS(OpenBLAS)
}

/// Products of activations with packed matrices, spread over threads.
package struct LinearKernel: Sendable {
  package let kernels: KernelSet
  package let parallel: ParallelFor
  package let path: GEMMPath
  /// For quantised weights.
  package let integers: IntegerKernels

  package init(
    kernels: KernelSet, parallel: ParallelFor, path: GEMMPath = .packed, integers: IntegerKernels = .best
  ) {
    self.kernels = kernels
    self.integers = integers
    self.parallel = parallel
    self.path = path
  }

  /// y = x W^T, or y += x W^T.
  ///
  /// Rows are taken in strips of at most 192, so that a strip of activations stays in the second-level cache while the
  /// panels stream by; panels are shared out among threads.
  ///
  /// - Parameters:
  ///   - x: [rows, matrix.inputs], contiguous.
  ///   - y: [rows, matrix.outputs], contiguous; overwritten, or added to where `accumulate`.
  /// - Complexity: O(rows * inputs * outputs); bound by memory bandwidth below about 16 rows, by arithmetic above.
  package func apply(
    _ matrix: PackedMatrix, to x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    accumulate: Bool = false
  ) {
    if rows == 0 { return }
    // SAFETY: parts write disjoint columns of `y`, which outlives the call; `x` and the panels are only read.
    nonisolated(unsafe) let (input, output) = (x, y)
    let strip = 192
    parallel.ranges(of: matrix.panelCount, grain: 2, slack: 4) { panelRange in
      var row = 0
      while row < rows {
        let count = min(strip, rows - row)
        multiply(
          matrix, panelRange, input + row * matrix.inputs, rows: count, into: output + row * matrix.outputs,
          accumulate: accumulate)
        row += count
      }
    }
  }

  private func multiply(
    _ matrix: PackedMatrix, _ panelRange: Range<Int>, _ x: UnsafePointer<Float>, rows: Int,
    into y: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    switch path {
    case .packed:
      kernels.gemm(
        x, xStride: matrix.inputs, rows: rows, panels: matrix.panels.pointer, inner: matrix.inputs,
        columns: matrix.outputs, panelRange: panelRange, into: y, yStride: matrix.outputs, accumulate: accumulate)
    case .openBLAS(let library):
      for panel in panelRange {
        let column = panel * KernelSet.panelColumns
        library.gemm(
          x, xStride: matrix.inputs, rows: rows, matrix.panels.pointer + column * matrix.inputs,
          bStride: KernelSet.panelColumns, inner: matrix.inputs,
          columns: min(KernelSet.panelColumns, matrix.outputs - column), into: y + column, yStride: matrix.outputs,
          accumulate: accumulate)
      }
    }
  }
}
