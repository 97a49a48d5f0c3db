import Digests
import Engine
import Foundation
import Judge
import LocalInference
import Testing
import Tokenization

/// The methods `verdict` and `likelihood` on real weights.
@Suite struct MethodTests {
  private static let judge = Result {
    PairJudge(generator: try LocalGenerator(DefaultModel.shared.get()), digest: SHA256.hash)
  }

  private static let exemplars = [
    "Saturday: rain, so I stayed in and fixed the clock. Sunday: more rain. The clock stopped again. I laughed.",
    "Went to the market early. Bought plums. Ate them all on the way home, which was, in hindsight, the plan.",
  ]

  private let comparison = Comparison(
    query: "Tell me about your weekend.", exemplars: exemplars,
    responseA: "Slept late. Burnt the toast. Ate it anyway, standing up, like a horse.",
    responseB: "My weekend was very productive and enjoyable, and I engaged in a variety of leisure activities.")

  /// One of which the default model, in the order `ba`, writes a 5 for both numbers, with a share for 1.
  private let fives = Comparison(query: "2 + 2?", exemplars: ["Rain.", "2 + 2?"], responseA: "4", responseB: "5")

  private var swapped: Comparison {
    var swapped = comparison
    (swapped.responseA, swapped.responseB) = (comparison.responseB ?? "", comparison.responseA)
    return swapped
  }

  // MARK: Likelihood

  @Test func aLikelihoodIsTheMeanOfTheEnginesOwnLogProbabilities() async throws {
    let model = try DefaultModel.shared.get()
    let generator = try LocalGenerator(model)
    let start = try #require(model.tokenizer.specialToken("<|endoftext|>"))
    for prefix in ["", Self.exemplars[0] + "\n\n"] {
      let head = [start] + model.tokenizer.encode(prefix)
      let text = model.tokenizer.encode(comparison.responseA)
      let whole = try await model.engine.generate(
        EngineRequest(prompt: head + text, maxTokens: 0, logProbabilitiesFrom: 1))
      let own = whole.promptLogProbabilities[(head.count - 1)...]
      #expect(own.count == text.count)
      let request = LikelihoodRequest(prefix: prefix, text: comparison.responseA)
      let likelihood = try await generator.likelihood(request)
      #expect(likelihood.meanLogProbability == own.reduce(0) { $0 + Double($1) } / Double(text.count))
      #expect(likelihood.promptTokens == head.count + text.count)
      #expect(likelihood.promptTokens == generator.countTokens(request))
    }
  }

  @Test func aLikelihoodIsNearThatOfAFullForwardPassInFloat32() async throws {
    let model = try DefaultModel.shared.get()
    let generator = try LocalGenerator(model)
    let start = try #require(model.tokenizer.specialToken("<|endoftext|>"))
    let prefix = Self.exemplars.map { $0 + "\n\n" }.joined()
    let response = try #require(comparison.responseB)
    let text = model.tokenizer.encode(response)
    let tokens = [start] + model.tokenizer.encode(prefix) + text
    let reference = try DefaultModel.decoder().readGivenText(tokens).logProbabilities.suffix(text.count)
    let expected = reference.reduce(0) { $0 + Double($1) } / Double(text.count)
    let found = try await generator.likelihood(LikelihoodRequest(prefix: prefix, text: response))
    // The served precision has integer weights and bfloat16 keys and values.
    #expect(abs(found.meanLogProbability - expected) < 0.03, "\(found.meanLogProbability), \(expected) in float32")
  }

  @Test func swappingTheResponsesSwapsALikelihoodExactly() async throws {
    let judge = try Self.judge.get()
    let options = JudgeOptions(method: .likelihood)
    let straight = try await judge.judge(comparison, options: options)
    let crossed = try await judge.judge(swapped, options: options)
    #expect(crossed.scores?.a == straight.scores?.b && crossed.scores?.b == straight.scores?.a)
    #expect(crossed.margin == straight.margin.map { -$0 })
    #expect(abs((crossed.probabilityA ?? 0) + (straight.probabilityA ?? 0) - 1) < 1e-15)
    #expect(straight.winner == .a, "the writer of the exemplars is likelier to have written A")
    #expect(straight.usage.completionTokens == 0)
    // Everything that both ask for is known by now.
    #expect(crossed.usage.promptTokens == straight.usage.promptTokens)
    #expect(crossed.usage.cachedTokens > straight.usage.promptTokens / 2)
  }

  @Test func likelihoodsTellHowLongThoseWhoWaitWillWait() async throws {
    let generator = try LocalGenerator(DefaultModel.shared.get())
    let assumed = generator.serviceSeconds
    for _ in 0..<20 { _ = try await generator.likelihood(LikelihoodRequest(prefix: "", text: "Plums.")) }
    #expect(generator.serviceSeconds < assumed / 2)
  }

  @Test func aTextOfCharactersTheVocabularyLacksHasNoLikelihood() async throws {
    let judge = try Self.judge.get()
    let byte = try #require(DefaultModel.tokenizer.get().missingBytes.first { $0 < 0x80 })
    var comparison = comparison
    comparison.responseB = String(UnicodeScalar(byte))
    await #expect(throws: JudgeError.responsesWithoutTokens([.b])) {
      try await judge.judge(comparison, options: JudgeOptions(method: .likelihood))
    }
  }

  @Test func thePreviewOfALikelihoodHasTheTokensThatAreRead() async throws {
    let preview = try Self.judge.get().preview(comparison, options: JudgeOptions(method: .likelihood))
    #expect(preview.text.hasPrefix("<|endoftext|>Saturday: rain") && preview.text.hasSuffix(comparison.responseA))
    #expect(preview.sharedTokens < preview.tokens && preview.sharedTokens > 40)
  }

  // MARK: Verdict

  @Test(arguments: [false, true])
  func aVerdictIsTheDistributionsOfAConstrainedGeneration(ofFives: Bool) async throws {
    let comparison = ofFives ? fives : comparison
    let model = try DefaultModel.shared.get()
    let judge = try Self.judge.get()
    let judgement = try await judge.judge(comparison, options: JudgeOptions(method: .verdict, order: .both))
    for (order, run) in zip([SlotOrder.ab, .ba], judgement.runs) {
      // By hand: the prompt with the empty texts behind it, then each first number, then the second.
      let format = try ChatFormat(model.tokenizer)
      let opening = "<criteria>-</criteria>\n<eval>-</eval>\n<scores>A: "
      let start = format.tokens(PromptTemplate().prompt(comparison, order: order)) + model.tokenizer.encode(opening)
      let first = try await distribution(model, after: start, end: ", B: ")
      var second = [Double](repeating: 0, count: 10)
      var probability = 0.0
      var likeliest = 0
      let numbers = ScoreTable.firstNumbers(of: first, coverage: 0.98, countMax: 6)
      let covered = numbers.reduce(0) { $0 + first.probabilities[$1 - 1] }
      for number in numbers {
        let behind = start + model.tokenizer.encode("\(number)") + model.tokenizer.encode(", B: ")
        let own = try await distribution(model, after: behind, end: "</scores>")
        let share = first.probabilities[number - 1] / covered
        for (value, part) in own.probabilities.enumerated() {
          second[value] += share * part
          probability += share * part * (number > value + 1 ? 1 : number == value + 1 ? 0.5 : 0)
        }
        if number == first.likeliest { likeliest = own.likeliest }
      }
      let (a, b) = (first.meanTenths, try #require(ScoreDistribution(weights: second)).meanTenths)
      let expected =
        order == .ab ? ScorePair(a: Double(a) / 10, b: Double(b) / 10) : ScorePair(a: Double(b) / 10, b: Double(a) / 10)
      #expect(run.order == order && run.scores == expected)
      #expect(run.raw == "\(opening)\(first.likeliest), B: \(likeliest)</scores>")
      #expect(abs((run.probabilityA ?? 0) - (order == .ab ? probability : 1 - probability)) < 1e-5)
    }
    let scores = try judgement.runs.map { try #require($0.scores) }
    let b = try scores.map { try #require($0.b) }
    #expect(abs((judgement.scores?.a ?? 0) - (scores[0].a + scores[1].a) / 2) < 1e-9)
    #expect(abs((judgement.scores?.b ?? 0) - (b[0] + b[1]) / 2) < 1e-9)
    #expect(judgement.criteria == nil && judgement.eval == nil && judgement.orderConsistent != nil)
  }

  /// The distribution of a number, from ln p of each choice at the places where there is one.
  private func distribution(_ model: LocalModel, after prompt: [Int32], end: String) async throws -> ScoreDistribution {
    func probability(of token: Int32?, after prompt: [Int32]) async throws -> Double {
      let result = try await model.engine.generate(
        EngineRequest(prompt: prompt + [try #require(token)], maxTokens: 0, logProbabilitiesFrom: prompt.count))
      return exp(Double(result.promptLogProbabilities[0]))
    }
    let digits = (0...9).map { model.tokenizer.encode("\($0)").first }
    var weights: [Double] = []
    for digit in digits[1...] { weights.append(try await probability(of: digit, after: prompt)) }
    weights.append(0)
    // Written or not, 1 could have gone on to 10 or ended; a decimal is not on offer.
    if weights[0] >= Double(ScoreQuestion.dividedShareMin) * weights.reduce(0, +) {
      let one = prompt + model.tokenizer.encode("1")
      var shares: [Double] = []
      for token in [digits[0], model.tokenizer.encode(end).first] {
        shares.append(try await probability(of: token, after: one))
      }
      weights[9] = weights[0] * shares[0] / shares.reduce(0, +)
      weights[0] -= weights[9]
    }
    return try #require(ScoreDistribution(weights: weights))
  }

  @Test func allQuestionsAreCountedAndAnsweredTheSameAgain() async throws {
    let judge = try Self.judge.get()
    let options = JudgeOptions(method: .verdict, order: .ba)
    let first = try await judge.judge(fives, options: options)
    let again = try await judge.judge(fives, options: options)
    #expect(again.scores == first.scores && again.probabilityA == first.probabilityA)
    #expect(again.usage.promptTokens == first.usage.promptTokens)
    #expect(again.usage.completionTokens == first.usage.completionTokens)
    // The prompt is read once for A and, from the cache, once for each number A may be; each takes a choice or two.
    let prompt = judge.generator.countTokens(PromptTemplate().prompt(fives, order: .ba))
    let written = try DefaultModel.tokenizer.get().encode(try #require(first.runs.first).raw).count
    let questions = first.usage.promptTokens / prompt
    #expect((2...7).contains(questions) && first.usage.promptTokens < questions * (prompt + written))
    #expect((questions...2 * questions).contains(first.usage.completionTokens))
    let computed = first.usage.promptTokens - first.usage.cachedTokens
    #expect(computed <= prompt + written + (questions - 1) * (16 + 6), "\(computed) of \(prompt)")
  }

  @Test func aVerdictIgnoresWhatOnlyWritingHas() async throws {
    let judge = try Self.judge.get()
    let plain = try await judge.judge(comparison, options: JudgeOptions(method: .verdict))
    let other = try await judge.judge(
      comparison,
      options: JudgeOptions(
        method: .verdict, samples: 4, sampling: .init(temperature: 1.5, seed: 3), minTokens: 200, maxTokens: 300,
        constrained: false))
    #expect(other.runs.map(\.raw) == plain.runs.map(\.raw) && other.scores == plain.scores)
    #expect(other.probabilityA == plain.probabilityA && other.usage.completionTokens == plain.usage.completionTokens)
    #expect(plain.usage.completionTokens < VerdictGrammar.maxTokensMin)
  }
}
