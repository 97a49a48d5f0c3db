import Corpora
import Judge
import Reinforcement

/// Pairs and completions that say nothing, for tests.
enum InventedPairs {
  static func pair(
    _ id: String, preferred: PreferencePair.Slot = .a, kind: String = "random", exemplars: Int = 4,
    neutral: String? = "Write a note."
  ) -> PreferencePair {
    PreferencePair(
      id: id, query: "Write about \(id).", queryNeutral: neutral,
      exemplars: (0..<exemplars).map { "Exemplar \($0) of \(id), in plain words." },
      responseA: "First text of \(id).", responseB: "Second text of \(id).", preferred: preferred,
      author: "author of \(id)", negativeKind: kind)
  }

  static func sources(_ counts: [(corpus: String, kind: String, count: Int)]) -> [RolloutPlan.Source] {
    counts.flatMap { corpus, kind, count in
      (0..<count).map { index in
        RolloutPlan.Source(
          corpus: corpus,
          pair: pair("\(corpus)-\(kind)-\(index)", preferred: index % 3 == 0 ? .a : .b, kind: kind))
      }
    }
  }

  /// A verdict in the form that is asked for.
  static func verdict(_ a: String, _ b: String) -> String {
    "<criteria>Short words.</criteria>\n<eval>A has them.</eval>\n<scores>A: \(a), B: \(b)</scores>"
  }

  static func completion(
    _ text: String, _ order: SlotOrder = .ab, tokens: Int = 20, finish: FinishReason = .stop
  ) -> VerdictReward.Completion {
    VerdictReward.Completion(text: text, finishReason: finish, tokens: tokens, order: order)
  }
}
