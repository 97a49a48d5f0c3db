import Tensors

/// The weights of a layer as it keeps them, for products that unpack them a block at a time.
struct StoredWeights: Sendable {
  /// One matrix of the layer.
  enum Matrix: Sendable {
    case quantised(QuantisedMatrix)
    case float(PackedMatrix)
  }

  /// A matrix and the place of its features among the layer's.
  struct Section: Sendable {
    let matrix: Matrix
    let firstFeature: Int
    let features: Int
    let inputs: Int
    /// Groups of 32 features, and of 32 inputs; the last ones may be short.
    let panelCount: Int
    let blockCount: Int
  }

  /// Features of a panel, and inputs of a block.
  static let width = 32

  let layer: LinearLayer
  let precision: ProductPrecision
  let kernels: BrainFloatKernels
  private let integers: IntegerKernels
  let sections: [Section]

  init(_ layer: LinearLayer, precision: ProductPrecision, kernels: BrainFloatKernels, integers: IntegerKernels) {
    self.layer = layer
    self.precision = precision
    self.kernels = kernels
    self.integers = integers
    let matrices: [(Matrix, Int)] =
      switch layer.storage {
      case .float(let matrix): [(.float(matrix), matrix.outputs)]
      case .quantised(let matrices): matrices.map { (.quantised($0), $0.outputs) }
      }
    var sections: [Section] = []
    var first = 0
    for (matrix, features) in matrices {
      sections.append(
        Section(
          matrix: matrix, firstFeature: first, features: features, inputs: layer.inputs,
          panelCount: (features + Self.width - 1) / Self.width,
          blockCount: (layer.inputs + Self.width - 1) / Self.width))
      first += features
    }
    self.sections = sections
  }

  /// Unpacks the weights of 32 features and 32 inputs: input k of feature c goes to `weights[k * stride + c]`. What the
  /// last panel and the last block lack is padding.
  func unpack(
    _ section: Section, panel: Int, block: Int, into weights: UnsafeMutablePointer<Float>, stride: Int
  ) {
    switch section.matrix {
    case .quantised(let matrix): integers.unpack(matrix, panel: panel, block: block, into: weights, stride: stride)
    case .float(let matrix):
      // SAFETY: reads inputs of one panel, which is inside the matrix.
      let first = block * Self.width
      let source = matrix.panels.pointer + (panel * section.inputs + first) * Self.width
      for k in 0..<min(Self.width, section.inputs - first) {
        (weights + k * stride).update(from: source + k * Self.width, count: Self.width)
      }
    }
  }
}

/// Products with weights that are unpacked as they are used.
///
/// A part unpacks weights into working memory of its own, then multiplies all rows by them: what unpacking costs is
/// shared by the rows, a few operations a weight against two a weight and row. The cut follows from the shape alone.
extension DenseProducts {
  /// Panels or blocks whose products are a part.
  private static let groupGood = 8
  /// Panels or blocks that are summed over at a time: with a group's, half a MiB of float32.
  private static let innerGroup = 16

  /// y = x W^T, or y += x W^T; `x` [rows, inputs], `y` [rows, outputs].
  func multiply(
    _ x: UnsafePointer<Float>, _ weights: StoredWeights, rows: Int, into y: UnsafeMutablePointer<Float>,
    accumulate: Bool
  ) {
    if rows == 0 { return }
    for section in weights.sections {
      switch weights.precision {
      case .float32: multiplyWide(x, weights, section, rows: rows, into: y, accumulate: accumulate)
      case .bfloat16: multiplyRounded(x, weights, section, rows: rows, into: y, accumulate: accumulate)
      }
    }
  }

  /// dx = dy W, or dx += dy W; `dy` [rows, outputs], `dx` [rows, inputs].
  func multiplyBack(
    _ dy: UnsafePointer<Float>, _ weights: StoredWeights, rows: Int, into dx: UnsafeMutablePointer<Float>,
    accumulate: Bool
  ) {
    if rows == 0 { return }
    for section in weights.sections {
      let adds = accumulate || section.firstFeature > 0
      switch weights.precision {
      case .float32: multiplyBackWide(dy, weights, section, rows: rows, into: dx, accumulate: adds)
      case .bfloat16: multiplyBackRounded(dy, weights, section, rows: rows, into: dx, accumulate: adds)
      }
    }
  }

  private func multiplyWide(
    _ x: UnsafePointer<Float>, _ weights: StoredWeights, _ section: StoredWeights.Section, rows: Int,
    into y: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    let (width, inputs, outputs) = (StoredWeights.width, section.inputs, weights.layer.outputs)
    let groups = groups(of: section.panelCount, good: Self.groupGood)
    // SAFETY: parts write disjoint columns of `y`, which outlives the call; the rest is only read.
    nonisolated(unsafe) let (input, output) = (x, y + section.firstFeature)
    parallel(parts: groups.count) { part in
      let panels = groups[part]
      let stride = panels.count * width
      scratch.withScratch(floats: Self.innerGroup * width * stride) { strip in
        for first in Swift.stride(from: 0, to: section.blockCount, by: Self.innerGroup) {
          let blocks = first..<min(section.blockCount, first + Self.innerGroup)
          for panel in panels {
            for block in blocks {
              weights.unpack(
                section, panel: panel, block: block,
                into: strip + (block - first) * width * stride + (panel - panels.lowerBound) * width, stride: stride)
            }
          }
          blas.multiply(
            OpenBLAS.Factor(input + first * width, stride: inputs), OpenBLAS.Factor(strip, stride: stride),
            rows: rows, columns: min(section.features, panels.upperBound * width) - panels.lowerBound * width,
            inner: min(inputs, blocks.upperBound * width) - first * width,
            into: output + panels.lowerBound * width, yStride: outputs, accumulate: accumulate || first > 0)
        }
      }
    }
  }

  private func multiplyBackWide(
    _ dy: UnsafePointer<Float>, _ weights: StoredWeights, _ section: StoredWeights.Section, rows: Int,
    into dx: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    let (width, inputs, outputs) = (StoredWeights.width, section.inputs, weights.layer.outputs)
    let groups = groups(of: section.blockCount, good: Self.groupGood)
    // SAFETY: parts write disjoint columns of `dx`, which outlives the call; the rest is only read.
    nonisolated(unsafe) let (input, output) = (dy + section.firstFeature, dx)
    parallel(parts: groups.count) { part in
      let blocks = groups[part]
      let stride = Self.innerGroup * width
      scratch.withScratch(floats: blocks.count * width * stride) { strip in
        for first in Swift.stride(from: 0, to: section.panelCount, by: Self.innerGroup) {
          let panels = first..<min(section.panelCount, first + Self.innerGroup)
          for panel in panels {
            for block in blocks {
              weights.unpack(
                section, panel: panel, block: block,
                into: strip + (block - blocks.lowerBound) * width * stride + (panel - first) * width, stride: stride)
            }
          }
          blas.multiply(
            OpenBLAS.Factor(input + first * width, stride: outputs),
            OpenBLAS.Factor(strip, stride: stride, isTransposed: true), rows: rows,
            columns: min(inputs, blocks.upperBound * width) - blocks.lowerBound * width,
            inner: min(section.features, panels.upperBound * width) - first * width,
            into: output + blocks.lowerBound * width, yStride: inputs, accumulate: accumulate || first > 0)
        }
      }
    }
  }

  private func multiplyRounded(
    _ x: UnsafePointer<Float>, _ weights: StoredWeights, _ section: StoredWeights.Section, rows: Int,
    into y: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    let (width, inputs, kernels) = (StoredWeights.width, section.inputs, weights.kernels)
    withTiles(OpenBLAS.Factor(x, stride: inputs), rows: rows, inner: inputs, kernels: kernels) { tiles in
      multiplyPanels(
        tiles, columns: section.features, into: y + section.firstFeature, yStride: weights.layer.outputs,
        accumulate: accumulate
      ) { panel, block, packed in
        for first in stride(from: tiles.inner.lowerBound, to: tiles.inner.upperBound, by: width) {
          weights.unpack(section, panel: panel, block: first / width, into: block, stride: width)
          kernels.packInner(
            block, stride: width, rows: min(width, inputs - first), columns: width,
            into: packed + (first - tiles.inner.lowerBound) * width)
        }
      }
    }
  }

  private func multiplyBackRounded(
    _ dy: UnsafePointer<Float>, _ weights: StoredWeights, _ section: StoredWeights.Section, rows: Int,
    into dx: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    let (width, inputs, kernels) = (StoredWeights.width, section.inputs, weights.kernels)
    let gradients = OpenBLAS.Factor(dy + section.firstFeature, stride: weights.layer.outputs)
    withTiles(gradients, rows: rows, inner: section.features, kernels: kernels) { tiles in
      multiplyPanels(tiles, columns: inputs, into: dx, yStride: inputs, accumulate: accumulate) {
        block, memory, packed in
        for first in stride(from: tiles.inner.lowerBound, to: tiles.inner.upperBound, by: width) {
          weights.unpack(section, panel: first / width, block: block, into: memory, stride: width)
          kernels.packColumns(
            memory, stride: width, columns: min(width, inputs - block * width),
            inner: min(width, section.features - first), into: packed + (first - tiles.inner.lowerBound) * width)
        }
      }
    }
  }
}
