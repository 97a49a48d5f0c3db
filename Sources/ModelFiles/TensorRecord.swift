package import Tensors

/// Where one tensor lies, and how it is stored. Sound once a checkpoint is open: the bytes are inside the file, and
/// exactly as many as shape and type ask for.
package struct TensorRecord: Sendable, Equatable {
  /// The order of the stored rows.
  package enum RowOrder: Sendable, Equatable {
    /// As in Hugging Face files.
    case plain
    /// GGUF's order for query and key projections of `llama` models: within each head, the two halves that rotary
    /// embedding pairs up are interleaved. `readRows` undoes it.
    case interleavedRotary(headDim: Int)
  }

  /// The canonical, Hugging Face name: "model.layers.0.self_attn.q_proj.weight".
  package let name: String
  /// The name in the file: "blk.0.attn_q.weight".
  package let storedName: String
  /// Outermost dimension first.
  package let shape: TensorShape
  package let elementType: ElementType
  /// The tensor's bytes, in the file.
  package let byteRange: Range<Int>
  /// Which of `ModelCheckpoint.paths`.
  package let fileIndex: Int
  package let rowOrder: RowOrder

  /// Bytes of one row.
  package var rowBytes: Int { byteRange.count / shape.rowCount }

  /// Where a row (of a matrix), or an element (of a vector), is stored.
  ///
  /// GGUF's converter splits each head's rows into two halves and interleaves them: Hugging Face row `half * d/2 + i`
  /// of a head is its stored row `2 * i + half`.
  package func storedIndex(_ index: Int) -> Int {
    guard case .interleavedRotary(let headDim) = rowOrder else { return index }
    let (head, inside) = index.quotientAndRemainder(dividingBy: headDim)
    let (half, pair) = inside.quotientAndRemainder(dividingBy: headDim / 2)
    return head * headDim + 2 * pair + half
  }
}
