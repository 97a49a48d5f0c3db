/// Checks a definition and builds the tables of a `Tokenizer` from it.
struct VocabularyBuilder {
  private(set) var spellings: SpellingTable
  private(set) var addedTokens = AddedTokenTable()
  private(set) var merges: MergeTable
  private(set) var byteTokens = [UInt32](repeating: Tokenizer.noToken, count: 256)
  private(set) var missingBytes: [UInt8] = []

  init(_ definition: TokenizerDefinition) throws(TokenizationError) {
    try TokenizerDefinition.check(tokens: definition.tokens.count, merges: definition.merges.count)
    if definition.kinds.count != definition.tokens.count {
      throw .countMismatch(what: "kinds", count: definition.kinds.count, tokens: definition.tokens.count)
    }
    spellings = SpellingTable(capacity: definition.tokens.count)
    merges = MergeTable(capacity: definition.merges.count)
    for (what, token) in [("the beginning token", definition.bosToken), ("the end token", definition.eosToken)] {
      if let token, !definition.tokens.indices.contains(Int(token)) {
        throw .idOutOfRange(what: what, id: Int(token), max: definition.tokens.count - 1)
      }
    }
    try enterTokens(definition)
    try findBytes()
    try enterMerges(definition)
  }

  private mutating func enterTokens(_ definition: TokenizerDefinition) throws(TokenizationError) {
    for (token, spelling) in definition.tokens.enumerated() {
      let length = spelling.utf8.count
      if length == 0 { throw .emptyToken(token: token) }
      if length > TokenizationLimits.tokenBytesMax {
        throw .tokenTooLong(token: token, bytes: length, max: TokenizationLimits.tokenBytesMax)
      }
      let kind = definition.kinds[token]
      // A normal token outside the byte alphabet stands for its literal text; no merge can reach it.
      guard kind == .normal, let bytes = ByteAlphabet.bytes(spelled: Substring(spelling)) else {
        spellings.append(spelling.utf8)
        if kind == .normal || kind == .unused { continue }
        if let first = addedTokens.insert(Array(spelling.utf8), token: Int32(token)) {
          throw .duplicateSpelling(first: Int(first), second: token)
        }
        continue
      }
      spellings.append(bytes)
      if let first = spellings.enter(token) { throw .duplicateSpelling(first: first, second: token) }
    }
  }

  /// The token of each byte. What every English text needs must be there; the rest may be missing (`missingBytes`).
  private mutating func findBytes() throws(TokenizationError) {
    for byte in UInt8.min...UInt8.max {
      if let token = spellings.find([byte]) {
        byteTokens[Int(byte)] = UInt32(token)
      } else {
        missingBytes.append(byte)
      }
    }
    let needed = missingBytes.filter { (0x20...0x7E).contains($0) || $0 == UInt8(ascii: "\n") }
    if !needed.isEmpty { throw .missingBytes(needed) }
  }

  private mutating func enterMerges(_ definition: TokenizerDefinition) throws(TokenizationError) {
    for (rank, line) in definition.merges.enumerated() {
      guard let space = line.utf8.firstIndex(of: 0x20), space > line.startIndex,
        line.utf8.index(after: space) < line.endIndex
      else { throw .malformedMerge(index: rank) }
      let left = line[..<space]
      let right = line[line.utf8.index(after: space)...]
      guard let leftBytes = ByteAlphabet.bytes(spelled: left), let leftToken = spellings.find(leftBytes) else {
        throw .mergeWithoutToken(index: rank, spelling: String(left))
      }
      guard let rightBytes = ByteAlphabet.bytes(spelled: right), let rightToken = spellings.find(rightBytes) else {
        throw .mergeWithoutToken(index: rank, spelling: String(right))
      }
      // Only normal tokens are entered, so no merge makes a control or added token.
      guard let result = spellings.find(leftBytes + rightBytes) else {
        throw .mergeWithoutToken(index: rank, spelling: String(left) + String(right))
      }
      merges.set(UInt32(leftToken), UInt32(rightToken), rank: rank, result: UInt32(result))
    }
  }
}
