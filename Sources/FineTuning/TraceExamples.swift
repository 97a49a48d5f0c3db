package import Corpora
import Judge
package import LocalInference
package import Tokenization
package import Training

/// What a trace becomes for a language model: the judge's own prompts, and the answers to learn.
///
/// Theory of operation. The prompt is the one that serving writes (`PromptTemplate`, `ChatFormat`), token for token.
/// A trace gives up to four sequences: in the order it was written for and in the other, each with its texts
/// (`reasoning`) and as numbers behind the shortest opening (`verdict`), as `LocalInference.ScoreQuestion` asks for
/// them. They begin alike, so that a pass computes what they share once. Only what the model itself chooses counts:
/// of a reasoning all tokens and the end of the turn, of a verdict the digits of the two numbers.
package struct TraceExamples: Sendable {
  /// Which orders of the responses are shown.
  package enum Orders: String, Sendable, Codable, CaseIterable {
    /// As the trace was written.
    case written
    /// One of the two, at random.
    case either
    case both
  }

  /// Which answers are learnt.
  package enum Form: String, Sendable, Codable, CaseIterable {
    case reasoning, verdict
  }

  package struct Settings: Sendable, Equatable, Codable {
    package var orders: Orders
    package var forms: [Form]
    /// Whether the prompt carries the measurements.
    package var evidence: Bool
    /// Whether the neutral query is shown where a pair has one.
    package var usesNeutralQuery: Bool
    /// Tokens of a sequence, prompt and answer.
    package var tokensMax: Int

    package init(
      orders: Orders = .both, forms: [Form] = Form.allCases, evidence: Bool = true, usesNeutralQuery: Bool = true,
      tokensMax: Int = 4096
    ) {
      self.orders = orders
      self.forms = forms
      self.evidence = evidence
      self.usesNeutralQuery = usesNeutralQuery
      self.tokensMax = tokensMax
    }
  }

  /// Why a trace cannot be learnt from.
  package enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// One of its sequences is too long.
    case tooLong(tokens: Int, max: Int)
    /// Its texts are none that the verdict's form allows, or its scores no numbers from 1 to 10.
    case notAVerdict
    /// Its scores are equal: it says nothing.
    case tie
    /// It cannot be told for the other order: its texts do not always say which response they mean.
    case onlyOneOrder

    package var description: String {
      switch self {
      case .tooLong(let tokens, let max): "takes \(tokens) tokens, more than --tokens-max \(max)"
      case .notAVerdict: "has texts or scores that the verdict's form does not allow"
      case .tie: "has equal scores"
      case .onlyOneOrder: "cannot be turned to the other order: its texts name the responses in ways not understood"
      }
    }

    /// A short fixed name, to be counted by.
    package var name: String {
      switch self {
      case .tooLong: "too_long"
      case .notAVerdict: "not_a_verdict"
      case .tie: "tie"
      case .onlyOneOrder: "only_one_order"
      }
    }
  }

  /// One sequence, and what it is.
  package struct Example: Sendable, Equatable {
    package let sequence: TrainingSequence
    package let form: Form
    /// The prompt's tokens.
    package let promptTokens: Int
    /// Of each target, whether it decides: where a reasoning's evaluation names a response, and the digits of its
    /// scores. Few tokens, on which the outcome hangs; a verdict has no others, and `Form` says so of them.
    package let decides: [Bool]
  }

  package let settings: Settings
  private let tokenizer: Tokenizer
  private let chat: ChatFormat
  private let endOfTurn: Int32

  package init(_ tokenizer: Tokenizer, settings: Settings) throws(ChatFormat.Unsupported) {
    self.settings = settings
    self.tokenizer = tokenizer
    chat = try ChatFormat(tokenizer)
    endOfTurn = chat.endOfTurn
  }

  /// The prompt's tokens of a pair as it stands.
  package func prompt(_ pair: PreferencePair) -> [Int32] {
    let query = settings.usesNeutralQuery ? pair.queryNeutral ?? pair.query : pair.query
    let comparison = Comparison(
      query: query, exemplars: pair.exemplars, responseA: pair.responseA, responseB: pair.responseB)
    return chat.tokens(PromptTemplate().prompt(comparison, order: .ab, evidence: settings.evidence))
  }

  /// The sequences of a trace.
  ///
  /// - Parameter showsSwapped: with `either`, whether the responses are shown in the other order.
  package func examples(_ trace: Trace, showsSwapped: Bool) throws(Refusal) -> [Example] {
    var shown: [Trace] = []
    if settings.orders == .both || settings.orders == .written || !showsSwapped { shown.append(trace) }
    if settings.orders == .both || settings.orders == .either && showsSwapped {
      guard let swapped = trace.swapped() else { throw .onlyOneOrder }
      shown.append(swapped)
    }
    var examples: [Example] = []
    for trace in shown {
      let prompt = prompt(trace.pair)
      for form in settings.forms {
        let sequence =
          switch form {
          case .reasoning: try reasoning(trace, prompt: prompt)
          case .verdict: try verdict(trace, prompt: prompt)
          }
        if sequence.tokens.count > settings.tokensMax {
          throw .tooLong(tokens: sequence.tokens.count, max: settings.tokensMax)
        }
        let decides = form == .reasoning ? decisions(trace, sequence) : sequence.targetPositions.map { _ in true }
        examples.append(Example(sequence: sequence, form: form, promptTokens: prompt.count, decides: decides))
      }
    }
    return examples
  }

  private func scores(_ trace: Trace) throws(Refusal) -> (a: Score, b: Score) {
    func score(_ points: Double) -> Score? { Score(tenths: Int((points * 10).rounded())) }
    guard let a = score(trace.scores.a), let b = score(trace.scores.b) else { throw .notAVerdict }
    if a == b { throw .tie }
    return (a, b)
  }

  private func reasoning(_ trace: Trace, prompt: [Int32]) throws(Refusal) -> TrainingSequence {
    let scores = try scores(trace)
    guard
      let text = VerdictGrammar.text(criteria: trace.criteria, eval: trace.eval, a: scores.a, b: scores.b)
    else { throw .notAVerdict }
    return TrainingSequence(prompt: prompt, answer: tokenizer.encode(text) + [endOfTurn])
  }

  /// Which of a reasoning's targets lie where its evaluation names a response, or in a number of its scores.
  private func decisions(_ trace: Trace, _ sequence: TrainingSequence) -> [Bool] {
    let answer = sequence.targetPositions.map { tokenizer.bytes(of: sequence.tokens[$0]) }
    // Texts have no `<`, so each tag stands where it is found first.
    var isDecision = [Bool](repeating: false, count: answer.reduce(0) { $0 + $1.count })
    let bytes = Array(answer.joined())
    guard let scores = bytes.firstRange(of: Array("<scores>".utf8)),
      let eval = bytes.firstRange(of: Array("<eval>".utf8))
    else { return answer.map { _ in false } }
    for index in scores.upperBound..<bytes.count where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
      isDecision[index] = true
    }
    let characters = Array(trace.eval)
    for mention in ResponseMention.all(in: trace.eval) {
      let start = eval.upperBound + String(characters[..<mention.range.lowerBound]).utf8.count
      for index in start..<start + String(characters[mention.range]).utf8.count { isDecision[index] = true }
    }
    var end = 0
    return answer.map { token in
      end += token.count
      return isDecision[end - token.count..<end].contains(true)
    }
  }

  /// Whole numbers, as they are asked for: the nearest ones, a point apart at least.
  private func verdict(_ trace: Trace, prompt: [Int32]) throws(Refusal) -> TrainingSequence {
    let scores = try scores(trace)
    var (a, b) = ((scores.a.tenths + 5) / 10, (scores.b.tenths + 5) / 10)
    if a == b {
      if scores.a > scores.b { if a < 10 { a += 1 } else { b -= 1 } } else if b < 10 { b += 1 } else { a -= 1 }
    }
    func encode(_ bytes: [UInt8]) -> [Int32] { tokenizer.encode(String(decoding: bytes, as: UTF8.self)) }
    let opening = encode(ScoreQuestion.opening(index: 0, after: []))
    let second = encode(ScoreQuestion.opening(index: 1, after: [a]))
    let (first, last) = (encode(Array("\(a)".utf8)), encode(Array("\(b)".utf8)))
    // The engine asks behind these very tokens.
    guard second.starts(with: opening + first) else { throw .notAVerdict }
    let start = prompt.count + opening.count
    let end = prompt.count + second.count
    return TrainingSequence(
      tokens: prompt + second + last,
      targetPositions: Array(start..<start + first.count) + Array(end..<end + last.count))
  }
}
