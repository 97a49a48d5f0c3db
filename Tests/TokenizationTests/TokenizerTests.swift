import Testing
import Tokenization

@Suite struct TokenizerTests {
  @Test(arguments: PreTokenizer.allCases)
  func decodingGivesBackWhatWasEncoded(kind: PreTokenizer) throws {
    let tokenizer = try Golden.tokenizer(kind)
    for seed in UInt64(0)..<300 {
      var random = SplitMix(seed: seed)
      let text = randomText(&random, avoiding: tokenizer.missingBytes)
      let expected = tokenizer.normalizesNFC ? CanonicalComposition.composed(text) : text
      let ids = tokenizer.encode(text)
      #expect(tokenizer.decode(ids) == Array(expected.utf8), "seed \(seed)")
      #expect(ids.allSatisfy { !tokenizer.isSpecial($0) }, "seed \(seed)")
    }
  }

  @Test(arguments: PreTokenizer.allCases)
  func spellingsOfControlTokensInTextStayText(kind: PreTokenizer) throws {
    let tokenizer = try Golden.tokenizer(kind)
    for spelling in ["<|im_end|>", "<|im_start|>", "<|endoftext|>", "<tool_call>"] {
      let token = try #require(tokenizer.specialToken(spelling))
      let ids = tokenizer.encode("a\(spelling)b")
      #expect(!ids.contains(token))
      #expect(tokenizer.decode(ids) == Array("a\(spelling)b".utf8))
      #expect(tokenizer.encode("a\(spelling)b", addedTokens: true).contains(token))
      #expect(tokenizer.bytes(of: token) == Array(spelling.utf8))
    }
  }

  @Test func onlyControlTokensAreSpecial() throws {
    let tokenizer = try Golden.tokenizer(.qwen2)
    let end = try #require(tokenizer.specialToken("<|im_end|>"))
    let call = try #require(tokenizer.specialToken("<tool_call>"))
    let word = try #require(tokenizer.encode("t").first)
    #expect(tokenizer.isSpecial(end))
    #expect(!tokenizer.isSpecial(call))
    #expect(!tokenizer.isSpecial(word))
    #expect(tokenizer.decode([word, end, call]) == Array("t<tool_call>".utf8))
    #expect(tokenizer.decode([word, end], includingSpecial: true) == Array("t<|im_end|>".utf8))
    #expect(tokenizer.specialToken("t") == nil)
    #expect(tokenizer.specialToken("<|im_END|>") == nil)
  }

  @Test func idsOutsideTheVocabularyStandForNothing() throws {
    let tokenizer = try Golden.tokenizer(.qwen2)
    for id in [-1, Int32(tokenizer.vocabularySize), .max, .min] {
      #expect(tokenizer.bytes(of: id).isEmpty)
      #expect(tokenizer.isSpecial(id))
      #expect(tokenizer.decode([id], includingSpecial: true).isEmpty)
    }
  }

  @Test func bytesWithoutATokenAreNamedAndDropped() throws {
    let tokenizer = try Golden.tokenizer(.smolLM)
    #expect(tokenizer.missingBytes.prefix(6) == [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D])
    #expect(tokenizer.missingBytes.contains(0xF1))
    #expect(tokenizer.decode(tokenizer.encode("a\u{4}b")) == Array("ab".utf8))
    // What was on both sides becomes neighbours, as in the reference.
    #expect(tokenizer.encode("\u{6}\u{6}") == [])
    #expect(try Golden.tokenizer(.qwen2).missingBytes.isEmpty)
  }

  @Test func endTokensAreThoseOfTurnAndDocument() throws {
    var definition = try Golden.definition(.qwen2)
    definition.eosToken = 5
    let tokenizer = try Tokenizer(definition)
    let turn = try #require(tokenizer.specialToken("<|im_end|>"))
    let document = try #require(tokenizer.specialToken("<|endoftext|>"))
    #expect(tokenizer.endOfSequenceTokens == [5, turn, document])
  }

  @Test func fingerprintChangesWithWhateverChangesIDs() throws {
    let definition = try Golden.definition(.gpt2)
    let original = try Tokenizer(definition).fingerprintBytes
    #expect(try Tokenizer(definition).fingerprintBytes == original)
    var changes: [TokenizerDefinition] = []
    for _ in 0..<6 { changes.append(definition) }
    changes[0].normalizesNFC.toggle()
    changes[1].preTokenizer = .qwen2
    changes[2].eosToken = 3
    changes[3].bosToken = 3
    changes[4].merges.swapAt(0, 1)
    changes[5].kinds[definition.tokens.count - 1] = .control
    for (index, change) in changes.enumerated() {
      #expect(try Tokenizer(change).fingerprintBytes != original, "change \(index)")
    }
  }

  @Test func twoFormsOfOneCharacterAreTwoTokens() throws {
    // As dictionary keys these two strings would be equal.
    var definition = try Golden.definition(.gpt2)
    definition.tokens += ["<é>", "<e\u{301}>"]
    definition.kinds += [.control, .control]
    let tokenizer = try Tokenizer(definition)
    let count = Int32(tokenizer.vocabularySize)
    #expect(tokenizer.specialToken("<é>") == count - 2)
    #expect(tokenizer.specialToken("<e\u{301}>") == count - 1)
  }

  private func randomText(_ random: inout SplitMix, avoiding missing: [UInt8]) -> String {
    let pool = Array("abcESTlv '\n\r\t019.,!<|im_end|>".unicodeScalars)
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<80, using: &random) {
      let value =
        switch Int.random(in: 0..<10, using: &random) {
        case 0: UInt32.random(in: 0..<0x110000, using: &random)
        case 1: UInt32.random(in: 0x300..<0x370, using: &random)
        case 2: UInt32.random(in: 0..<0x3100, using: &random)
        default: pool[Int.random(in: 0..<pool.count, using: &random)].value
        }
      guard let scalar = Unicode.Scalar(value) else { continue }
      if String(scalar).utf8.contains(where: missing.contains) { continue }
      text.append(scalar)
    }
    return String(text)
  }
}
