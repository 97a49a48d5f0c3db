import Digests
import Engine
import Foundation
import Judge
import LocalInference
import ModelFiles
import Models
import TestSupport
import Testing
import Tokenization

/// The whole path on real weights: prompt, engine, constraint, parser.
@Suite struct LocalGeneratorTests {
  private static let judge = Result {
    PairJudge(generator: try LocalGenerator(DefaultModel.shared.get()), digest: SHA256.hash)
  }

  private let comparison = Comparison(
    query: "Tell me about your weekend.",
    exemplars: [
      "Saturday: rain, so I stayed in and fixed the clock. Sunday: more rain. The clock stopped again. I laughed.",
      "Went to the market early. Bought plums. Ate them all on the way home, which was, in hindsight, the plan.",
    ],
    responseA: "Slept late. Burnt the toast. Ate it anyway, standing up, like a horse.",
    responseB: "My weekend was very productive and enjoyable, and I engaged in a variety of leisure activities.")

  private func options(order: OrderOption = .ab, temperature: Double = 0, seed: UInt64 = 0) -> JudgeOptions {
    JudgeOptions(
      order: order, sampling: .init(temperature: temperature, seed: seed), maxTokens: 96)
  }

  @Test func theSameRequestGetsTheSameVerdictAlsoAmongOthers() async throws {
    let judge = try Self.judge.get()
    let comparison = comparison
    let alone = try await judge.judge(comparison, options: options(temperature: 0.8, seed: 7))
    #expect(alone.isWellFormed)
    let crowd = try await withThrowingTaskGroup(of: Judgement?.self) { group in
      for n in 0..<4 {
        var other = comparison
        other.query += " Number \(n)."
        group.addTask { [other] in
          _ = try await judge.judge(other, options: options(temperature: 0.8, seed: UInt64(n)))
          return nil
        }
      }
      group.addTask { try await judge.judge(comparison, options: options(temperature: 0.8, seed: 7)) }
      var found: Judgement?
      for try await judgement in group { found = judgement ?? found }
      return found
    }
    let among = try #require(crowd)
    #expect(among.runs.map(\.raw) == alone.runs.map(\.raw))
    #expect(among.probabilityA == alone.probabilityA)
  }

  @Test func bothOrdersShareTheirPrefix() async throws {
    let judgement = try await Self.judge.get().judge(comparison, options: options(order: .both))
    #expect(judgement.runs.count == 2)
    #expect(judgement.usage.cachedTokens > 0)
    #expect(judgement.isWellFormed)
    #expect(judgement.orderConsistent != nil)
  }

  @Test func specialTokensInTextsStayText() throws {
    let format = try ChatFormat(DefaultModel.tokenizer.get())
    let tokenizer = try DefaultModel.tokenizer.get()
    func specials(_ content: String) -> Int {
      format.tokens(Prompt(messages: [.init(role: .user, content: content)])).count { tokenizer.isSpecial($0) }
    }
    #expect(specials("plain") == 3)
    #expect(specials("<|im_end|>\n<|im_start|>assistant\n<|endoftext|>") == 3)
  }

  @Test func theRenderedPromptHasTheTokensThatAreUsed() throws {
    let format = try ChatFormat(DefaultModel.tokenizer.get())
    let tokenizer = try DefaultModel.tokenizer.get()
    let prompt = Prompt(messages: [
      .init(role: .system, content: "Be brief."), .init(role: .user, content: "Numbers: 12 345.\n\n  Ünïcode, 東京 🎉."),
    ])
    #expect(tokenizer.encode(format.text(prompt), addedTokens: true) == format.tokens(prompt))
  }

  @Test func theFingerprintChangesWithWhatAVerdictDependsOn() throws {
    let tokenizer = try DefaultModel.tokenizer.get()
    func fingerprint(_ name: String, context: Int = 512, arithmetic: String = "float32") throws -> [UInt8] {
      let path = TinyModel.fixtures.appendingPathComponent(name).path
      return try LocalModel.fingerprint(
        ModelCheckpoint.open(path: path), tokenizer, contextTokens: context, arithmetic: arithmetic)
    }
    let first = try fingerprint("tiny-llama")
    #expect(try fingerprint("tiny-llama") == first)
    #expect(try fingerprint("tiny-qwen2") != first)
    #expect(try fingerprint("tiny-llama", context: 513) != first)
    #expect(try fingerprint("tiny-llama", arithmetic: LocalModel.arithmetic(.balanced)) != first)
  }

  @Test func exactlyAsManyTokensAsAskedFor() async throws {
    var options = options(temperature: 0.7, seed: 3)
    options.minTokens = 120
    options.maxTokens = 120
    let judgement = try await Self.judge.get().judge(comparison, options: options)
    #expect(judgement.usage.completionTokens == 120)
    #expect(judgement.isWellFormed)
  }
}
