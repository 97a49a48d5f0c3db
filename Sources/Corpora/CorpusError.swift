package import BoundedJSON
package import DataFiles

/// Why a file of texts, pairs, traces or splits cannot be used. Lines count from 1.
package enum CorpusError: Error, Sendable, Equatable {
  /// A file cannot be read or written.
  case file(DataFileError)
  /// A line is not JSON that is safe to read, or a field is missing or of another type; the pointer names it.
  case badJSON(path: String, line: Int, JSONError)
  /// A field has a value that it may not have. `field` is its name in the file.
  case badField(path: String, line: Int, field: String, detail: String)
  /// Two texts of one author have the same `doc_id`.
  case duplicateDocument(path: String, line: Int, author: String, documentID: String, firstLine: Int)
  /// More `noun` than `max`.
  case tooMany(path: String, noun: String, max: Int)
  /// There is no `noun` in the file or folder.
  case empty(path: String, noun: String)
  /// A file of a folder tree is not UTF-8 from this byte on.
  case invalidUTF8(path: String, offset: Int)
  /// A file of a folder tree is larger than `bytesMax` when decompressed, or a tree all in all.
  case tooLarge(path: String, bytesMax: Int)
  /// A file of a folder tree has no character but white space.
  case emptyText(path: String)
  /// Two files of a folder tree stand for the same text, plain and compressed.
  case sameDocument(path: String)
  /// A file stands where no text of a folder tree may: not in `author/` or `author/genre/`.
  case misplaced(path: String)
  /// A symbolic link in a folder tree leads out of it.
  case leadsOut(path: String)
  /// A record cannot be written as JSON.
  case notEncodable(path: String, reason: String)
  /// A file of splits is not one, or names an author twice; `field` is a JSON pointer.
  case badSplits(path: String, field: String, detail: String)
  /// Authors cannot be split as asked.
  case cannotSplit(reason: String)
}

extension CorpusError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .badJSON(let path, let line, let error):
      switch error {
      case .mismatch(let pointer, let reason):
        "\(path):\(line): \(pointer.isEmpty ? "the record" : String(pointer.dropFirst())) \(reason)"
      default: "\(path):\(line): \(error.pointer.isEmpty ? "" : error.pointer + " ")cannot be read as JSON: \(error)"
      }
    case .badField(let path, let line, let field, let detail): "\(path):\(line): \(field) \(detail)"
    case .duplicateDocument(let path, let line, let author, let documentID, let firstLine):
      "\(path):\(line): doc_id \(documentID.debugDescription) of \(author.debugDescription) is also on line "
        + "\(firstLine)"
    case .tooMany(let path, let noun, let max): "\(path): more than \(max) \(noun)"
    case .empty(let path, let noun): "\(path): no \(noun) in it"
    case .invalidUTF8(let path, let offset): "\(path): not UTF-8 at byte \(offset)"
    case .tooLarge(let path, let bytesMax): "\(path): more than \(bytesMax) bytes"
    case .emptyText(let path): "\(path): there is no text in it"
    case .sameDocument(let path): "\(path): the same text is there without .gz"
    case .misplaced(let path):
      "\(path): a text belongs into its author's folder, or a genre's folder in that"
    case .leadsOut(let path): "\(path): the link leads out of the corpus folder"
    case .notEncodable(let path, let reason): "\(path): a record cannot be written: \(reason)"
    case .badSplits(let path, let field, let detail): "\(path): \(field.isEmpty ? "the document" : field) \(detail)"
    case .cannotSplit(let reason): "cannot split the authors: \(reason)"
    }
  }
}

extension CorpusError {
  /// Runs what works on a file, its errors those of this module.
  static func wrapping<Value: ~Copyable>(_ work: () throws(DataFileError) -> Value) throws(CorpusError) -> Value {
    do throws(DataFileError) { return try work() } catch { throw .file(error) }
  }
}
