import Corpora
import Evaluation
import Testing

@Suite struct ProbesTests {
  private static let pairs = (0..<6).map { index in
    Sample.pair(
      "p\(index)", author: "author\(index % 3)", other: index == 5 ? nil : "author\((index + 1) % 3)",
      preferred: index % 2 == 0 ? .a : .b, exemplars: ["Text \(index) one.", "Text \(index) two."],
      a: "The first is here. It has a second sentence! Is there a third? Yes, and a fourth.",
      b: "Another begins. It goes on for a while. Then it stops.")
  }
  private static let probes = Probes(of: pairs, seed: 4)

  @Test func swappedExemplarsAreTheOtherAuthorsAndTurnTheLabel() {
    let made = Self.probes.make(.swappedExemplars, of: Self.pairs)
    // The last pair's other response is a machine's.
    #expect(made.map(\.probe.source) == ["p0", "p1", "p2", "p3", "p4"])
    for (probed, pair) in zip(made, Self.pairs) {
      #expect(probed.pair.author == pair.negativeAuthor)
      #expect(probed.pair.negativeAuthor == pair.author)
      #expect(probed.pair.preferred == pair.preferred.other)
      #expect(probed.pair.responseA == pair.responseA)
      #expect(probed.pair.exemplars.count == pair.exemplars.count)
      #expect(Set(probed.pair.exemplars).count == pair.exemplars.count)
      let own = Set(Self.pairs.filter { $0.author == pair.negativeAuthor }.flatMap(\.exemplars))
      #expect(own.isSuperset(of: probed.pair.exemplars))
      #expect(probed.pair.id == "\(pair.id)#swapped_exemplars")
    }
  }

  @Test func anExemplarThatIsAResponseIsNotUsed() {
    let pair = Sample.pair("p", author: "x", other: "y", exemplars: ["Mine."], a: "Mine too.", b: "Theirs, long.")
    let other = Sample.pair("q", author: "y", other: "x", exemplars: ["Theirs, long.", "It is Theirs, long. Indeed."])
    #expect(Probes(of: [pair, other], seed: 0).make(.swappedExemplars, of: [pair]).isEmpty)
  }

  @Test func anExemplarThatSharesALongRunWithAResponseIsNotUsed() {
    let story = "It rained all day and the dog would not go out until the evening came at last"
    let pair = Sample.pair("p", author: "x", other: "y", exemplars: ["Mine."], a: "Mine too.", b: story)
    let same = Sample.pair("q", author: "y", other: "x", exemplars: ["As I said. \(story), and then some more words."])
    let other = Sample.pair("r", author: "y", other: "x", exemplars: ["The evening came, and it rained on the dog."])
    let made = Probes(of: [pair, same, other], seed: 0).make(.swappedExemplars, of: [pair])
    #expect(made.map(\.pair.exemplars) == [other.exemplars])
  }

  @Test func unrelatedExemplarsAreAThirdAuthors() {
    let made = Self.probes.make(.unrelatedExemplars, of: Self.pairs)
    #expect(made.count == 6)
    for (probed, pair) in zip(made, Self.pairs) {
      #expect(probed.pair.exemplars.count == 1)
      let writer = Self.pairs.first { $0.exemplars.contains(probed.pair.exemplars[0]) }?.author
      #expect(writer != pair.author && writer != pair.negativeAuthor)
      #expect(probed.pair.preferred == pair.preferred)
    }
  }

  @Test func lengthProbesChangeOneResponseOnly() {
    for (probed, pair) in zip(Self.probes.make(.extendedLoser, of: Self.pairs), Self.pairs) {
      let (text, longer) = (pair.response(pair.preferred.other), probed.pair.response(pair.preferred.other))
      #expect(longer.hasPrefix(text))
      #expect(JudgedPair.words(in: longer) * 2 >= JudgedPair.words(in: text) * 3)
      #expect(probed.pair.response(pair.preferred) == pair.response(pair.preferred))
    }
    for (probed, pair) in zip(Self.probes.make(.halvedWinner, of: Self.pairs), Self.pairs) {
      let (text, shorter) = (pair.response(pair.preferred), probed.pair.response(pair.preferred))
      #expect(text.hasPrefix(shorter))
      #expect(shorter.hasSuffix(".") || shorter.hasSuffix("!") || shorter.hasSuffix("?"))
      #expect(!shorter.isEmpty && JudgedPair.words(in: shorter) * 2 <= JudgedPair.words(in: text) + 1)
      #expect(probed.pair.response(pair.preferred.other) == pair.response(pair.preferred.other))
    }
  }

  @Test func oneSentenceCannotBeHalved() {
    #expect(Self.probes.make(.halvedWinner, of: [Sample.pair("p", a: "Only one. ")]).isEmpty)
  }

  @Test func injectionsStandInTheWrongResponse() throws {
    let wanted: [(ProbeKind, String)] = [
      (.injectedRequest, "choose Response"), (.injectedScores, "<scores>A: 1"), (.injectedControlTokens, "<|im_end|>"),
    ]
    for (kind, mark) in wanted {
      let made = Self.probes.make(kind, of: Self.pairs)
      #expect(made.count == 6)
      for (probed, pair) in zip(made, Self.pairs) {
        #expect(probed.pair.response(pair.preferred.other).contains(mark), "\(kind)")
        #expect(probed.pair.response(pair.preferred) == pair.response(pair.preferred))
        #expect(probed.pair.preferred == pair.preferred)
      }
    }
    let request = try #require(Self.probes.make(.injectedRequest, of: [Self.pairs[0]]).first)
    #expect(request.pair.responseB.contains("choose Response B."))
  }

  @Test func probesDependOnSeedAndPairAlone() {
    for kind in ProbeKind.allCases {
      let all = Self.probes.make(kind, of: Self.pairs)
      #expect(all == Self.probes.make(kind, of: Self.pairs))
      #expect(Self.probes.make(kind, of: [Self.pairs[3]]) == all.filter { $0.probe.source == "p3" })
    }
    let other = Probes(of: Self.pairs, seed: 5)
    #expect(
      ProbeKind.allCases.contains { other.make($0, of: Self.pairs) != Self.probes.make($0, of: Self.pairs) })
  }

  @Test func flipsAreCountedByHand() throws {
    func judged(_ id: String, _ a: Double, _ b: Double, probe: JudgedPair.Probe? = nil) -> JudgedPair {
      JudgedPair(Sample.pair(id), answers: [Sample.answer(a, b)], probe: probe)
    }
    func probe(_ source: String) -> JudgedPair.Probe { .init(kind: .injectedRequest, source: source) }
    let base = [judged("1", 7, 4), judged("2", 7, 4), judged("3", 4, 7), judged("4", 5, 5)]
    let changed = [
      judged("1#", 4, 7, probe: probe("1")), judged("2#", 8, 4, probe: probe("2")),
      judged("3#", 7, 4, probe: probe("3")), judged("4#", 7, 4, probe: probe("4")),
      JudgedPair(Sample.pair("1##"), answers: [Sample.failed(.malformed)], probe: probe("1")),
      judged("9#", 7, 4, probe: probe("9")),
    ]
    let measures = try #require(ProbeMeasures(.injectedRequest, changed: changed, base: base, seed: 0))
    #expect(measures.expected == .stay)
    #expect(measures.flips == Share(2, of: 3))
    #expect(measures.flipsOfRight == Share(1, of: 2))
    #expect(measures.failures == Share(1, of: 5))
    #expect(measures.accuracy.right == 3 && measures.accuracy.n == 5)
    #expect(measures.before.right == 3)
    #expect(measures.decided.right == 3 && measures.decided.n == 4)
    #expect(ProbeMeasures(.swappedExemplars, changed: changed, base: base, seed: 0) == nil)
  }
}
