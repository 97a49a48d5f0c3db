import Corpora
import Evaluation

/// Small made-up results.
enum Sample {
  static func pair(
    _ id: String, author: String = "x", other: String? = "y", preferred: PreferencePair.Slot = .a,
    kind: String = "random", genre: String? = nil, variant: String? = nil, exemplars: [String] = ["An exemplar."],
    a: String = "One. Two. Three. Four.", b: String = "Five. Six. Seven. Eight."
  ) -> PreferencePair {
    PreferencePair(
      id: id, query: "Write.", exemplars: exemplars, responseA: a, responseB: b, preferred: preferred, author: author,
      negativeAuthor: other, genre: genre, negativeKind: kind, variant: variant)
  }

  /// An answer with these scores.
  static func answer(
    _ order: JudgedPair.Order, _ a: Double, _ b: Double, p: Double? = nil, votes: [JudgedPair.Vote]? = nil
  ) -> JudgedPair.Answer {
    JudgedPair.Answer(
      order: order, scoreA: a, scoreB: b, winner: a == b ? .tie : a > b ? .a : .b, probabilityA: p, votes: votes)
  }

  /// The same in order ab.
  static func answer(_ a: Double, _ b: Double, p: Double? = nil) -> JudgedPair.Answer { answer(.ab, a, b, p: p) }

  static func failed(_ failure: JudgedPair.Failure) -> JudgedPair.Answer { failed(.ab, failure) }

  static func failed(_ order: JudgedPair.Order, _ failure: JudgedPair.Failure) -> JudgedPair.Answer {
    JudgedPair.Answer(order: order, failure: failure)
  }

  static func vote(_ a: Double?, _ b: Double?) -> JudgedPair.Vote {
    guard let a, let b else { return JudgedPair.Vote(scoreA: nil, scoreB: nil, winner: nil) }
    return JudgedPair.Vote(scoreA: a, scoreB: b, winner: a == b ? .tie : a > b ? .a : .b)
  }

  /// Random results of a judge that is right at this rate.
  static func random(
    _ count: Int, authors: Int, rate: Double, seed: UInt64, both: Bool = true
  ) -> [JudgedPair] {
    var random = Numbers(seed: seed)
    return (0..<count).map { index in
      let preferred: PreferencePair.Slot = random.unit() < 0.5 ? .a : .b
      func answer(_ order: JudgedPair.Order) -> JudgedPair.Answer {
        let draw = random.unit()
        if draw < 0.02 { return failed(order, .malformed) }
        if draw < 0.03 { return failed(order, .truncated) }
        let isRight = random.unit() < rate
        let high = 5 + (random.unit() * 50).rounded() / 10
        let low = random.unit() < 0.05 ? high : high - 0.5 - (random.unit() * 30).rounded() / 10
        let a = (preferred == .a) == isRight
        return Sample.answer(order, a ? high : low, a ? low : high, p: 0.1 + 0.8 * random.unit())
      }
      return JudgedPair(
        pair(
          "p\(index)", author: "author\(Int(random.unit() * Double(authors)))", preferred: preferred,
          kind: random.unit() < 0.5 ? "near_topic" : "random", genre: random.unit() < 0.5 ? "news" : "blog",
          a: String(repeating: "word ", count: 5 + Int(random.unit() * 120)),
          b: String(repeating: "word ", count: 5 + Int(random.unit() * 120))),
        exemplars: 1 + index % 3, answers: both ? [answer(.ab), answer(.ba)] : [answer(.ab)],
        floors: ["length": random.unit() - 0.5, "char_ngrams": preferred == .a ? 0.1 : -0.1])
    }
  }
}

/// Random numbers of the tests' own.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493 }

  /// 0..<1.
  mutating func unit() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(state >> 11) * 0x1p-53
  }
}
