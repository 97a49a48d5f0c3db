import Tensors

/// Reading weights: rows in canonical order, as Float32 or as they are stored.
extension ModelCheckpoint {
  /// Writes rows of a tensor as Float32, row-major. A vector is one row.
  ///
  /// - Parameters:
  ///   - rows: in canonical order.
  ///   - buffer: at least `rows.count * shape.rowLength` elements; the rest is left as it is.
  /// - Throws: `ModelFileError.rowsOutOfRange` where the tensor or the buffer has fewer.
  /// - Complexity: O(elements); bound by memory once the pages are in.
  package func readRows(
    _ record: TensorRecord, rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(ModelFileError) {
    let available = min(record.shape.rowCount, rows.lowerBound + buffer.count / record.shape.rowLength)
    if rows.lowerBound < 0 || rows.upperBound > available {
      throw .rowsOutOfRange(tensor: record.name, rows: rows, available: available)
    }
    Dequantiser.read(record, rows: rows, from: files[record.fileIndex], into: buffer)
  }

  /// A whole tensor as Float32, row-major.
  package func readAll(_ record: TensorRecord) -> [Float] {
    [Float](unsafeUninitializedCapacity: record.shape.elementCount) { buffer, count in
      Dequantiser.read(record, rows: 0..<record.shape.rowCount, from: files[record.fileIndex], into: buffer)
      count = record.shape.elementCount
    }
  }

  /// Lends the stored bytes of one row of a matrix, for kernels that repack quantised weights themselves.
  ///
  /// - Parameters:
  ///   - row: in canonical order.
  ///   - body: gets `record.rowBytes` bytes at no particular alignment; must not keep the pointer.
  /// - Precondition: the tensor has the row, and is no vector in another order than its elements are stored.
  package func withStoredRow<Result, Failure: Error>(
    _ record: TensorRecord, row: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition((0..<record.shape.rowCount).contains(row), "row outside the tensor")
    precondition(record.shape.dimensions.count > 1 || record.rowOrder == .plain, "elements are stored in another order")
    let stored = record.shape.dimensions.count > 1 ? record.storedIndex(row) : row
    let start = record.byteRange.lowerBound + stored * record.rowBytes
    return try files[record.fileIndex].withBytes(start..<start + record.rowBytes, body)
  }

  /// Tells the kernel that a tensor is about to be read, or no longer needed.
  package func advise(_ advice: MappedFile.Advice, _ record: TensorRecord) {
    files[record.fileIndex].advise(advice, record.byteRange)
  }
}
