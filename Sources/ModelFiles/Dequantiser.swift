package import Tensors

/// Turns stored weights into Float32, one row at a time.
///
/// Each formula is evaluated in Float32 in the order ggml's reference does it, without fused multiply-add, so results
/// are equal to the bit. `x` is an element, `q` its small integer, `d` and `m` the block's scale and minimum.
package enum Dequantiser {
  /// The values of whole blocks; nil where the bytes are no whole number of them.
  package static func values(_ type: ElementType, _ bytes: [UInt8]) -> [Float]? {
    let (blocks, rest) = bytes.count.quotientAndRemainder(dividingBy: type.blockBytes)
    if rest != 0 { return nil }
    return [Float](unsafeUninitializedCapacity: blocks * type.blockElements) { buffer, count in
      // SAFETY: the source has `blocks` whole blocks, and the buffer was made for their elements.
      bytes.withUnsafeBytes { source in
        guard let source = source.baseAddress, let target = buffer.baseAddress else { return }
        decode(type, source, blocks: blocks, into: target)
      }
      count = blocks * type.blockElements
    }
  }

  /// Writes rows of a tensor, in canonical order.
  ///
  /// - Precondition: the tensor has the rows, and the buffer room for them.
  static func read(
    _ record: TensorRecord, rows: Range<Int>, from file: MappedFile, into buffer: UnsafeMutableBufferPointer<Float>
  ) {
    let length = record.shape.rowLength
    precondition(rows.lowerBound >= 0 && rows.upperBound <= record.shape.rowCount)
    precondition(buffer.count >= rows.count * length)
    guard let target = buffer.baseAddress else { return }
    file.withBytes(record.byteRange) { bytes in
      guard let source = bytes.baseAddress else { return }
      let isVector = record.shape.dimensions.count < 2
      let blocks = length / record.elementType.blockElements
      // SAFETY: `storedIndex` permutes rows within the tensor, whose bytes are exactly rows * rowBytes; the target has
      // room for every row (checked above).
      for (index, row) in rows.enumerated() {
        let stored = isVector ? row : record.storedIndex(row)
        decode(record.elementType, source + stored * record.rowBytes, blocks: blocks, into: target + index * length)
      }
      if isVector && record.rowOrder != .plain { reorder(target, count: length, record) }
    }
  }

  /// Writes rows of a tensor into an array that has room for exactly them.
  static func read(_ record: TensorRecord, rows: Range<Int>, from file: MappedFile, into array: inout [Float]) {
    // SAFETY: the buffer is used within the call only; its size is checked there.
    array.withUnsafeMutableBufferPointer { read(record, rows: rows, from: file, into: $0) }
  }

  /// Puts the elements of a bias into the order of the rows of its matrix.
  private static func reorder(_ values: UnsafeMutablePointer<Float>, count: Int, _ record: TensorRecord) {
    // SAFETY: `values` has `count` elements, and `storedIndex` permutes their indices.
    let stored = Array(UnsafeBufferPointer(start: values, count: count))
    for index in 0..<count { values[index] = stored[record.storedIndex(index)] }
  }

  /// Decodes blocks that follow one another.
  ///
  /// - Parameters:
  ///   - source: `blocks * type.blockBytes` bytes, at any alignment.
  ///   - target: room for `blocks * type.blockElements` elements.
  static func decode(
    _ type: ElementType, _ source: UnsafeRawPointer, blocks: Int, into target: UnsafeMutablePointer<Float>
  ) {
    // SAFETY: every step below advances both pointers by whole blocks, `blocks` times.
    if type == .f32 {
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: blocks * 4)
      return
    }
    let (bytes, elements) = (type.blockBytes, type.blockElements)
    let block: (UnsafeRawPointer, UnsafeMutablePointer<Float>) -> Void
    switch type {
    case .f32: return
    case .f16: return halves(source, count: blocks, into: target)
    case .bf16: return brainHalves(source, count: blocks, into: target)
    case .q8_0: block = q8_0
    case .q4_0: block = q4_0
    case .q4_1: block = q4_1
    case .q5_0: block = q5_0
    case .q5_1: block = q5_1
    case .q4_K: block = q4_K
    case .q5_K: block = q5_K
    case .q6_K: block = q6_K
    }
    for index in 0..<blocks { block(source + index * bytes, target + index * elements) }
  }

  /// An IEEE half as Float32, exactly: the exponent is moved into place and rebiased by a multiplication, which also
  /// normalises subnormals.
  @inline(__always)
  static func half(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    var magnitude = (Float(bitPattern: UInt32(bits & 0x7FFF) << 13) * 0x1p112).bitPattern
    if bits & 0x7C00 == 0x7C00 { magnitude |= 0x7F80_0000 }  // Infinity and NaN.
    return Float(bitPattern: sign | magnitude)
  }

  @inline(__always)
  static func half(_ source: UnsafeRawPointer, at offset: Int = 0) -> Float {
    // SAFETY: the caller's block has the two bytes.
    half(UInt16(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }

  private static func halves(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>) {
    // SAFETY: `source` has 2 * count bytes, `target` room for `count` elements.
    for index in 0..<count { target[index] = half(source, at: 2 * index) }
  }

  private static func brainHalves(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>) {
    // SAFETY: `source` has 2 * count bytes.
    for index in 0..<count {
      let bits = UInt16(littleEndian: source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
      target[index] = Float(bitPattern: UInt32(bits) << 16)
    }
  }
}
