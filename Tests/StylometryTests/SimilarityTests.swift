import Foundation
import Stylometry
import Testing

/// Cosines by hand and against a slow twin.
@Suite struct SimilarityTests {
  /// Cosine over dictionaries, each gram weighing the same, so only for texts of grams that are not in the table and
  /// occur once.
  private func plainCosine(_ left: String, _ right: String) -> Double {
    func grams(_ text: String) -> Set<[Unicode.Scalar]> {
      let scalars = Array(text.unicodeScalars)
      return Set(
        [3, 4].flatMap { length in
          scalars.indices.filter { $0 + length <= scalars.count }.map { Array(scalars[$0..<$0 + length]) }
        })
    }
    let a = grams(left)
    let b = grams(right)
    return Double(a.intersection(b).count) / (Double(a.count) * Double(b.count)).squareRoot()
  }

  @Test func gramCosineAgreesWithASlowCount() {
    // Grams of Greek letters, none of which repeats within a text.
    let left = "\u{3B1}\u{3B2}\u{3B3}\u{3B4}\u{3B5}\u{3B6}\u{3B7}"
    let right = "\u{3B3}\u{3B4}\u{3B5}\u{3B6}\u{3B8}\u{3B1}\u{3B2}\u{3B3}"
    let expected = plainCosine(left, right)
    #expect(expected > 0.1 && expected < 0.9)
    #expect(abs(GramVector(left).cosine(GramVector(right)) - expected) < 1e-12)
  }

  @Test func repeatedGramsWeighByTheLogarithmOfTheirCount() {
    // "xqx" and "qxq" twice and once, "xqxq" and "qxqx" once each; none of them is common in English.
    let left = GramVector("xqxqx")
    let right = GramVector("xqx")
    let twice = 1 + log(2.0)
    #expect(abs(left.cosine(right) - twice / (twice * twice + 3).squareRoot()) < 1e-12)
  }

  @Test func rareGramsWeighMoreThanCommonOnes() {
    // Both share three letters with the first text; "the" is in every text, "xqz" in none.
    let text = GramVector("the xqz")
    #expect(text.cosine(GramVector("xqz")) > 2 * text.cosine(GramVector("the")))
  }

  @Test func caseAndPunctuationMatter() {
    #expect(GramVector("Word, word").cosine(GramVector("word word")) < 0.9)
  }

  @Test(arguments: [
    "", "a", "ab", "abc", "abcd", "\0\0\0\0", "\u{1F600}\u{1F600}\u{1F600}", "\u{10000}\u{10000}\u{10000}",
  ])
  func aTextIsLikeItselfUnlessItHasNoGram(text: String) {
    let expected = text.unicodeScalars.count < 3 ? 0.0 : 1.0
    #expect(abs(GramVector(text).cosine(GramVector(text)) - expected) < 1e-12)
  }

  @Test func cosinesStayBetweenZeroAndOne() {
    for seed in 0..<20 {
      let left = RandomText.hostile(seed: UInt64(seed))
      let right = RandomText.ordinary(seed: UInt64(seed))
      for (a, b) in [(left, right), (left, left), (right, right)] {
        let grams = GramVector(a).cosine(GramVector(b))
        let words = ContentVector(StyleText(a)).cosine(ContentVector(StyleText(b)))
        #expect((0...1).contains(grams) && (0...1).contains(words), "seed \(seed)")
      }
    }
  }

  @Test func contentWordsLeaveGrammarOut() {
    let left = ContentVector(StyleText("The river and the market"))
    #expect(left.cosine(ContentVector(StyleText("and the of"))) == 0)
    #expect(abs(left.cosine(ContentVector(StyleText("A MARKET is there"))) - 0.5.squareRoot()) < 1e-12)
    #expect(abs(left.cosine(ContentVector(StyleText("market river"))) - 1) < 1e-12)
  }

  @Test func contentWordsWeighByTheLogarithmOfTheirCount() {
    let left = ContentVector(StyleText("river river market"))
    let right = ContentVector(StyleText("river"))
    let twice = 1 + log(2.0)
    #expect(abs(left.cosine(right) - twice / (twice * twice + 1).squareRoot()) < 1e-12)
  }

  @Test func deltaIsZeroForTheSameUseOfFunctionWords() {
    let profile = AuthorProfile(exemplars: [StyleText("the house of the king")])
    #expect(profile.similarity(of: StyleText("the river of the queen")).delta == 0)
    let other = profile.similarity(of: StyleText("I think that you know"))
    #expect(
      other.delta > 0.1 && other.functionLogRatio < profile.similarity(of: StyleText("the x of the y")).functionLogRatio
    )
  }
}
