/// Reads little-endian values from a range of a mapped file, front to back. Nothing is read before it was checked to be
/// there.
///
/// It holds the mapping, so it is safe to keep; every failure is `ModelFileError.truncated` or `.invalidText` with the
/// offset in the file.
struct ByteReader {
  let file: MappedFile
  /// Where the next value starts, in the file.
  private(set) var offset: Int
  /// Where the range ends, in the file.
  let end: Int

  /// - Precondition: `range` lies inside the file.
  init(_ file: MappedFile, range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.count)
    self.file = file
    offset = range.lowerBound
    end = range.upperBound
  }

  /// Bytes that are left.
  var remaining: Int { end - offset }

  /// Fails unless this many bytes are left. Takes what a file claims, so any value is fine.
  func require(_ bytes: UInt64) throws(ModelFileError) {
    if bytes > UInt64(remaining) {
      throw .truncated(file: file.path, offset: offset, needed: bytes, available: remaining)
    }
  }

  /// Passes over bytes.
  mutating func skip(_ bytes: UInt64) throws(ModelFileError) {
    try require(bytes)
    offset += Int(bytes)
  }

  /// The next integer, little-endian.
  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws(ModelFileError) -> T {
    let size = MemoryLayout<T>.size
    try require(UInt64(size))
    defer { offset += size }
    // SAFETY: the bytes are there (`require`), and an unaligned load of an integer is valid for every bit pattern.
    return file.withBytes(offset..<offset + size) { T(littleEndian: $0.loadUnaligned(as: T.self)) }
  }

  /// A count that is followed by that many things of at least `unitBytes` bytes each: refused where they cannot all
  /// be there, so that a count that lies never makes room for itself.
  mutating func count(_ what: String, max: Int, unitBytes: Int) throws(ModelFileError) -> Int {
    let value = try integer(UInt64.self)
    if value > UInt64(max) { throw .limitExceeded(file: file.path, what: what, value: value, max: max) }
    try require(value * UInt64(unitBytes))
    return Int(value)
  }

  /// A string: its length as UInt64, then UTF-8 without terminator.
  mutating func string(_ what: String, max: Int) throws(ModelFileError) -> String {
    let length = try count(what, max: max, unitBytes: 1)
    let start = offset
    offset += length
    guard let text = file.withBytes(start..<offset, { String(validating: $0, as: UTF8.self) }) else {
      throw .invalidText(file: file.path, offset: start)
    }
    return text
  }
}
