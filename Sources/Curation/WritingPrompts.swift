import Judge
import Stylometry

/// What a language model is told when it is to write a response, or to judge as a teacher.
enum WritingPrompts {
  /// Tokens a word takes at most, so that a text has room to end.
  private static let tokensPerWord = 2
  /// Tokens of a judgement.
  private static let judgementTokensMax = 700
  static let temperature = 0.8

  /// The request for a response.
  static func request(_ order: PairDraft.WritingOrder, seed: UInt64) -> WritingRequest {
    let length = "Write about \(order.words) words of plain prose, without a title, a heading or a comment of your own."
    let opening = order.opening.map { " The text starts with this sentence, which you do not repeat: \($0)" } ?? ""
    let (system, user): (String, String)
    switch order.task {
    case .continuation:
      system = "You write what you are asked for, in your own manner."
      user = "\(order.query)\(opening)\n\n\(length)"
    case .confounding(let original):
      system = "You write texts that say what another text says, in other words."
      user = """
        Write a new text with the same content as the one below, in your own words and manner. Keep facts and names; \
        do not copy a sentence.\(opening)

        \(original)

        \(length)
        """
    case .imitation(let exemplars):
      system = "You imitate how people write."
      let shown = exemplars.enumerated().map { "Text \($0 + 1):\n\($1)" }.joined(separator: "\n\n")
      user = """
        These texts are by one person:

        \(shown)

        Write the following as that person would, with their words, sentences, punctuation and habits, and on another \
        subject than these texts. \(order.query)\(opening)

        \(length)
        """
    }
    return WritingRequest(
      system: system, user: user, tokensMax: order.words * tokensPerWord, temperature: temperature, seed: seed)
  }

  /// The request for a judgement: the judge's own prompt, and what makes a judgement fit to be learnt from.
  static func teaching(_ prompt: Prompt, seed: UInt64, temperature: Double) -> WritingRequest {
    let system = prompt.messages.first { $0.role == .system }?.content ?? ""
    let user = prompt.messages.first { $0.role == .user }?.content ?? ""
    let rules = """
      Keep each part under 120 words of plain English. Quote short spans word for word between double quotation marks, \
      naming first whether the exemplars, Response A or Response B has them. State no number but measurements given to \
      you. End the evaluation with a sentence that says which response is closer to the exemplars. The scores differ \
      by at least one point.
      """
    return WritingRequest(
      system: "\(system)\n\(rules)", user: user, tokensMax: judgementTokensMax, temperature: temperature, seed: seed,
      isVerdict: true)
  }
}
