import Compression
import DataFiles
import Foundation
import TestSupport
import Testing

/// What is written is what is read, and an interrupted or refused write leaves what was there before.
@Suite struct LineFilesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func lines(_ name: String) throws -> [String] {
    var reader = try LineReader(path: folder.path(name))
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(reader.lineNumber == lines.count)
    return lines
  }

  private func write(_ lines: [String], to name: String) throws {
    var writer = try LineWriter(path: folder.path(name))
    for line in lines { try writer.write(Array(line.utf8)) }
    #expect(writer.count == lines.count)
    try writer.finish()
  }

  private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path("")) }

  @Test(arguments: ["plain.jsonl", "packed.jsonl.gz"])
  func readsBackWhatItWrote(name: String) throws {
    let long = String(repeating: "long ", count: 70_000)
    for wanted in [[], ["one"], ["", "two words", "", long, "ünï"]] {
      try write(wanted, to: name)
      #expect(try lines(name) == wanted)
      #expect(GzipReader.isGzip(try folder.read(name)) == name.hasSuffix(".gz"))
    }
    let first = try folder.read(name)
    try write(["", "two words", "", long, "ünï"], to: name)
    #expect(try folder.read(name) == first)
    #expect(try names() == [name], "nothing is left beside the file")
  }

  @Test func anUnfinishedFileLeavesTheOldOne() throws {
    try write(["old"], to: "file.jsonl")
    func abandon() throws {
      var writer = try LineWriter(path: folder.path("file.jsonl"))
      try writer.write(Array("new".utf8))
      #expect(try names().sorted() == ["file.jsonl", "file.jsonl.partial"])
    }
    try abandon()
    #expect(try lines("file.jsonl") == ["old"])
    #expect(try names() == ["file.jsonl"])
  }

  @Test func whatAKilledProcessLeftIsWrittenOver() throws {
    try folder.write(String(repeating: "left over\n", count: 100), to: "file.jsonl.partial")
    try write(["new"], to: "file.jsonl")
    #expect(try lines("file.jsonl") == ["new"])
    #expect(try names() == ["file.jsonl"])
  }

  @Test func refusesAFileThatAnotherIsWriting() throws {
    let path = folder.path("file.jsonl")
    let first = try LineWriter(path: path)
    let error = #expect(throws: DataFileError.inUse(path: path)) { try AtomicFile.write([1], to: path) }
    #expect(error?.description == "\(path): another process is writing it")
    try first.finish()
    try AtomicFile.write([1], to: path)
    #expect(try folder.read("file.jsonl") == [1])
  }

  @Test func aFullDiskIsAnErrorThatNamesTheFile() throws {
    let error = #expect(throws: DataFileError.self) {
      var writer = try LineWriter(path: "/dev/full")
      try writer.write(Array("x".utf8))
      try writer.finish()
    }
    #expect(error?.description == "cannot write to /dev/full: No space left on device")
    var journal = try LineJournal(path: "/dev/full") { _, _ in }
    var failure: DataFileError?
    do throws(DataFileError) { try journal.append(Array("{}".utf8)) } catch { failure = error }
    #expect(failure == .system(action: "write to", path: "/dev/full", errno: 28) && journal.count == 0)
  }

  @Test func refusesWhatIsNoFileAndNamesIt() throws {
    #expect(throws: DataFileError.system(action: "write to", path: folder.path(""), errno: 21)) {
      try AtomicFile.write([], to: folder.path(""))
    }
    #expect(throws: DataFileError.self) { try AtomicFile.write([], to: folder.path("none/file")) }
    #expect(try names().isEmpty)
  }

  @Test func aLinkStaysAndItsFileIsReplacedWithItsPermissions() throws {
    try folder.write("old", to: "real.txt")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path("real.txt"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link.txt"), withDestinationPath: folder.path("real.txt"))
    try AtomicFile.write(Array("new".utf8), to: folder.path("link.txt"))
    #expect(try folder.read("real.txt") == Array("new".utf8))
    let manager = FileManager.default
    #expect(try manager.destinationOfSymbolicLink(atPath: folder.path("link.txt")) == folder.path("real.txt"))
    let mode = try manager.attributesOfItem(atPath: folder.path("real.txt"))[.posixPermissions] as? Int
    #expect(mode == 0o640)
  }

  @Test func aJournalCutAnywhereGoesOn() throws {
    let records = ["{\"n\":1}", "{\"n\":22}", "{\"n\":333}"]
    var whole: [UInt8] = []
    for record in records { whole += Array(record.utf8) + [0x0A] }
    for length in 0...whole.count {
      try folder.write(whole[..<length], to: "journal")
      var replayed: [String] = []
      var journal = try LineJournal(path: folder.path("journal")) { line, number in
        replayed.append(String(decoding: line, as: UTF8.self))
        #expect(number == replayed.count)
      }
      #expect(replayed == Array(records.prefix(whole[..<length].count { $0 == 0x0A })), "cut at \(length)")
      for record in records.dropFirst(journal.count) { try journal.append(Array(record.utf8)) }
      #expect(try folder.read("journal") == whole)
      #expect(journal.count == 3)
    }
  }

  @Test func aJournalIsOfOneProcessAndOfOursOnly() throws {
    let path = folder.path("journal")
    func hold() throws {
      let journal = try LineJournal(path: path) { _, _ in }
      #expect(throws: DataFileError.inUse(path: path)) { _ = try LineJournal(path: path) { _, _ in } }
      #expect(journal.count == 0)
    }
    try hold()
    try folder.write("{}\nshopping list", to: "journal")
    #expect(throws: DataFileError.notAJournal(path: path, line: 2)) { _ = try LineJournal(path: path) { _, _ in } }
    #expect(try folder.read("journal") == Array("{}\nshopping list".utf8))
    try folder.write(Array("{}\n".utf8) + [0, 0, 0], to: "journal")
    #expect(try LineJournal(path: path) { _, _ in }.count == 1)
    #expect(try folder.read("journal") == Array("{}\n".utf8))
  }

  @Test func namesADamagedOrTooWideFile() throws {
    let packed = Gzip.compress(Array("line\n".utf8))
    try folder.write(packed.dropLast(3), to: "cut.gz")
    #expect(throws: DataFileError.self) { try lines("cut.gz") }
    let path = try folder.write(String(repeating: "x", count: LineReader.lineBytesMax + 1), to: "wide")
    let error = DataFileError.lineTooLong(path: path, line: 1, bytesMax: LineReader.lineBytesMax)
    #expect(throws: error) { try lines("wide") }
  }
}
