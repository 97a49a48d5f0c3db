import Corpora
import Foundation
import Lexicon
import Testing

/// A few words change, in their form, and not a byte beside them.
@Suite struct LexicalPerturbationTests {
  private func tiny() throws -> LexicalPerturbation { LexicalPerturbation(wordNet: try Dictionaries.tiny.get()) }

  /// Sentences without a word that could be replaced, to keep others apart.
  private static let filler = " We met him there on that day, and it was as it was before."

  /// Every replacement that some seed makes in a text, as "old>new".
  private func replaced(_ text: String, with others: Bool = true) throws -> Set<String> {
    // Three words that can always be replaced, so that a single one is tried, too.
    let anchors =
      " Maybe it rained." + Self.filler + " They often sang." + Self.filler + " It nearly fell." + Self.filler
    let whole = text + Self.filler + (others ? anchors : "")
    let perturbation = try tiny()
    var found: Set<String> = []
    for seed in 0..<30 {
      guard let result = perturbation.perturb(whole, seed: UInt64(seed)) else { continue }
      try check(result, of: whole)
      for replacement in result.replacements where replacement.range.upperBound <= text.utf8.count {
        found.insert("\(replacement.old)>\(replacement.new)")
      }
    }
    return found
  }

  /// That the replacements account for every difference.
  private func check(_ result: Perturbed, of text: String) throws {
    #expect((3...4).contains(result.replacements.count))
    let (before, after) = (Array(text.utf8), Array(result.text.utf8))
    var (position, shifted) = (0, 0)
    for replacement in result.replacements {
      let length = replacement.range.lowerBound - position
      try #require(length >= 0 && shifted + length <= after.count)
      #expect(before[position..<replacement.range.lowerBound] == after[shifted..<(shifted + length)])
      shifted += length
      #expect(before[replacement.range].elementsEqual(replacement.old.utf8))
      #expect(after[shifted...].starts(with: replacement.new.utf8))
      shifted += replacement.new.utf8.count
      position = replacement.range.upperBound
    }
    #expect(before[position...] == after[shifted...])
  }

  @Test(arguments: [
    ("She bought the house.", ["bought>purchased"]), ("He has begun the work.", ["begun>commenced", "begun>started"]),
    ("They began the work.", ["began>commenced", "began>started"]),
    ("We were choosing a plan.", ["choosing>selecting"]),
    ("He prohibited the market.", ["prohibited>forbade"]), ("It has prohibited the market.", ["prohibited>forbidden"]),
    ("The town prohibited the market.", []),
    ("It was prohibited by the town.", ["prohibited>forbidden"]), ("She tries to walk.", ["tries>attempts"]),
    ("It was the largest house.", ["largest>biggest"]), ("A larger house.", ["larger>bigger"]),
    ("It is the main part of it.", ["main>chief", "main>principal"]),
    ("There is a huge house.", ["a huge>an immense", "huge>vast"]),
    ("There is an immense house.", ["an immense>a huge", "an immense>a vast"]),
    ("Perhaps they went.", ["Perhaps>Maybe"]),
    ("However, they went.", ["However>Nevertheless", "However>Nonetheless"]),
    ("It cost about 30 dollars.", ["about>roughly"]),
    ("It is pretty large.", ["large>big", "pretty>fairly"]), ("The exact number is there.", ["exact>precise"]),
  ])
  func keepsTheForm(text: String, replacements: [String]) throws {
    let found = try replaced(text)
    #expect(found == Set(replacements), "\(found.sorted())")
  }

  @Test(arguments: [
    "He said: \"I bought the house, and it is the main one.\"", "\u{201C}Perhaps they went,\u{201D} she said.",
    "Ann Large House is her name.", "BOUGHT THE HOUSE", "The large-scale plan.", "It is a big deal.",
    "She bought Ann out.",
    "However much it is.", "They work hard.", "That red house.", "It is about the house.", "Start the work.",
    "The start of it.",
    "as often as not", "caf\u{E9}almost", "almost@example", "He is pretty.", "The starts of it.",
    "He fell nearly of it.", "the chosen plan",
  ])
  func leavesAlone(text: String) throws {
    #expect(try replaced(text).isEmpty)
  }

  @Test func fewerThanThreeAreNone() throws {
    #expect(try tiny().perturb("Perhaps they often sang.", seed: 1) == nil)
    #expect(try tiny().perturb("", seed: 1) == nil)
    let same = String(repeating: "They often sang." + Self.filler, count: 5)
    #expect(try tiny().perturb(same, seed: 1) == nil, "each lemma once")
  }

  @Test func theSameSeedGivesTheSameAndOthersDiffer() throws {
    let text = [
      "Perhaps she bought the house.", "It was nearly night.", "They often tried to walk.", "The main plan was there.",
      "However, they began the work.", "A huge story was told.",
    ].joined(separator: Self.filler + " ")
    let perturbation = try tiny()
    let results = (0..<20).map { perturbation.perturb(text, seed: $0) }
    for (seed, result) in results.enumerated() {
      try check(try #require(result), of: text)
      #expect(perturbation.perturb(text, seed: UInt64(seed)) == result)
    }
    #expect(Set(results.compactMap { $0?.text }).count > 10)
    #expect(Set(results.compactMap { $0?.replacements.count }) == [3, 4])
  }

  private static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/data").standardizedFileURL.path
  private static let isComplete = Dictionaries.isInstalled && FileManager.default.fileExists(atPath: data + "/blogs")

  @Test(.enabled(if: isComplete, "wordnet-base is not installed, or the corpora are not at ../shared/data"))
  func realTextsChangeInTheirReplacementsOnly() throws {
    let perturbation = LexicalPerturbation(wordNet: try Dictionaries.installed.get())
    for name in ["ccat50", "cmcc", "blogs"] {
      let splits = try AuthorSplits.read(path: "\(Self.data)/\(name)/splits.json")
      let corpus = try Corpus.read(path: "\(Self.data)/\(name)/texts.jsonl.gz")
      let texts = corpus.texts(of: Set(splits.authors(in: .train))).prefix(150).map { String(TextCut.cut($0.text)) }
      let results = texts.map { ($0, perturbation.perturb($0, seed: 1)) }
      for case (let text, let result?) in results { try check(result, of: text) }
      #expect(results.count { $0.1 != nil } > texts.count / 10)
    }
  }
}
