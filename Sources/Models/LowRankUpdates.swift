import Kernels
package import ModelFiles
import Tensors

/// An adapter laid out so that its products can be added to weights, a few rows at a time.
///
/// Theory of operation: for the rows of W that are in hand, scale * B A is one product of B's same rows (thin) with A,
/// whose panels hold `scale * A` as they are; the packed kernel adds it in place. So a merged weight is computed in
/// float32, from the same terms in the same order whichever rows are read together, on every machine.
package struct LowRankUpdates: Sendable {
  private struct Update: Sendable {
    /// scale * A, seen as [inputs, rank] and packed.
    let a: PackedMatrix
    /// [outputs, rank]
    let b: FloatBuffer
  }

  /// By the name of the tensor that changes.
  private let updates: [String: Update]

  /// - Complexity: O(values of A), and a copy of them; B is shared with the adapter.
  package init(_ adapter: LoRAAdapter) {
    let (rank, scale) = (adapter.configuration.rank, adapter.configuration.scale)
    var updates: [String: Update] = [:]
    for (module, pair) in adapter.matrices {
      let packed = PackedMatrix(outputs: pair.inputs, inputs: rank)
      let (source, panels, width) = (pair.a.pointer, packed.panels.pointer, KernelSet.panelColumns)
      // SAFETY: a panel has `rank` rows of 32, of which the last panel uses as many as there are inputs left; A has
      // `rank` rows of `inputs`.
      for first in stride(from: 0, to: pair.inputs, by: width) {
        for row in 0..<rank {
          let target = panels + first * rank + row * width
          for column in 0..<min(width, pair.inputs - first) {
            target[column] = scale * source[row * pair.inputs + first + column]
          }
        }
      }
      withExtendedLifetime((pair.a, packed)) {}
      updates[module + ".weight"] = Update(a: packed, b: pair.b)
    }
    self.updates = updates
  }

  /// The names of the tensors that change.
  package var tensorNames: Set<String> { Set(updates.keys) }

  /// Whether a tensor changes.
  package func changes(_ tensor: String) -> Bool { updates[tensor] != nil }

  /// Adds scale * B A to some rows of a tensor; does nothing where the tensor does not change.
  ///
  /// - Parameters:
  ///   - values: [range.count, inputs], row-major.
  ///   - range: which rows of the tensor these are.
  ///   - tensor: its canonical name.
  package func add(to values: UnsafeMutablePointer<Float>, rows range: Range<Int>, of tensor: String) {
    guard let update = updates[tensor], !range.isEmpty else { return }
    let rank = update.a.inputs
    precondition(range.lowerBound >= 0 && range.upperBound * rank <= update.b.count, "rows outside the tensor")
    defer { withExtendedLifetime(update) {} }
    KernelSet.best.gemm(
      update.b.pointer + range.lowerBound * rank, xStride: rank, rows: range.count, panels: update.a.panels.pointer,
      inner: rank, columns: update.a.outputs, panelRange: 0..<update.a.panelCount, into: values,
      yStride: update.a.outputs, accumulate: true)
  }
}
