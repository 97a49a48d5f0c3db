/// Text to token ids and back: byte-level byte pair encoding.
///
/// Theory of operation. Text is brought into Unicode form C where the vocabulary asks for it (`CanonicalComposition`),
/// cut into pieces by the vocabulary's pattern (`PreTokenizer`), and each piece's UTF-8 bytes become tokens by merging
/// neighbours in order of rank (`PairMerger`). Ids are those of Python `tokenizers` for every text.
///
/// User text is data. `encode(_:)` never yields a control or added token, however the text is spelled: such tokens are
/// kept out of the table of bytes, and a vocabulary whose merges could make one is refused. A template puts them in by
/// id (`specialToken(_:)`).
///
/// Bytes, not strings, are the currency: a token may hold part of a character. `decode` gives bytes;
/// `StreamingDecoder` turns them to text as they come.
///
/// A vocabulary may lack bytes (SmolLM2 has no token for six ASCII control characters and for the lead bytes of the
/// unassigned planes 4 to 11). The reference drops such bytes, and so does `encode`; `missingBytes` names them. For all
/// other text decoding gives back exactly what was encoded.
///
/// - Source: Sennrich et al. 2016 (arXiv:1508.07909) for the merges; Radford et al. 2019 (GPT-2) for bytes as symbols.
package final class Tokenizer: Sendable {
  /// How text is cut into pieces.
  package let preTokenizer: PreTokenizer
  /// Whether text is brought into form C before it is encoded, so that decoding gives form C back.
  package let normalizesNFC: Bool
  /// The id that begins a document.
  package let bosToken: Int32?
  /// The id that ends a document, by the vocabulary's own account.
  package let eosToken: Int32?
  /// The chat template that came with the vocabulary, as Jinja source.
  package let chatTemplate: String?
  /// Tokens after which a model has nothing more to say: `eosToken`, and the ends of a ChatML turn and of a document.
  package let endOfSequenceTokens: Set<Int32>
  /// Bytes without a token, ascending; `encode` drops them. Empty for most vocabularies.
  package let missingBytes: [UInt8]

  let kinds: [TokenizerDefinition.TokenKind]
  /// The bytes each token stands for; `find` knows normal tokens only.
  let spellings: SpellingTable
  /// Control and added tokens by their literal bytes.
  let addedTokens: AddedTokenTable
  let merges: MergeTable
  /// The token of each byte; `noToken` where there is none.
  let byteTokens: [UInt32]
  static let noToken: UInt32 = .max

  /// Checks that the parts of a definition fit one another, and builds the tables.
  ///
  /// - Throws: what is wrong, with the index of the token or merge (see `TokenizationError`).
  /// - Complexity: O(bytes of all spellings and merges).
  package init(_ definition: TokenizerDefinition) throws(TokenizationError) {
    let vocabulary = try VocabularyBuilder(definition)
    preTokenizer = definition.preTokenizer
    normalizesNFC = definition.normalizesNFC
    bosToken = definition.bosToken
    eosToken = definition.eosToken
    chatTemplate = definition.chatTemplate
    kinds = definition.kinds
    spellings = vocabulary.spellings
    addedTokens = vocabulary.addedTokens
    merges = vocabulary.merges
    byteTokens = vocabulary.byteTokens
    missingBytes = vocabulary.missingBytes
    var ends: Set<Int32> = []
    if let eosToken = definition.eosToken { ends.insert(eosToken) }
    for spelling in ["<|im_end|>", "<|endoftext|>"] {
      if let token = vocabulary.addedTokens.token(Array(spelling.utf8)) { ends.insert(token) }
    }
    endOfSequenceTokens = ends
  }

  /// Number of tokens; ids run from 0 to one less.
  package var vocabularySize: Int { kinds.count }

  /// The tokens of a text that somebody wrote: no control or added token is ever among them.
  ///
  /// - Complexity: O(n log n) at worst for n bytes, linear for text of bounded word length.
  package func encode(_ text: String) -> [Int32] { encode(text, addedTokens: false) }

  /// The tokens of a text.
  ///
  /// - Parameter addedTokens: whether spellings of control and added tokens become those tokens, found before
  ///   normalization, leftmost and longest first. Never for text of a user: it is what the reference does by default.
  package func encode(_ text: String, addedTokens: Bool) -> [Int32] {
    var encoding = Encoding(tokenizer: self)
    if !addedTokens {
      encoding.append(text)
      return encoding.tokens
    }
    let bytes = Array(text.utf8)
    var start = 0
    while let found = self.addedTokens.first(in: bytes, from: start) {
      encoding.append(String(decoding: bytes[start..<found.range.lowerBound], as: UTF8.self))
      encoding.tokens.append(found.token)
      start = found.range.upperBound
    }
    encoding.append(String(decoding: bytes[start...], as: UTF8.self))
    return encoding.tokens
  }

  /// The bytes a token stands for, which need not be whole characters; the literal spelling of a control or added
  /// token.
  ///
  /// An id outside the vocabulary (a model may have more output rows than its vocabulary has tokens) stands for
  /// nothing.
  package func bytes(of token: Int32) -> [UInt8] {
    guard kinds.indices.contains(Int(token)) else { return [] }
    return Array(spellings[Int(token)])
  }

  /// Whether a token is no text: a control token, an unused row, an id outside the vocabulary.
  package func isSpecial(_ token: Int32) -> Bool {
    guard kinds.indices.contains(Int(token)) else { return true }
    switch kinds[Int(token)] {
    case .normal, .userDefined: return false
    case .control, .unknown, .unused: return true
    }
  }

  /// The bytes of tokens one after another, without those of special tokens unless asked for.
  package func decode(_ tokens: some Sequence<Int32>, includingSpecial: Bool = false) -> [UInt8] {
    var result: [UInt8] = []
    for token in tokens where includingSpecial || !isSpecial(token) {
      if kinds.indices.contains(Int(token)) { result.append(contentsOf: spellings[Int(token)]) }
    }
    return result
  }

  /// The control or added token of this exact spelling, byte for byte.
  package func specialToken(_ spelling: String) -> Int32? { addedTokens.token(Array(spelling.utf8)) }

  /// Everything that ids or their meaning depend on, as bytes that are equal for equal tokenizers and no others.
  ///
  /// For hashing: format mark, pre-tokenizer, normalization, end and beginning, then each token's kind and bytes and
  /// each merge by rank; numbers are little-endian, 32 bits, and a length stands before whatever varies in length.
  package var fingerprintBytes: [UInt8] {
    var result = Array("persrm-tokenizer-1\n".utf8)
    func append(_ value: UInt32) { for shift in [0, 8, 16, 24] { result.append(UInt8(value >> shift & 0xFF)) } }
    func append(_ bytes: some Collection<UInt8>) {
      append(UInt32(bytes.count))
      result.append(contentsOf: bytes)
    }
    append(preTokenizer.rawValue.utf8)
    append(normalizesNFC ? 1 : 0)
    append(UInt32(bitPattern: bosToken ?? -1))
    append(UInt32(bitPattern: eosToken ?? -1))
    append(UInt32(kinds.count))
    for (token, kind) in kinds.enumerated() {
      append(UInt32(bitPattern: kind.rawValue))
      append(spellings[token])
    }
    for pair in merges.pairsByRank {
      append(pair.left)
      append(pair.right)
    }
    return result
  }
}

/// One call of `encode`: the tokens so far and the scratch space.
private struct Encoding {
  let tokenizer: Tokenizer
  var tokens: [Int32] = []
  private var merger = PairMerger()
  private var symbols: [UInt32] = []

  init(tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  mutating func append(_ text: String) {
    let bytes = Array((tokenizer.normalizesNFC ? CanonicalComposition.composed(text) : text).utf8)
    tokens.reserveCapacity(tokens.count + bytes.count / 4)
    tokenizer.preTokenizer.forEachPiece(in: bytes, 0..<bytes.count) { piece in
      symbols.removeAll(keepingCapacity: true)
      for index in piece {
        let token = tokenizer.byteTokens[Int(bytes[index])]
        if token != Tokenizer.noToken { symbols.append(token) }
      }
      if !symbols.isEmpty { merger.merge(symbols, with: tokenizer.merges, into: &tokens) }
    }
  }
}
