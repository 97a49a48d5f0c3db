import TestSupport
import Testing
import Tokenization

/// Where text is cut, apart from what merges make of it.
@Suite struct PreTokenizerTests {
  @Test(arguments: PreTokenizer.allCases)
  func textIsCutWhereTheReferenceCutsIt(kind: PreTokenizer) throws {
    let golden = try Golden.torture()
    let expected = try #require(golden.kinds[kind.rawValue]?.pieces)
    #expect(expected.count == golden.texts.count)
    for (index, text) in golden.texts.enumerated() {
      #expect(lengths(text, kind) == expected[index], "\(golden.names[index])")
    }
  }

  @Test(arguments: PreTokenizer.allCases)
  func textAroundCategoryEdgesIsCutWhereTheReferenceCutsIt(kind: PreTokenizer) throws {
    let golden = try Golden.torture()
    var digest = IDDigest()
    for value in golden.edges {
      digest.add(lengths(Golden.scalarText(try #require(Unicode.Scalar(value))), kind))
    }
    #expect(digest.text == golden.kinds[kind.rawValue]?.edgePieces)
  }

  @Test(arguments: PreTokenizer.allCases)
  func piecesJoinUpToTheRange(kind: PreTokenizer) {
    let bytes = Array("ab  12 's\n\n c'LL\u{3000}\u{3000}x é".utf8)
    for start in 0..<4 {
      var next = start
      kind.forEachPiece(in: bytes, start..<bytes.count - 3) { piece in
        #expect(piece.lowerBound == next)
        #expect(!piece.isEmpty)
        next = piece.upperBound
      }
      #expect(next == bytes.count - 3)
    }
  }

  @Test func qwenTakesALongSForAnS() {
    #expect(pieces("a'\u{17F}b", .qwen2) == ["a", "'\u{17F}", "b"])
    #expect(pieces("a'Sb", .qwen2) == ["a", "'S", "b"])
    #expect(pieces("a'Sb", .gpt2) == ["a", "'", "Sb"])
  }

  @Test func spaceGoesWithWhatFollowsAsThePatternSays() {
    #expect(pieces("a  \n \n  b", .qwen2) == ["a", "  \n \n", " ", " b"])
    #expect(pieces("a  \n \n  b", .gpt2) == ["a", "  \n \n ", " b"])
    #expect(pieces("  1", .smolLM) == ["  ", "1"])
    #expect(pieces("  1", .gpt2) == [" ", " 1"])
    #expect(pieces("  1", .qwen2) == [" ", " ", "1"])
    #expect(pieces("x  ", .qwen2) == ["x", "  "])
  }

  private func pieces(_ text: String, _ kind: PreTokenizer) -> [String] {
    let bytes = Array(text.utf8)
    var result: [String] = []
    kind.forEachPiece(in: bytes, 0..<bytes.count) { result.append(String(decoding: bytes[$0], as: UTF8.self)) }
    return result
  }

  private func lengths(_ text: String, _ kind: PreTokenizer) -> [Int32] {
    let bytes = Array(text.utf8)
    var result: [Int32] = []
    kind.forEachPiece(in: bytes, 0..<bytes.count) { result.append(Int32($0.count)) }
    return result
  }
}
