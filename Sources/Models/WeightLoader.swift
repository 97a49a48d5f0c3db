import Kernels
import ModelFiles
import Synchronization
import Tensors

/// Fills packed matrices and vectors from a checkpoint.
struct WeightLoader {
  let checkpoint: ModelCheckpoint
  let parallel: ParallelFor

  /// One matrix of the rows of several tensors, one below the other.
  func matrix(_ names: [String]) throws(ModelFileError) -> PackedMatrix {
    let records = try self.records(names)
    let inputs = records[0].shape.dimensions[1]
    let matrix = PackedMatrix(outputs: records.reduce(0) { $0 + $1.shape.dimensions[0] }, inputs: inputs)
    let failure = Mutex<ModelFileError?>(nil)
    parallel.ranges(of: matrix.panelCount, grain: 1, slack: 4) { panels in
      let rows = FloatBuffer(count: KernelSet.panelColumns * inputs)
      defer { withExtendedLifetime(rows) {} }
      for panel in panels {
        let first = panel * KernelSet.panelColumns
        let count = min(KernelSet.panelColumns, matrix.outputs - first)
        do throws(ModelFileError) {
          try read(records, rows: first..<first + count, into: rows)
          guard matrix.setPanel(first: first, count: count, rows: rows.pointer) else {
            throw notFinite(records, row: first)
          }
        } catch {
          failure.withLock { $0 = error }
          return
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return matrix
  }

  /// One vector of the elements of several tensors, one after the other.
  func vector(_ names: [String]) throws(ModelFileError) -> FloatBuffer {
    let records = try self.records(names)
    let vector = FloatBuffer(count: records.reduce(0) { $0 + $1.shape.elementCount })
    var offset = 0
    for record in records {
      let count = record.shape.elementCount
      try checkpoint.readRows(
        record, rows: 0..<1, into: UnsafeMutableBufferPointer(rebasing: vector.values[offset..<offset + count]))
      if !vector.values[offset..<offset + count].allSatisfy(\.isFinite) { throw notFinite([record], row: 0) }
      offset += count
    }
    return vector
  }

  private func notFinite(_ records: [TensorRecord], row: Int) -> ModelFileError {
    var first = 0
    var found = records[0]
    for record in records where first <= row {
      found = record
      first += record.shape.dimensions[0]
    }
    return .invalidTensor(
      file: checkpoint.paths[found.fileIndex], tensor: found.storedName, reason: "has weights that are not finite")
  }

  private func records(_ names: [String]) throws(ModelFileError) -> [TensorRecord] {
    var records: [TensorRecord] = []
    for name in names { records.append(try checkpoint.record(name)) }
    return records
  }

  /// Reads a range of the rows of all `records` together.
  private func read(
    _ records: [TensorRecord], rows: Range<Int>, into buffer: FloatBuffer
  ) throws(ModelFileError) {
    var first = 0
    for record in records {
      let own = first..<first + record.shape.dimensions[0]
      let wanted = own.clamped(to: rows)
      if !wanted.isEmpty {
        let inputs = record.shape.dimensions[1]
        let target = (wanted.lowerBound - rows.lowerBound) * inputs
        try checkpoint.readRows(
          record, rows: wanted.lowerBound - first..<wanted.upperBound - first,
          into: UnsafeMutableBufferPointer(rebasing: buffer.values[target..<target + wanted.count * inputs]))
      }
      first = own.upperBound
    }
  }
}
