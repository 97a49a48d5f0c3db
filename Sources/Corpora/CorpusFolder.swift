import BoundedJSON
import DataFiles
import FoundationEssentials
private import Glibc

/// Reads a tree of text files: `author/name.txt`, or `author/genre/name.txt`, each also as `.txt.gz`.
///
/// Names are read in sorted order, so the same tree is the same corpus on every machine. `doc_id` is the name without
/// its ending, after the genre's folder where there is one. What is not named `.txt` is not the corpus's, and neither
/// is what begins with a dot. A symbolic link is followed as long as it stays in the tree.
struct CorpusFolder {
  let path: String
  let limits: CorpusLimits

  /// - Throws: `misplaced` for a text beside the authors' folders or too deep, `leadsOut`, `invalidUTF8`, `tooLarge`,
  ///   `emptyText`, `sameDocument`, `tooMany`, `empty`.
  func read() throws(CorpusError) -> [CorpusText] {
    guard let root = Self.realPath(path) else { throw .file(.system(action: "open", path: path, errno: errno)) }
    var reading = Reading(root: root, limits: limits)
    for author in try Self.names(in: path) {
      let folder = path + "/" + author
      guard try reading.isFolder(folder) else {
        if Self.documentName(author) != nil { throw .misplaced(path: folder) }
        continue
      }
      for name in try Self.names(in: folder) {
        let inner = folder + "/" + name
        if try reading.isFolder(inner) {
          try readGenre(folder: inner, author: author, genre: name, into: &reading)
        } else if let document = Self.documentName(name) {
          try reading.add(path: inner, author: author, genre: nil, documentID: document)
        }
      }
    }
    if reading.texts.isEmpty { throw .empty(path: path, noun: "author/*.txt") }
    return reading.texts
  }

  private func readGenre(
    folder: String, author: String, genre: String, into reading: inout Reading
  ) throws(CorpusError) {
    for name in try Self.names(in: folder) {
      let file = folder + "/" + name
      if try reading.isFolder(file) {
        if try Self.names(in: file).contains(where: { Self.documentName($0) != nil }) { throw .misplaced(path: file) }
      } else if let document = Self.documentName(name) {
        try reading.add(path: file, author: author, genre: genre, documentID: genre + "/" + document)
      }
    }
  }

  /// The name of a text without its ending; nil for other files.
  private static func documentName(_ name: String) -> String? {
    for ending in [".txt", ".txt.gz"] where name.hasSuffix(ending) && name.utf8.count > ending.utf8.count {
      return String(name.dropLast(ending.count))
    }
    return nil
  }

  private static func names(in folder: String) throws(CorpusError) -> [String] {
    do {
      // Sorted by bytes, which no locale changes.
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw .file(.system(action: "read", path: folder, errno: EACCES))
    }
  }

  fileprivate static func realPath(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    // SAFETY: `realpath` gave a C string of its own, freed only after it was copied.
    return String(cString: pointer)
  }
}

/// The texts read so far, and the bounds on them.
private struct Reading {
  let root: String
  let limits: CorpusLimits
  private(set) var texts: [CorpusText] = []
  private var bytes = 0
  private var keys: Set<CorpusText.Key> = []

  init(root: String, limits: CorpusLimits) {
    self.root = root
    self.limits = limits
  }

  /// Whether a path in the tree names a folder.
  func isFolder(_ path: String) throws(CorpusError) -> Bool {
    guard let real = CorpusFolder.realPath(path) else {
      throw .file(.system(action: "open", path: path, errno: errno))
    }
    guard real.hasPrefix(root == "/" ? root : root + "/") else { throw .leadsOut(path: path) }
    var status = stat()
    return stat(real, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  mutating func add(path: String, author: String, genre: String?, documentID: String) throws(CorpusError) {
    if texts.count == limits.textsMax { throw .tooMany(path: root, noun: CorpusText.noun, max: limits.textsMax) }
    let text = CorpusText(author: author, documentID: documentID, genre: genre, text: try content(of: path))
    if text.fault != nil { throw .emptyText(path: path) }
    guard keys.insert(text.key).inserted else { throw .sameDocument(path: path) }
    bytes += text.text.utf8.count
    if bytes > limits.corpusBytesMax { throw .tooLarge(path: root, bytesMax: limits.corpusBytesMax) }
    texts.append(text)
  }

  /// A file's text: without a byte order mark, lines ended by a line feed alone, none at the end.
  private func content(of path: String) throws(CorpusError) -> String {
    var document: [UInt8] = []
    do throws(DataFileError) {
      var lines = try LineReader(path: path)
      while document.count <= limits.textBytesMax, let line = try lines.next() {
        document += line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
        document.append(UInt8(ascii: "\n"))
      }
    } catch {
      throw .file(error)
    }
    while document.last == UInt8(ascii: "\n") { document.removeLast() }
    if document.count > limits.textBytesMax { throw .tooLarge(path: path, bytesMax: limits.textBytesMax) }
    if let offset = JSONReader.firstInvalidUTF8(document) { throw .invalidUTF8(path: path, offset: offset) }
    let isMarked = document.starts(with: [0xEF, 0xBB, 0xBF])
    return String(decoding: isMarked ? document.dropFirst(3) : document[...], as: UTF8.self)
  }
}
