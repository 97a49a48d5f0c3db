package import BoundedJSON

/// Why a vocabulary cannot be used. Every case names what is at fault in the file it came from.
package enum TokenizationError: Error, Sendable, Equatable {
  /// The document is not JSON, is beyond its bounds, or lacks a member of the right kind.
  case json(JSONError)
  /// A part of the tokenizer of a kind this module does not have, by the name the file gives it.
  case unsupported(part: String, name: String)
  /// More entries than `TokenizationLimits` allows.
  case tooMany(what: String, count: Int, max: Int)
  /// The vocabulary has no entries.
  case emptyVocabulary
  /// Two parallel lists differ in length.
  case countMismatch(what: String, count: Int, tokens: Int)
  /// A token type that the format does not know.
  case unknownTokenType(token: Int, type: Int32)
  /// A token with no spelling.
  case emptyToken(token: Int)
  /// A spelling longer than `TokenizationLimits.tokenBytesMax`.
  case tokenTooLong(token: Int, bytes: Int, max: Int)
  /// Two tokens are spelled alike.
  case duplicateSpelling(first: Int, second: Int)
  /// Two entries claim one id.
  case duplicateID(id: Int, spelling: String)
  /// An id below zero or beyond `TokenizationLimits.tokensMax`.
  case idOutOfRange(what: String, id: Int, max: Int)
  /// No entry has this id, though a higher one is taken.
  case vocabularyGap(id: Int)
  /// A merge that is not two spellings with one space between.
  case malformedMerge(index: Int)
  /// A merge whose left part, right part or result is not a token that text can produce.
  case mergeWithoutToken(index: Int, spelling: String)
  /// Bytes that every text needs have no token, so this is no byte-level vocabulary.
  case missingBytes([UInt8])
}

extension TokenizationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .json(let error): "tokenizer JSON\(error.pointer.isEmpty ? "" : " at \(error.pointer)"): \(error)"
    case .unsupported(let part, let name): "\(part) \"\(Self.escaped(name))\" is not supported"
    case .tooMany(let what, let count, let max): "\(count) \(what), more than \(max)"
    case .emptyVocabulary: "the vocabulary is empty"
    case .countMismatch(let what, let count, let tokens): "\(count) \(what) for \(tokens) tokens"
    case .unknownTokenType(let token, let type): "token \(token) has the unknown type \(type)"
    case .emptyToken(let token): "token \(token) has an empty spelling"
    case .tokenTooLong(let token, let bytes, let max): "token \(token) is \(bytes) bytes long, more than \(max)"
    case .duplicateSpelling(let first, let second): "tokens \(first) and \(second) are spelled alike"
    case .duplicateID(let id, let spelling): "id \(id) is taken twice, again by \"\(Self.escaped(spelling))\""
    case .idOutOfRange(let what, let id, let max): "\(what) has id \(id), outside 0...\(max)"
    case .vocabularyGap(let id): "no token has id \(id)"
    case .malformedMerge(let index): "merge \(index) is not two spellings"
    case .mergeWithoutToken(let index, let spelling):
      "merge \(index) names \"\(Self.escaped(spelling))\", which is no ordinary token"
    case .missingBytes(let bytes): "no token for \(bytes.count) bytes that every text needs"
    }
  }

  /// A peer's text, cut to 80 scalars, with everything but printable ASCII escaped.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.prefix(80).map { $0.escaped(asASCII: true) }.joined()
  }
}
