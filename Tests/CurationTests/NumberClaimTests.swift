import Corpora
import Curation
import Stylometry
import Testing

/// Which number is said of whom, and of what.
@Suite struct NumberClaimTests {
  private func claims(_ text: String, _ start: NumberClaim.Subject? = nil) -> [NumberClaim] {
    NumberClaim.all(in: text, subject: start)
  }

  @Test func readsWhoAndWhat() {
    #expect(
      claims("Response A has 5.6 commas per 100 words against Response B with 3.1, and the exemplars 6.") == [
        NumberClaim(number: "5.6", measurement: .feature(.commas), subject: .response(.a)),
        NumberClaim(number: "3.1", measurement: .feature(.commas), subject: .response(.b)),
        NumberClaim(number: "6", measurement: .feature(.commas), subject: .exemplars),
      ])
    #expect(
      claims("It is 12 % of sentences begun with I. Other writers have 30.2 words per sentence.", .exemplars) == [
        NumberClaim(number: "12", measurement: .feature(.openersI), subject: .exemplars),
        NumberClaim(number: "30.2", measurement: .feature(.sentenceLength), subject: .others),
      ])
    #expect(
      claims("Response B has 0.51 similarity to the exemplars, Response A 0.32.") == [
        NumberClaim(number: "0.51", measurement: .similarity, subject: .response(.b)),
        NumberClaim(number: "0.32", measurement: .similarity, subject: .response(.a)),
      ])
  }

  @Test func namesResponsesByLettersToo() {
    #expect(claims("B has 3.1 commas per 100 words.").map(\.subject) == [.response(.b)])
    #expect(claims("A has 3.1 commas per 100 words.").map(\.subject) == [.response(.a)])
    #expect(claims("The first response has 3.1 commas.").map(\.subject) == [.response(.a)])
  }

  @Test func passesOverUnitsAndQuotations() {
    #expect(claims("The exemplars say \"in 1999 about 5 commas\" per 100 words.").isEmpty)
    #expect(
      claims("The exemplars have 9 % of sentences with 5 words or fewer and 41.5 different words in 50.").map(\.number)
        == [
          "9", "41.5",
        ])
    #expect(
      claims("The exemplars have 8 % of words with 8 letters or more.") == [
        NumberClaim(number: "8", measurement: .feature(.longWords), subject: .exemplars)
      ])
  }

  @Test(arguments: [
    "Response A has -5.6 commas per 100 words.", "Response A has .6 commas per 100 words.",
    "Response A has 1/2 commas per 100 words.", "Response A has 1,5 commas per 100 words.",
    "Response A has 5.6.7 commas per 100 words.", "Response A has +5 commas per 100 words.",
  ])
  func takesANumberWhole(text: String) throws {
    let claim = try #require(claims(text).first)
    #expect(claims(text).count == 1 && text.contains(" \(claim.number) "), "\(claim)")
  }

  @Test(arguments: [
    "Response A was written in 1999.", "Response A has \u{BD} of it.", "Response A has \u{0665} commas.",
    "Response A has five commas per 100 words.", "Response A has twice commas.", "Response A has 5 words a line.",
    "Response A has 5.6 commas per 200 words.",
  ])
  func leavesUnclearWhatIsNotSaid(text: String) {
    let found = claims(text)
    #expect(!found.isEmpty)
    // In the last the 200 is taken for another number of commas, which it is not.
    #expect(found.contains { $0.measurement == nil } || found.map(\.number) == ["5.6", "200"], "\(found)")
  }

  @Test func knowsEveryFeatureByItsWords() {
    for feature in StyleFeature.allCases {
      let text = "Response A has \(FeatureWording.claim(feature, 7))."
      #expect(
        claims(text) == [
          NumberClaim(
            number: feature.printed(7), measurement: .feature(feature), subject: .response(.a))
        ], "\(text)")
    }
  }

  @Test func featuresHaveWordsOfTheirOwn() {
    let wordings = StyleFeature.allCases.map { FeatureWording.of($0) }
    let names = wordings.flatMap { [$0.anchor] + $0.aliases }
    #expect(Set(names).count == names.count && names.allSatisfy { !$0.isEmpty })
  }

  @Test func readsNumbersBehindAName() {
    let commas = NumberClaim.Measurement.feature(.commas)
    #expect(
      claims("Commas: the exemplars 6.9, A 7.1, B 4.2; A is nearer. Similarity: A 18, B 14.9.") == [
        NumberClaim(number: "6.9", measurement: commas, subject: .exemplars),
        NumberClaim(number: "7.1", measurement: commas, subject: .response(.a)),
        NumberClaim(number: "4.2", measurement: commas, subject: .response(.b)),
        NumberClaim(number: "18", measurement: .similarity, subject: .response(.a)),
        NumberClaim(number: "14.9", measurement: .similarity, subject: .response(.b)),
      ])
    let words = NumberClaim.Measurement.feature(.longWords)
    #expect(
      claims("A has 29 % long words, B 18 and the exemplars 21.") == [
        NumberClaim(number: "29", measurement: words, subject: .response(.a)),
        NumberClaim(number: "18", measurement: words, subject: .response(.b)),
        NumberClaim(number: "21", measurement: words, subject: .exemplars),
      ])
    #expect(
      claims("A has a similarity of 18 to the exemplars, B 15.").map(\.subject) == [.response(.a), .response(.b)])
    // The article before a number names nobody.
    #expect(claims("A 30-word text has 5 commas.").map(\.subject) == [nil, nil])
  }
}
