import Compression

/// Writes a file of lines, compressed where its name ends in `.gz`; it takes its place when it is finished.
///
/// Until `finish` returns, the file of that name is the old one or none: a full disk, an error or a crash leaves it as
/// it was. The same lines always give the same bytes.
package struct LineWriter: ~Copyable {
  /// Bytes gathered before a system call.
  private static let pieceBytes = 256 << 10

  package let path: String
  private var file: ReplacementFile
  private var gzip: GzipWriter?
  private var buffer: [UInt8] = []
  /// Lines written so far.
  package private(set) var count = 0

  /// - Throws: `system`, and `inUse` where another process is writing the same file.
  package init(path: String) throws(DataFileError) {
    self.path = path
    file = try ReplacementFile(replacing: path)
    if path.hasSuffix(".gz") { gzip = GzipWriter() }
  }

  /// Adds a line and its line break.
  ///
  /// - Precondition: the line has no line break in it.
  package mutating func write(_ line: [UInt8]) throws(DataFileError) {
    precondition(!line.contains(UInt8(ascii: "\n")), "a line is one line")
    buffer += line
    buffer.append(UInt8(ascii: "\n"))
    count += 1
    if buffer.count >= Self.pieceBytes { try flush() }
  }

  /// Writes the rest, waits for the disk, and puts the file into its place.
  package consuming func finish() throws(DataFileError) {
    try flush()
    if let writer = gzip.take() {
      var rest: [UInt8] = []
      writer.finish(into: &rest)
      try file.write(rest)
    }
    try file.commit()
  }

  private mutating func flush() throws(DataFileError) {
    if gzip != nil {
      var compressed: [UInt8] = []
      gzip?.write(buffer, into: &compressed)
      try file.write(compressed)
    } else {
      try file.write(buffer)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
