import Judge
import LocalInference
import Synchronization
import Testing
import Tokenization

/// What is kept of tokenized texts, that it is bounded, and that it changes nothing.
@Suite struct RecentTextsTests {
  /// Counts what is tokenized; a byte is a token.
  private final class Counter: Sendable {
    let texts = Mutex<[String]>([])
    var count: Int { texts.withLock { $0.count } }

    func encode(_ text: String) -> [Int32] {
      texts.withLock { $0.append(text) }
      return text.utf8.map { Int32($0) }
    }
  }

  private func text(_ number: Int, bytes: Int = 100) -> String {
    let digits = String(number)
    return digits + String(repeating: "x", count: bytes - digits.count)
  }

  @Test func aTextIsTokenizedOnce() {
    let counter = Counter()
    let recent = RecentTexts(counter.encode)
    for _ in 0..<3 {
      for number in 0..<5 { #expect(recent.tokens(text(number)) == text(number).utf8.map { Int32($0) }) }
    }
    #expect(counter.count == 5)
  }

  @Test func whatIsUsedStaysAndTheRestIsForgotten() {
    let counter = Counter()
    let recent = RecentTexts(counter.encode)
    for number in 0..<3 * RecentTexts.countMax {
      _ = recent.tokens(text(number))
      _ = recent.tokens(text(0))
    }
    #expect(counter.count == 3 * RecentTexts.countMax)
    _ = recent.tokens(text(1))
    #expect(counter.count == 3 * RecentTexts.countMax + 1)
  }

  @Test func neitherShortNorHugeTextsAreKept() {
    let (shortest, longest) = (RecentTexts.bytesMin, RecentTexts.bytesMax)
    for (bytes, times) in [(shortest - 1, 2), (shortest, 1), (longest, 1), (longest + 1, 2)] {
      let counter = Counter()
      let recent = RecentTexts(counter.encode)
      for _ in 0..<2 { #expect(recent.tokens(text(7, bytes: bytes)).count == bytes) }
      #expect(counter.count == times, "\(bytes) bytes")
    }
  }

  @Test func textsThatOnlyReadAlikeAreNotConfused() {
    let recent = RecentTexts(Counter().encode)
    let rest = String(repeating: "x", count: 100)
    let (composed, decomposed) = ("\u{E9}" + rest, "e\u{301}" + rest)
    #expect(composed == decomposed)
    for text in [composed, decomposed, composed] { #expect(recent.tokens(text) == text.utf8.map { Int32($0) }) }
  }

  @Test func aComparisonsTextsAreTokenizedOnce() async throws {
    let model = try DefaultModel.shared.get()
    let counter = Counter()
    let generator = try LocalGenerator(
      model,
      texts: RecentTexts { text in
        counter.texts.withLock { $0.append(text) }
        return model.tokenizer.encode(text)
      })
    let judge = PairJudge(generator: generator) { $0 }
    func sentence(_ name: String) -> String { "\(name): " + String(repeating: "plums and rain, ", count: 8) }
    let comparison = Comparison(
      query: "q", exemplars: [sentence("one"), sentence("two")], responseA: sentence("A"), responseB: sentence("B"))
    let likelihood = try await judge.judge(comparison, options: JudgeOptions(method: .likelihood))
    // What is computed concurrently may be tokenized twice, but fitting came before and knows all.
    func longOnes() -> [String] {
      counter.texts.withLock { $0.filter { $0.utf8.count >= RecentTexts.bytesMin } }
    }
    #expect(longOnes().count == 3 && Set(longOnes()).count == 3)
    let verdict = try await judge.judge(comparison, options: JudgeOptions(method: .verdict, order: .both))
    #expect(longOnes().count == Set(longOnes()).count)
    let plain = PairJudge(generator: try LocalGenerator(model)) { $0 }
    #expect(try await plain.judge(comparison, options: JudgeOptions(method: .likelihood)).scores == likelihood.scores)
    let other = try await plain.judge(comparison, options: JudgeOptions(method: .verdict, order: .both))
    #expect(other.scores == verdict.scores && other.usage.promptTokens == verdict.usage.promptTokens)
  }
}
