import Curation
import Randomness
import Testing

/// Shares of kinds: what a flag may say, and how many of each are drawn.
@Suite struct SamplingMixTests {
  @Test func readsWhatAFlagSays() throws {
    let mix = try SamplingMix<NegativeKind>(parsing: "random=1, cross-author=3")
    #expect(mix.shares.map(\.kind) == [.crossAuthor, .random] && mix.shares.map(\.share) == [0.75, 0.25])
    let plain = try SamplingMix<NegativeKind>(parsing: "cross_author,confounding")
    #expect(plain.share(of: .confounding) == 0.5 && !plain.contains(.random))
    let zero = try SamplingMix<PositiveKind>(parsing: "lexical=0,intra-author=0.5")
    #expect(zero.share(of: .intraAuthor) == 1 && !zero.contains(.lexical))
  }

  @Test(arguments: [
    ("", "no kind has a share"), ("lexical=0", "no kind has a share"), ("lexcal=1", "\"lexcal\" is none of"),
    ("lexical=", "the share of lexical"), ("lexical=-1", "the share of lexical"), ("lexical=nan", "not \"nan\""),
    ("lexical=inf", "not \"inf\""), ("lexical=1e308,intra-author=1e308", "not \"1e308\""),
    ("lexical=1=2", "not \"1=2\""),
    ("lexical,lexical=2", "given twice"), ("=1", "\"\" is none of"), ("Lexical=1", "\"Lexical\" is none of"),
  ])
  func refuses(text: String, message: String) throws {
    let error = try #require(throws: SamplingMix<PositiveKind>.Fault.self) {
      _ = try SamplingMix<PositiveKind>(parsing: text)
    }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test(arguments: 0..<40) func drawsExactNumbers(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let weights = Dictionary(
      uniqueKeysWithValues: NegativeKind.allCases.map { ($0, Double(random.below(4)) + random.unit()) })
    let mix = SamplingMix(weights)
    let count = random.below(500)
    let kinds = mix.draw(count, using: &random)
    #expect(kinds.count == count)
    for (kind, share) in mix.shares {
      let drawn = kinds.count { $0 == kind }
      #expect(abs(Double(drawn) - share * Double(count)) <= 1, "seed \(seed), \(kind): \(drawn) of \(count)")
    }
  }

  @Test func mixesWellAndBySeed() {
    let mix = SamplingMix<PositiveKind>([.intraAuthor: 1, .lexical: 1])
    var (one, same, other) = (SeededRandom(seed: 1), SeededRandom(seed: 1), SeededRandom(seed: 2))
    let drawn = mix.draw(200, using: &one)
    #expect(drawn == mix.draw(200, using: &same) && drawn != mix.draw(200, using: &other))
    #expect((30...70).contains(drawn.prefix(100).count { $0 == .lexical }), "no kind comes first")
  }
}
