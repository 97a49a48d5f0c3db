/// Texts by seed, ordinary and hostile.
enum RandomText {
  /// A generator of its own, so that a seed means the same text for ever (Steele et al. 2014, SplitMix64).
  struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private static let words = [
    "the", "a", "river", "said", "I", "don't", "maybe", "because", "house", "really", "over", "running", "lol",
    "market",
    "WTO", "1997", "she", "was", "not", "well-known", "very", "and", "you", "our", "government", "sooo", "that's", "in",
  ]
  private static let marks = [
    " ", " ", " ", " ", " ", " ", ", ", ". ", "! ", "... ", " - ", "; ", " (", ") ", " \"", "\" ", "\n",
  ]
  private static let scraps = [
    "\u{301}", "\u{1F600}", "\0", "\u{202E}", "'", "\u{2019}", "-", ".", "\"", "\u{201C}", "\u{130}", "\u{FEFF}",
    "\r\n", "\u{2028}", ":)",
    "\u{10FFFF}", "\u{661}", "9", "A", "i", "z", ",", "\u{5D0}", "\u{4E2D}",
  ]

  /// Word after word with punctuation between, as many as `count`.
  static func ordinary(seed: UInt64, count: Int = 120) -> String {
    var generator = Generator(seed: seed)
    var text = ""
    for _ in 0..<count {
      text += words[Int.random(in: 0..<words.count, using: &generator)]
      text += marks[Int.random(in: 0..<marks.count, using: &generator)]
    }
    return text
  }

  /// Anything behind anything.
  static func hostile(seed: UInt64, count: Int = 200) -> String {
    var generator = Generator(seed: seed)
    var text = ""
    for _ in 0..<count {
      text += (Bool.random(using: &generator) ? scraps : words + marks).randomElement(using: &generator) ?? ""
    }
    return text
  }
}
