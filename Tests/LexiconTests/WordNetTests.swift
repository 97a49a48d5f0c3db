import Foundation
import Lexicon
import TestSupport
import Testing

/// What is in a database's files is found; what is wrong in them is named.
@Suite struct WordNetTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func findsSensesCountsAndMembers() throws {
    let tiny = try Dictionaries.tiny.get()
    #expect(tiny.senses(of: "start", as: .verb).map(\.count) == [20, 1])
    #expect(tiny.count(of: "start", as: .verb) == 21 && tiny.count(of: "start", as: .noun) == 2)
    let sense = try #require(tiny.senses(of: "begin", as: .verb).first)
    #expect(tiny.members(of: sense.synset, as: .verb).map(\.lemma) == ["begin", "start", "commence"])
    let main = try #require(tiny.senses(of: "main", as: .adjective).first)
    #expect(tiny.members(of: main.synset, as: .adjective).map(\.position) == ["a", "a", "a"])
    #expect(tiny.senses(of: "stranger", as: .noun).isEmpty && tiny.members(of: 1, as: .verb).isEmpty)
    #expect(tiny.isPhrase(["big", "deal"]) && !tiny.isPhrase(["large", "deal"]))
  }

  @Test(arguments: [
    ("started", WordNet.PartOfSpeech.verb, ["start"]), ("chosen", .verb, ["choose"]), ("trying", .verb, ["try"]),
    ("tries", .verb, ["try"]), ("choosing", .verb, ["choose"]), ("forbidding", .verb, ["forbid"]),
    ("commences", .verb, ["commence"]), ("bigger", .adjective, ["big"]), ("largest", .adjective, ["large"]),
    ("funnier", .adjective, ["funny"]), ("stories", .noun, ["story"]), ("boxes", .noun, ["box"]),
    ("men", .noun, ["man"]), ("wolves", .noun, ["wolf"]), ("almost", .adverb, ["almost"]), ("houses", .verb, []),
    ("starter", .verb, []), ("", .noun, []), ("s", .noun, []),
  ])
  func findsTheLemmasOfAForm(form: String, part: WordNet.PartOfSpeech, lemmas: [String]) throws {
    #expect(try Dictionaries.tiny.get().lemmas(of: form, as: part) == lemmas)
  }

  @Test func saysHowToInstallWhatIsMissing() {
    let error = #expect(throws: LexiconError.notInstalled(path: folder.path("none"))) {
      try WordNet.read(path: folder.path("none"))
    }
    #expect(error?.description.contains("apt-get install wordnet-base") == true)
  }

  @Test(arguments: [
    ("index.verb", "begin v 1 0 1 0\n"), ("index.noun", "house n 2 1 @ 2 0 00000001\n"),
    ("index.adj", "large a 1 0 1 0 offset\n"), ("data.verb", "00000001 00 v 02 begin 0\n"),
    ("data.adv", "start\n"), ("verb.exc", "began\n"), ("cntlist.rev", "begin%2:00:00:: one 2\n"),
    ("cntlist.rev", "begin 1 2\n"),
  ])
  func namesTheLineThatIsWrong(name: String, text: String) throws {
    let copy = folder.path("wordnet")
    try FileManager.default.copyItem(atPath: Dictionaries.tinyPath, toPath: copy)
    try folder.write("  1 licence\n" + text, to: "wordnet/" + name)
    let error = #expect(throws: LexiconError.self) { try WordNet.read(path: copy) }
    #expect(error?.description.hasPrefix("\(copy)/\(name):2: ") == true, "\(error?.description ?? "")")
  }

  @Test func withoutCountsAllSensesCountNothing() throws {
    let copy = folder.path("wordnet")
    try FileManager.default.copyItem(atPath: Dictionaries.tinyPath, toPath: copy)
    try FileManager.default.removeItem(atPath: copy + "/cntlist.rev")
    #expect(try WordNet.read(path: copy).count(of: "begin", as: .verb) == 0)
    try FileManager.default.removeItem(atPath: copy + "/data.adv")
    #expect(throws: LexiconError.notInstalled(path: copy)) { try WordNet.read(path: copy) }
  }

  @Test(.enabled(if: Dictionaries.isInstalled, "wordnet-base is not installed"))
  func readsTheInstalledDatabase() throws {
    let wordNet = try Dictionaries.installed.get()
    #expect(wordNet.count(of: "large", as: .adjective) > 100)
    #expect(wordNet.lemmas(of: "bought", as: .verb) == ["buy"])
    #expect(wordNet.isPhrase(["social", "security"]) && wordNet.isPhrase(["give", "up"]))
  }

  @Test(.enabled(if: Dictionaries.isInstalled, "wordnet-base is not installed"))
  func theDatabaseAgreesWithEveryPairOfTheRules() throws {
    let wordNet = try Dictionaries.installed.get()
    for pair in SynonymRules.pairs {
      let members = wordNet.senses(of: pair.lemma, as: pair.part).flatMap {
        wordNet.members(of: $0.synset, as: pair.part)
      }
      #expect(members.contains { $0.lemma == pair.synonym }, "\(pair.lemma) and \(pair.synonym)")
    }
    #expect(SynonymRules.pairs.count > 400)
  }
}
