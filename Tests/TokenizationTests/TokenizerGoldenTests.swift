import Foundation
import TestSupport
import Testing
import Tokenization

/// Ids equal to those of Python `tokenizers`, over the small vocabularies.
@Suite struct TokenizerGoldenTests {
  @Test(arguments: PreTokenizer.allCases)
  func userTextHasTheReferencesIDs(kind: PreTokenizer) throws {
    let golden = try Golden.torture()
    let tokenizer = try Golden.tokenizer(kind)
    let expected = try #require(golden.kinds[kind.rawValue]?.user)
    #expect(expected.count == golden.texts.count)
    for (index, text) in golden.texts.enumerated() {
      #expect(tokenizer.encode(text) == expected[index], "\(golden.names[index])")
    }
  }

  @Test(arguments: PreTokenizer.allCases)
  func textWithAddedTokensHasTheReferencesIDs(kind: PreTokenizer) throws {
    let golden = try Golden.torture()
    let tokenizer = try Golden.tokenizer(kind)
    let expected = try #require(golden.kinds[kind.rawValue])
    #expect(expected.added.contains { $0 != nil })
    for (index, text) in golden.texts.enumerated() {
      let ids = tokenizer.encode(text, addedTokens: true)
      #expect(ids == expected.added[index] ?? expected.user[index], "\(golden.names[index])")
    }
  }

  @Test(arguments: PreTokenizer.allCases)
  func longRunsHaveTheReferencesIDs(kind: PreTokenizer) throws {
    let golden = try Golden.torture()
    let tokenizer = try Golden.tokenizer(kind)
    let expected = try #require(golden.kinds[kind.rawValue]?.runs)
    for (index, text) in golden.repeated.enumerated() {
      var digest = IDDigest()
      digest.add(tokenizer.encode(text))
      #expect(digest.text == expected[index], "run \(index) of \(text.unicodeScalars.prefix(3))")
    }
  }

  @Test(arguments: PreTokenizer.allCases)
  func charactersAtCategoryEdgesHaveTheReferencesIDs(kind: PreTokenizer) throws {
    let golden = try Golden.torture()
    let tokenizer = try Golden.tokenizer(kind)
    var digest = IDDigest()
    for value in golden.edges {
      digest.add(tokenizer.encode(Golden.scalarText(try #require(Unicode.Scalar(value)))))
    }
    #expect(digest.text == golden.kinds[kind.rawValue]?.edges)
  }

  /// Every scalar value, about 35 MB of text: for release builds, by environment.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["PERSRM_EXHAUSTIVE"] != nil), arguments: PreTokenizer.allCases)
  func everyCharacterHasTheReferencesIDs(kind: PreTokenizer) throws {
    let tokenizer = try Golden.tokenizer(kind)
    var digest = IDDigest()
    for value in UInt32(0)..<0x110000 {
      if let scalar = Unicode.Scalar(value) { digest.add(tokenizer.encode(Golden.scalarText(scalar))) }
    }
    #expect(digest.text == (try Golden.torture()).kinds[kind.rawValue]?.every)
  }
}
