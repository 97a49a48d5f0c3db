import Randomness
import Testing

/// Numbers and hashes are the same everywhere, and spread.
@Suite struct RandomnessTests {
  @Test func theFirstNumbersAreThoseOfSplitMix64() {
    // The first three outputs of the published generator for seed 1234567.
    var random = SeededRandom(seed: 1_234_567)
    #expect(
      [random.next(), random.next(), random.next()] == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test func hashesDependOnBytesAndSeedOnly() {
    #expect(StableHash.hash("author") == StableHash.hash(Array("author".utf8)))
    #expect(StableHash.hash("author", seed: 1) != StableHash.hash("author", seed: 2))
    let hashes = (0..<10_000).map { StableHash.hash("\($0)") }
    #expect(Set(hashes).count == hashes.count)
    for bit in 0..<64 {
      let ones = hashes.count { $0 >> bit & 1 == 1 }
      #expect((4_700...5_300).contains(ones), "bit \(bit): \(ones)")
    }
  }

  @Test(arguments: [1, 2, 3, 10, 1 << 31])
  func wholeNumbersStayBelowTheirBound(bound: Int) {
    var random = SeededRandom(seed: 5, name: "bound \(bound)")
    let drawn = (0..<2_000).map { _ in random.below(bound) }
    #expect(drawn.allSatisfy { (0..<bound).contains($0) })
    if bound <= 10 { #expect(Set(drawn).count == bound) }
  }

  @Test func shufflesEveryPlaceEvenly() {
    var random = SeededRandom(seed: 9)
    var firsts = [0, 0, 0, 0]
    for _ in 0..<4_000 {
      let list = random.shuffled([0, 1, 2, 3])
      #expect(list.sorted() == [0, 1, 2, 3])
      firsts[list[0]] += 1
    }
    #expect(firsts.allSatisfy { (900...1_100).contains($0) }, "\(firsts)")
    #expect((0..<1_000).allSatisfy { _ in (0.0..<1.0).contains(random.unit()) })
  }
}
