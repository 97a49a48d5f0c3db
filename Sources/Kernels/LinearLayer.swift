import Tensors

/// The weights of one linear layer, in whichever form its products are computed.
package final class LinearLayer: Sendable {
  /// How the weights are kept.
  package enum Storage: Sendable {
    /// Float32, for the reference path.
    case float(PackedMatrix)
    /// Small integers. Several matrices where the layer's tensors are stored in different formats: their features
    /// follow one another.
    case quantised([QuantisedMatrix])
  }

  package let storage: Storage
  /// Signed 8-bit digits an activation is quantised to, 1 or 2; 0 for float weights.
  package let digits: Int
  /// Output features, N.
  package let outputs: Int
  /// Input features, K.
  package let inputs: Int

  package init(_ matrix: PackedMatrix) {
    storage = .float(matrix)
    digits = 0
    outputs = matrix.outputs
    inputs = matrix.inputs
  }

  /// - Precondition: at least one matrix, all with the same inputs.
  package init(_ matrices: [QuantisedMatrix], digits: Int) {
    precondition(!matrices.isEmpty && matrices.allSatisfy { $0.inputs == matrices[0].inputs })
    precondition((1...2).contains(digits))
    storage = .quantised(matrices)
    self.digits = digits
    outputs = matrices.reduce(0) { $0 + $1.outputs }
    inputs = matrices[0].inputs
  }

  /// Bytes the weights take.
  package var byteCount: Int {
    switch storage {
    case .float(let matrix): matrix.panels.count * MemoryLayout<Float>.stride
    case .quantised(let matrices): matrices.reduce(0) { $0 + $1.byteCount }
    }
  }

  /// Copies the weights of one output feature, as an embedding table is read.
  ///
  /// - Parameter weights: [inputs]; overwritten.
  package func row(_ row: Int, into weights: UnsafeMutablePointer<Float>) {
    switch storage {
    case .float(let matrix): matrix.row(row, into: weights)
    case .quantised(let matrices):
      var first = 0
      for matrix in matrices {
        if row < first + matrix.outputs { return matrix.row(row - first, into: weights) }
        first += matrix.outputs
      }
      preconditionFailure("a row outside the layer")
    }
  }
}

/// The rows that go into a linear layer, as floats and as the layer's kernels want them.
package struct LinearInput {
  /// [rows, inputs]
  package let floats: UnsafePointer<Float>
  package let quantised: QuantisedRows

  package init(floats: UnsafePointer<Float>, quantised: QuantisedRows) {
    self.floats = floats
    self.quantised = quantised
  }
}

extension LinearKernel {
  /// Quantises one row as `layer` wants it; nothing where the layer takes floats.
  ///
  /// - Parameters:
  ///   - x: [layer.inputs]
  ///   - index: which row of `rows`.
  package func quantise(_ x: UnsafePointer<Float>, for layer: LinearLayer, index: Int, into rows: QuantisedRows) {
    if layer.digits == 0 { return }
    // SAFETY: rows lie apart, and there is room for as many as a pass has tokens.
    integers.quantise(
      x, count: layer.inputs, digits: layer.digits,
      into: rows.pointer + index * QuantisedRows.rowBytes(inputs: layer.inputs, digits: layer.digits))
  }

  /// y = x W^T, or y += x W^T.
  ///
  /// Panels are shared out among threads. Rows are taken in strips, so that a strip stays in the second-level cache
  /// while the panels stream by.
  ///
  /// - Parameters:
  ///   - input: [rows, layer.inputs], quantised by `quantise` where the layer asks for it.
  ///   - y: [rows, layer.outputs], contiguous; overwritten, or added to where `accumulate`.
  package func apply(
    _ layer: LinearLayer, to input: LinearInput, rows: Int, into y: UnsafeMutablePointer<Float>,
    accumulate: Bool = false
  ) {
    switch layer.storage {
    case .float(let matrix): apply(matrix, to: input.floats, rows: rows, into: y, accumulate: accumulate)
    case .quantised(let matrices):
      if rows == 0 { return }
      let panelCount = matrices.reduce(0) { $0 + $1.panelCount }
      // SAFETY: parts write disjoint columns of `y`, which outlives the call; rows and panels are only read.
      nonisolated(unsafe) let (source, output) = (UnsafePointer(input.quantised.pointer), y)
      let rowBytes = QuantisedRows.rowBytes(inputs: layer.inputs, digits: layer.digits)
      let strip = max(12, (384 << 10) / rowBytes / 12 * 12)
      parallel.ranges(of: panelCount, grain: rows < 16 ? 4 : 2, slack: rows < 64 ? 4 : 16) { panels in
        for row in stride(from: 0, to: rows, by: strip) {
          var (firstPanel, firstFeature) = (0, 0)
          for matrix in matrices {
            let own = panels.clamped(to: firstPanel..<firstPanel + matrix.panelCount)
            if !own.isEmpty {
              integers.gemm(
                matrix, panelRange: own.lowerBound - firstPanel..<own.upperBound - firstPanel,
                rows: source + row * rowBytes, rowCount: min(strip, rows - row), digits: layer.digits,
                into: output + row * layer.outputs + firstFeature, yStride: layer.outputs, accumulate: accumulate)
            }
            firstPanel += matrix.panelCount
            firstFeature += matrix.outputs
          }
        }
      }
    }
  }
}
