import Compression
private import Glibc

/// Reads a file line by line, decompressing gzip where it finds it, without holding more than one line and one piece.
package struct LineReader: ~Copyable {
  /// The longest line: 17 texts of a request's largest size would not fit one, and no real comparison comes near.
  package static let lineBytesMax = 16 << 20
  private static let pieceBytes = 256 << 10

  private let file: SystemFile
  private var gzip: GzipReader?
  private var isStarted = false
  private var isAtEnd = false
  private var buffer: [UInt8] = []
  private var start = 0
  /// Of the line last returned, from 1; 0 before the first.
  package private(set) var lineNumber = 0

  /// - Parameter path: `-` is standard input.
  package init(path: String) throws(DataFileError) { file = try SystemFile(reading: path) }

  /// As given, or "standard input".
  package var path: String { file.path }

  /// The next line, without its line break; nil after the last. A last line may lack its line break.
  ///
  /// - Throws: `system`, `compression` and `lineTooLong`.
  package mutating func next() throws(DataFileError) -> [UInt8]? {
    var searched = start
    while true {
      if let end = lineBreak(from: searched) {
        return try take(upTo: end, next: end + 1)
      }
      if isAtEnd { return start < buffer.count ? try take(upTo: buffer.count, next: buffer.count) : nil }
      if buffer.count - start > Self.lineBytesMax { throw tooLong() }
      if start > 0 {
        buffer.removeFirst(start)
        start = 0
      }
      searched = buffer.count
      try fill()
    }
  }

  private func lineBreak(from start: Int) -> Int? {
    // SAFETY: `memchr` looks at the bytes from `start` to the array's end, which is alive for the call.
    buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, start < bytes.count else { return nil }
      return memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start).map {
        $0 - UnsafeMutableRawPointer(mutating: base)
      }
    }
  }

  private mutating func take(upTo end: Int, next: Int) throws(DataFileError) -> [UInt8] {
    if end - start > Self.lineBytesMax { throw tooLong() }
    lineNumber += 1
    defer { start = next }
    return Array(buffer[start..<end])
  }

  private func tooLong() -> DataFileError {
    .lineTooLong(path: path, line: lineNumber + 1, bytesMax: Self.lineBytesMax)
  }

  private mutating func fill() throws(DataFileError) {
    var piece = try file.read(Self.pieceBytes)
    if !isStarted {
      // A pipe may give one byte at a time, and it takes two to know gzip.
      while piece.count == 1 {
        let more = try file.read(Self.pieceBytes)
        if more.isEmpty { break }
        piece += more
      }
      isStarted = true
      if GzipReader.isGzip(piece) { gzip = GzipReader(limits: .file) }
    }
    isAtEnd = piece.isEmpty
    if gzip == nil {
      buffer += piece
      return
    }
    do throws(CompressionError) {
      if isAtEnd { try gzip?.finish() } else { try gzip?.read(piece, into: &buffer) }
    } catch {
      throw .compression(path: path, error)
    }
  }
}
