import DataFiles
import Foundation
import TestSupport
import Testing

@Suite struct SystemFolderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func makesWhatIsMissingAndKeepsWhatIsThere() throws {
    let path = folder.path("a/b/c")
    try SystemFolder.make(path)
    try folder.write("x", to: "a/b/c/file")
    try SystemFolder.make(path)
    #expect(SystemFolder.isFolder(path) && !SystemFolder.isFolder(path + "/file"))
    #expect(SystemFolder.fileBytes(path + "/file") == 1)
    #expect(SystemFolder.fileBytes(path) == nil && SystemFolder.fileBytes(path + "/other") == nil)
    try SystemFolder.synchronise(path)
  }

  @Test func aFileInTheWayIsNamed() throws {
    let file = try folder.write("x", to: "file")
    #expect(throws: DataFileError.system(action: "make", path: file, errno: ENOTDIR)) { try SystemFolder.make(file) }
    #expect(throws: DataFileError.system(action: "make", path: file, errno: ENOTDIR)) {
      try SystemFolder.make(file + "/inner")
    }
    #expect(throws: DataFileError.system(action: "list", path: file, errno: ENOTDIR)) {
      try SystemFolder.names(in: file)
    }
    #expect(throws: DataFileError.system(action: "open", path: file + "x", errno: ENOENT)) {
      try SystemFolder.synchronise(file + "x")
    }
  }

  @Test func listsNamesByTheirBytes() throws {
    for name in ["b", "a", ".hidden", "B", "ä", "a10", "a2"] { try folder.write("", to: name) }
    #expect(try SystemFolder.names(in: folder.url.path) == [".hidden", "B", "a", "a10", "a2", "b", "ä"])
  }

  @Test func removesATreeButFollowsNoLink() throws {
    try SystemFolder.make(folder.path("tree/inner"))
    try SystemFolder.make(folder.path("kept"))
    try folder.write("x", to: "tree/inner/file")
    try folder.write("x", to: "kept/file")
    let link = folder.path("tree/link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path("kept"))
    try SystemFolder.remove(folder.path("tree"))
    try SystemFolder.remove(folder.path("tree"))
    #expect(try SystemFolder.names(in: folder.url.path) == ["kept"])
    #expect(SystemFolder.fileBytes(folder.path("kept/file")) == 1)
  }

  @Test func movesOverAFile() throws {
    try folder.write("new", to: "new")
    try folder.write("old", to: "old")
    try SystemFolder.move(folder.path("new"), to: folder.path("old"))
    #expect(try folder.read("old") == Array("new".utf8))
    #expect(throws: DataFileError.system(action: "rename", path: folder.path("new"), errno: ENOENT)) {
      try SystemFolder.move(folder.path("new"), to: folder.path("other"))
    }
  }

  @Test func writesMemoryWithoutACopy() throws {
    let path = folder.path("file")
    let bytes: [UInt8] = Array(0...255)
    do {
      let file = try SystemFile(updating: path)
      try file.write(bytes.span.bytes.extracting(10..<20))
      try file.write(bytes.span.bytes.extracting(0..<0))
    }
    #expect(try folder.read("file") == Array(10...19))
  }
}
