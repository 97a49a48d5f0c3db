import Compression
import Corpora
import DataFiles
import TestSupport
import Testing

/// Pairs, traces and texts come back as they were written, and every mistake is named with file, line and field.
@Suite struct RecordFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let plain = PreferencePair(
    id: "p-1", query: "Write a note.", exemplars: ["One line.", "Another\nline."], responseA: "Mine.",
    responseB: "Theirs, \"quoted\".", preferred: .b, author: "ann", negativeKind: "random")
  static let full = PreferencePair(
    id: "p-2", query: "Go on: ünï", queryNeutral: "Write a note.", exemplars: ["One."], responseA: "Mine.",
    responseB: "Theirs.", preferred: .a, author: "ann", negativeAuthor: "bob", genre: "note", topic: "tea",
    negativeKind: "near_topic", positiveKind: "lexical", variant: "standard", exemplarGenres: ["note"],
    exemplarIDs: ["n-1"], positiveID: "n-2", negativeID: "n-3")
  static let trace = Trace(
    pair: full, criteria: "Short.", eval: "A is short.", scores: Trace.Scores(a: 8.5, b: 2), teacher: "stylometric")
  static let good =
    #"{"id":"1","query":"q","exemplars":["e","f"],"response_a":"a","response_b":"b","preferred":"A","author":"x","#
    + #""negative_kind":"random""#

  private func failure<Record: FileRecord>(_ type: Record.Type, _ text: String) throws -> String? {
    let path = try folder.write(text)
    do throws(CorpusError) {
      _ = try RecordFile.read(type, path: path)
      return nil
    } catch {
      #expect(error.description.hasPrefix(path + ":"))
      return String(error.description.dropFirst(path.count + 1))
    }
  }

  @Test(arguments: ["records.jsonl", "records.jsonl.gz"])
  func recordsComeBackAsTheyWere(name: String) throws {
    let path = folder.path(name)
    try RecordFile.write([Self.plain, Self.full], to: path)
    #expect(try RecordFile.read(PreferencePair.self, path: path) == [Self.plain, Self.full])
    #expect(try RecordFile.read(PreferencePair.self, path: path, limit: 1) == [Self.plain])
    var ordered = Self.trace
    ordered.order = .ba
    try RecordFile.write([Self.trace, ordered], to: path)
    #expect(try RecordFile.read(Trace.self, path: path) == [Self.trace, ordered])
    #expect(try RecordFile.read(PreferencePair.self, path: path) == [Self.full, Self.full], "a trace is a pair, too")
    let dropped = [
      DroppedTrace(Self.trace, reason: "wrong_quote", detail: "\"tea\" is in no exemplar"),
      DroppedTrace(pair: Self.plain, teacher: "remote", reason: "malformed", raw: "I cannot"),
    ]
    try RecordFile.write(dropped, to: path)
    #expect(try RecordFile.read(DroppedTrace.self, path: path) == dropped)
    let texts = [
      CorpusText(author: "ann", documentID: "1", text: "One."),
      CorpusText(author: "ann", documentID: "2", genre: "note", topic: "tea", text: "Two."),
    ]
    try RecordFile.write(texts, to: path)
    #expect(try RecordFile.read(CorpusText.self, path: path) == texts)
  }

  @Test func fieldsOfATraceStandBesideThoseOfItsPair() throws {
    let line = String(decoding: try RecordFile.bytes(of: Self.trace, path: ""), as: UTF8.self)
    #expect(line.hasPrefix(#"{"author":"ann","criteria":"Short.","eval":"A is short.","exemplar_genres":["note"]"#))
    #expect(line.contains(#""scores":{"a":8.5,"b":2},"teacher":"stylometric""#))
    #expect(!line.contains("\"order\"") && !line.contains("\n"))
  }

  @Test func fieldsOfOthersAndBlankLinesArePassedOver() throws {
    let path = try folder.write(
      Gzip.compress(Array("\n\(Self.good),\"topic_similarity\":0.5,\"more\":[{}]}\r\n \n".utf8)))
    let pairs = try RecordFile.read(PreferencePair.self, path: path)
    #expect(pairs.map(\.id) == ["1"] && pairs[0].response(.a) == "a" && pairs[0].swapped.response(.b) == "a")
  }

  @Test(arguments: [
    (#""preferred":"C""#, "preferred"), (#""preferred":null"#, "preferred must be"), (#""query":7"#, "query must be"),
    (#""query":" ""#, "query must not be empty"), (#""exemplars":[]"#, "exemplars must not be empty"),
    (#""exemplars":["e",""]"#, "exemplars/1 must not be empty"), (#""exemplars":["e",1]"#, "exemplars/1 must be"),
    (#""exemplars":"e""#, "exemplars must be an array"), (#""genre":[]"#, "genre must be a string"),
    (#""author":{}"#, "author must be a string"),
  ])
  func namesTheFieldOfAMistake(member: String, message: String) throws {
    let name = member.prefix { $0 != ":" }
    var members = Self.good.dropFirst().replacing("[\"e\",\"f\"]", with: "[]").split(separator: ",")
    members.removeAll { $0.hasPrefix(name) }
    if !member.contains("exemplars") { members = members.map { $0.replacing("[]", with: "[\"e\"]")[...] } }
    let line = "{" + members.joined(separator: ",") + "," + member + "}"
    let failure = try failure(PreferencePair.self, Self.good + "}\n\n" + line)
    #expect(failure?.hasPrefix("3: \(message)") == true, "\(failure ?? "accepted")")
  }

  @Test func refusesScoresThatAreNone() throws {
    let start = Self.good + #","criteria":"c","eval":"e","teacher":"t","scores":"#
    #expect(try failure(Trace.self, start + #"{"a":1,"b":10}}"#) == nil)
    #expect(try failure(Trace.self, start + #"{"a":0.5,"b":10}}"#) == "1: scores/a must be 1 to 10, not 0.5")
    #expect(try failure(Trace.self, start + #"{"a":1}}"#) == "1: scores/b is missing")
    #expect(try failure(Trace.self, start + #"{"a":1,"b":"7"}}"#) == "1: scores/b must be a number")
    #expect(try failure(Trace.self, start + #"{"a":1,"b":true}}"#) == "1: scores/b must be a number")
    #expect(try failure(Trace.self, start + #"{"a":1,"b":2},"order":"xy"}"#)?.hasPrefix("1: order") == true)
  }

  @Test func namesTheLineThatIsNoJSONAndAnEmptyFile() throws {
    #expect(try failure(PreferencePair.self, Self.good + "}\n{")?.hasPrefix("2: cannot be read as JSON") == true)
    #expect(try failure(PreferencePair.self, "[]") == "1: the record must be an object")
    #expect(try failure(PreferencePair.self, " \n") == " no pairs in it")
    #expect(throws: CorpusError.file(.system(action: "open", path: folder.path("none"), errno: 2))) {
      try RecordFile.read(PreferencePair.self, path: folder.path("none"))
    }
    #expect(throws: CorpusError.file(.system(action: "write to", path: "/dev/full", errno: 28))) {
      try RecordFile.write([Self.plain], to: "/dev/full")
    }
  }
}
