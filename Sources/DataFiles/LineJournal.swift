/// A file that records are appended to, each safe on the disk before the next: what a killed run had done, the next
/// one finds.
///
/// A record is a JSON object on a line of its own. A crash can leave half a record at the end; it is cut off when the
/// journal is opened again. The file is plain text, never gzip, whatever its name.
package struct LineJournal: ~Copyable {
  private let file: SystemFile
  private var completeBytes = 0
  /// Records in the file, those of earlier runs included.
  package private(set) var count = 0

  package var path: String { file.path }

  /// Opens a journal, made where it is missing, and gives out what is in it.
  ///
  /// - Parameter replay: called with each complete line, in order, and its number from 1.
  /// - Throws: `inUse` where another process has it open, `notAJournal` where it ends with text that no record starts
  ///   with (the file is then untouched), `lineTooLong`, `system`.
  package init(path: String, replay: ([UInt8], Int) -> Void) throws(DataFileError) {
    let file = try SystemFile(updating: path)
    guard file.lockExclusively() else { throw .inUse(path: path) }
    if file.isRegular { (count, completeBytes) = try Self.read(file, replay: replay) }
    self.file = file
  }

  /// Gives out the complete lines and cuts off half a line.
  private static func read(
    _ file: borrowing SystemFile, replay: ([UInt8], Int) -> Void
  ) throws(DataFileError) -> (count: Int, completeBytes: Int) {
    var (count, completeBytes) = (0, 0)
    var tail: [UInt8] = []
    while true {
      let piece = try file.read(1 << 20)
      if piece.isEmpty { break }
      var start = 0
      while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = tail + piece[start..<end]
        tail = []
        count += 1
        completeBytes += line.count + 1
        replay(line, count)
        start = end + 1
      }
      tail += piece[start...]
      if tail.count > LineReader.lineBytesMax {
        throw .lineTooLong(path: file.path, line: count + 1, bytesMax: LineReader.lineBytesMax)
      }
    }
    // After a power cut a file system may have the length of a record, but not yet its bytes.
    let isTorn = tail.first == UInt8(ascii: "{") || tail.allSatisfy { $0 == 0 }
    guard isTorn else { throw .notAJournal(path: file.path, line: count + 1) }
    try file.truncate(to: completeBytes)
    return (count, completeBytes)
  }

  /// Appends a record and waits until the disk has it.
  ///
  /// On an error the file ends where it did before, so that the journal can go on once there is room again.
  ///
  /// - Precondition: the line is a JSON object without a line break.
  package mutating func append(_ line: [UInt8]) throws(DataFileError) {
    precondition(line.first == UInt8(ascii: "{") && !line.contains(UInt8(ascii: "\n")), "a record is one object")
    do throws(DataFileError) {
      try file.write(line + [UInt8(ascii: "\n")])
      if file.isRegular { try file.synchronise() }
    } catch {
      // `try?`: the first error is the one to report, and opening the journal again cuts off what this could not.
      if file.isRegular { try? file.truncate(to: completeBytes) }
      throw error
    }
    completeBytes += line.count + 1
    count += 1
  }
}
