import Kernels
import ModelFiles
import Synchronization
import Tensors

/// Fills packed matrices and vectors from a checkpoint, with an adapter merged into them where there is one.
struct WeightLoader {
  let checkpoint: ModelCheckpoint
  let parallel: ParallelFor
  let updates: LowRankUpdates?

  /// One layer of the rows of several tensors, one below the other.
  ///
  /// - Parameter digits: of the layer's activations; 0 makes a float32 layer.
  func layer(_ names: [String], digits: Int) throws(ModelFileError) -> LinearLayer {
    let records = try self.records(names)
    if digits == 0 { return LinearLayer(try floatMatrix(records)) }
    return LinearLayer(try quantisedMatrices(records), digits: digits)
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

  private func floatMatrix(_ records: [TensorRecord]) throws(ModelFileError) -> PackedMatrix {
    let inputs = records[0].shape.dimensions[1]
    let matrix = PackedMatrix(outputs: records.reduce(0) { $0 + $1.shape.dimensions[0] }, inputs: inputs)
    try forEachPanel(features: matrix.outputs) { (features: Range<Int>) throws(ModelFileError) in
      let rows = FloatBuffer(count: features.count * inputs)
      defer { withExtendedLifetime(rows) {} }
      try forEachTensor(records, rows: features) { (record, range, offset) throws(ModelFileError) in
        try read(record, rows: range, into: rows.values, at: offset * inputs)
      }
      guard matrix.setPanel(first: features.lowerBound, count: features.count, rows: rows.pointer) else {
        throw notFinite(records, row: features.lowerBound)
      }
    }
    return matrix
  }

  /// The format that a tensor's weights are packed to: as they are stored, or in 8 bits where an adapter changes them.
  private func format(_ record: TensorRecord) -> QuantisedFormat {
    updates?.changes(record.name) == true ? .u8 : record.quantisedFormat
  }

  /// A matrix for each run of tensors that share a format.
  private func quantisedMatrices(_ records: [TensorRecord]) throws(ModelFileError) -> [QuantisedMatrix] {
    var matrices: [QuantisedMatrix] = []
    var start = 0
    while start < records.count {
      let format = format(records[start])
      let end = records[start...].firstIndex { self.format($0) != format } ?? records.count
      matrices.append(try quantisedMatrix(Array(records[start..<end]), format: format))
      start = end
    }
    return matrices
  }

  private func quantisedMatrix(
    _ records: [TensorRecord], format: QuantisedFormat
  ) throws(ModelFileError) -> QuantisedMatrix {
    let inputs = records[0].shape.dimensions[1]
    let matrix = QuantisedMatrix(
      outputs: records.reduce(0) { $0 + $1.shape.dimensions[0] }, inputs: inputs, format: format)
    try forEachPanel(features: matrix.outputs) { (features: Range<Int>) throws(ModelFileError) in
      let floats = FloatBuffer(count: features.count * inputs)
      defer { withExtendedLifetime(floats) {} }
      try forEachTensor(records, rows: features) { (record, range, offset) throws(ModelFileError) in
        let source = updates?.changes(record.name) == true ? nil : record.storedQuantisation
        if source == nil { try read(record, rows: range, into: floats.values, at: 0) }
        for (index, row) in range.enumerated() {
          let feature = features.lowerBound + offset + index
          let isFinite =
            if let source {
              checkpoint.withStoredRow(record, row: row) { matrix.setFeature(feature, stored: $0, as: source) }
            } else {
              matrix.setFeature(feature, floats: floats.pointer + index * inputs)
            }
          if !isFinite { throw notFinite([record], row: 0) }
        }
      }
    }
    return matrix
  }

  /// Calls `body` for the features of each panel of 32, several panels at a time; throws the first failure met.
  private func forEachPanel(
    features count: Int, _ body: @Sendable (Range<Int>) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    let width = KernelSet.panelColumns
    let failure = Mutex<ModelFileError?>(nil)
    parallel.ranges(of: (count + width - 1) / width, grain: 1, slack: 4) { panels in
      for panel in panels {
        do throws(ModelFileError) {
          try body(panel * width..<min(count, (panel + 1) * width))
        } catch {
          failure.withLock { $0 = error }
          return
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// The tensor that holds a row of all `records` together, and the row within it.
  private func locate(_ row: Int, in records: [TensorRecord]) -> (record: TensorRecord, row: Int) {
    var row = row
    for record in records {
      if row < record.shape.dimensions[0] { return (record, row) }
      row -= record.shape.dimensions[0]
    }
    preconditionFailure("a row outside the tensors")
  }

  private func notFinite(_ records: [TensorRecord], row: Int) -> ModelFileError {
    let record = locate(row, in: records).record
    return .invalidTensor(
      file: checkpoint.paths[record.fileIndex], tensor: record.storedName, reason: "has weights that are not finite")
  }

  private func records(_ names: [String]) throws(ModelFileError) -> [TensorRecord] {
    var records: [TensorRecord] = []
    for name in names { records.append(try checkpoint.record(name)) }
    return records
  }

  /// Calls `body` for each tensor that has some of a range of the rows of all `records` together: with the tensor, its
  /// own rows, and how far into the range they begin.
  private func forEachTensor(
    _ records: [TensorRecord], rows: Range<Int>,
    _ body: (TensorRecord, Range<Int>, Int) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    var first = 0
    for record in records {
      let own = first..<first + record.shape.dimensions[0]
      let wanted = own.clamped(to: rows)
      if !wanted.isEmpty {
        try body(record, wanted.lowerBound - first..<wanted.upperBound - first, wanted.lowerBound - rows.lowerBound)
      }
      first = own.upperBound
    }
  }

  /// Reads rows of one tensor, with what an adapter adds to them.
  private func read(
    _ record: TensorRecord, rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>, at offset: Int
  ) throws(ModelFileError) {
    let target = UnsafeMutableBufferPointer(
      rebasing: buffer[offset..<offset + rows.count * record.shape.dimensions[1]])
    try checkpoint.readRows(record, rows: rows, into: target)
    if let address = target.baseAddress { updates?.add(to: address, rows: rows, of: record.name) }
  }
}
