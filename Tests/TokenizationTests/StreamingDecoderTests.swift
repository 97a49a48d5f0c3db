import Testing
import Tokenization

@Suite struct StreamingDecoderTests {
  @Test func byteByByteEqualsWhole() throws {
    let tokenizer = try Golden.tokenizer(.gpt2)
    for seed in UInt64(0)..<2_000 {
      var random = SplitMix(seed: seed)
      let bytes = randomBytes(&random)
      var decoder = StreamingDecoder(tokenizer)
      var text = ""
      for byte in bytes { text += decoder.push([byte]) }
      text += decoder.finish()
      #expect(Array(text.utf8) == Array(String(decoding: bytes, as: UTF8.self).utf8), "seed \(seed): \(bytes)")
    }
  }

  @Test func everySplitOfAThreeByteSequenceEqualsWhole() throws {
    let tokenizer = try Golden.tokenizer(.gpt2)
    let edges: [UInt8] =
      [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF]
      + [0xF0, 0xF1, 0xF4, 0xF5, 0xFF]
    for first in edges {
      for second in edges {
        for third in edges {
          let bytes = [first, second, third, 0x80]
          var decoder = StreamingDecoder(tokenizer)
          let text = bytes.map { decoder.push([$0]) }.joined() + decoder.finish()
          #expect(Array(text.utf8) == Array(String(decoding: bytes, as: UTF8.self).utf8), "\(bytes)")
        }
      }
    }
  }

  @Test(arguments: PreTokenizer.allCases)
  func tokenByTokenEqualsWhole(kind: PreTokenizer) throws {
    let tokenizer = try Golden.tokenizer(kind)
    let golden = try Golden.torture()
    for text in golden.texts {
      let ids = tokenizer.encode(text)
      var decoder = StreamingDecoder(tokenizer)
      let streamed = ids.map { decoder.push($0) }.joined() + decoder.finish()
      #expect(Array(streamed.utf8) == Array(String(decoding: tokenizer.decode(ids), as: UTF8.self).utf8))
    }
  }

  @Test func aPartOfACharacterIsHeldBack() throws {
    let tokenizer = try Golden.tokenizer(.gpt2)
    var decoder = StreamingDecoder(tokenizer)
    #expect(decoder.push([0x61, 0xF0, 0x9F]) == "a")
    #expect(decoder.push([0x99]) == "")
    #expect(decoder.push([0x82, 0x62]) == "\u{1F642}b")
    #expect(decoder.push([0xE0, 0x80]) == "\u{FFFD}\u{FFFD}")
    #expect(decoder.push([0xF0, 0x90, 0x41]) == "\u{FFFD}A")
    #expect(decoder.push([0xE2, 0x82]) == "")
    #expect(decoder.finish() == "\u{FFFD}")
    #expect(decoder.finish() == "")
  }

  @Test func specialTokensAreLeftOutUnlessAskedFor() throws {
    let tokenizer = try Golden.tokenizer(.smolLM)
    let end = try #require(tokenizer.specialToken("<|im_end|>"))
    var without = StreamingDecoder(tokenizer)
    #expect(without.push(end) == "")
    var with = StreamingDecoder(tokenizer, includingSpecial: true)
    #expect(with.push(end) == "<|im_end|>")
  }

  /// Bytes of characters, some cut, some with bytes that belong nowhere among them.
  private func randomBytes(_ random: inout SplitMix) -> [UInt8] {
    let pool: [[UInt8]] = ["a", "é", "€", "한", "🙂", "\u{10FFFF}", "\u{800}", "\u{D7FF}"].map { Array($0.utf8) }
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      let character = pool[Int.random(in: 0..<pool.count, using: &random)]
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes += character.prefix(Int.random(in: 1...character.count, using: &random))
      case 1: bytes.append(UInt8.random(in: 0...255, using: &random))
      default: bytes += character
      }
    }
    return bytes
  }
}
