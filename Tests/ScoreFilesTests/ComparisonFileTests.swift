import BoundedJSON
import Compression
import Judge
import ScoreFiles
import Testing

/// What a file of comparisons may look like, and that every mistake is named with its line and field.
@Suite struct ComparisonFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let good = #"{"query":"q","exemplars":["e1","e2"],"response_a":"a","response_b":"b"}"#
  static let comparison = Comparison(query: "q", exemplars: ["e1", "e2"], responseA: "a", responseB: "b")

  private func read(_ text: String, file: ComparisonFile = ComparisonFile()) throws -> [ComparisonRecord] {
    try file.read(path: folder.write(text))
  }

  @Test func readsComparisonsWithWhatStandsBesideThem() throws {
    let full =
      #"{"author":{"x":[1]},"id":"p-1","preferred":"B","query_neutral":"n","response_b":"b","response_a":"a","#
      + #""exemplars":["e1","e2"],"query":"q"}"#
    let records = try read("\(Self.good)\r\n\n  \t\n\(full)\n{\"id\":7,\"preferred\":null,\(Self.good.dropFirst())")
    #expect(
      records == [
        ComparisonRecord(index: 0, line: 1, comparison: Self.comparison),
        ComparisonRecord(index: 1, line: 4, id: .string("p-1"), comparison: Self.comparison, preferred: .b),
        ComparisonRecord(index: 2, line: 5, id: .integer(7), comparison: Self.comparison),
      ])
  }

  @Test func takesTheQueryFieldAndTheFirstExemplarsItIsTold() throws {
    let exemplars = (0..<20).map { "\"e\($0)\"" }.joined(separator: ",")
    let line =
      "{\"query\":1,\"query_neutral\":\"n\",\"exemplars\":[\(exemplars)],\"response_a\":\"a\",\"response_b\":\"b\"}"
    let fields = ComparisonFields(query: "query_neutral", exemplarsMax: 3)
    let records = try read(line, file: ComparisonFile(fields: fields))
    #expect(records.map(\.comparison.query) == ["n"])
    #expect(records.map(\.comparison.exemplars) == [["e0", "e1", "e2"]])
    #expect(throws: ScoreFileError.self) {
      try read(line, file: ComparisonFile(fields: ComparisonFields(query: "query_neutral")))
    }
  }

  @Test func readsGzipOfSeveralMembers() throws {
    let line = Array((Self.good + "\n").utf8)
    let path = try folder.write(Gzip.compress(line) + Gzip.compress(line))
    #expect(try ComparisonFile().read(path: path).map(\.line) == [1, 2])
  }

  @Test func readsFilesLargerThanOnePiece() throws {
    let long = "{\"response_a\":\"\(String(repeating: "x", count: 300_000))\",\"response_b\":\"b\","
    let line = long + "\"query\":\"q\",\"exemplars\":[\"e\"]}\n"
    let text = String(repeating: line + Self.good + "\n", count: 5)
    let records = try read(text)
    #expect(
      records.map(\.comparison.responseA.utf8.count) == [300_000, 1, 300_000, 1, 300_000, 1, 300_000, 1, 300_000, 1])
    #expect(try ComparisonFile().read(path: folder.write(Gzip.compress(Array(text.utf8)))) == records)
  }

  @Test func aLimitLeavesTheRestUnread() throws {
    let file = ComparisonFile(limit: 2)
    #expect(try read("\(Self.good)\n\(Self.good)\nnonsense", file: file).count == 2)
  }

  @Test(arguments: [
    ("[]", "", "must be an object, not an array"),
    (#"{"exemplars":["e"],"response_a":"a","response_b":"b"}"#, "query", "is missing"),
    (#"{"query":null,"exemplars":["e"],"response_a":"a","response_b":"b"}"#, "query", "must be a string, not null"),
    (#"{"query":"","exemplars":["e"],"response_a":"a","response_b":"b"}"#, "query", "must not be empty"),
    (#"{"query":"q","response_a":"a","response_b":"b"}"#, "exemplars", "is missing"),
    (
      #"{"query":"q","exemplars":"e","response_a":"a","response_b":"b"}"#, "exemplars",
      "must be an array of strings, not a string"
    ),
    (#"{"query":"q","exemplars":[],"response_a":"a","response_b":"b"}"#, "exemplars", "must have at least one text"),
    (
      #"{"query":"q","exemplars":["e",{}],"response_a":"a","response_b":"b"}"#, "exemplars[1]",
      "must be a string, not an object"
    ),
    (#"{"query":"q","exemplars":["e"],"response_b":"b"}"#, "response_a", "is missing"),
    (
      #"{"query":"q","exemplars":["e"],"response_a":"a","response_b":2}"#, "response_b",
      "must be a string, not a number"
    ),
    ("{\"preferred\":\"C\"," + good.dropFirst(), "preferred", "must be \"A\" or \"B\""),
    ("{\"id\":[]," + good.dropFirst(), "id", "must be a string or a whole number"),
  ])
  func namesTheLineAndFieldOfAMistake(line: String, field: String, reason: String) throws {
    let path = try folder.write("\(Self.good)\n\n\(line)\n")
    #expect(throws: ScoreFileError.badComparison(path: path, line: 3, field: field, reason: reason)) {
      try ComparisonFile().read(path: path)
    }
  }

  @Test(arguments: [Array("{".utf8), Array(#"{"query":"q","query":"q"}"#.utf8), [0x22, 0xFF, 0x22], Array("{}x".utf8)])
  func namesTheLineThatIsNoJSON(line: [UInt8]) throws {
    let path = try folder.write(Array(Self.good.utf8) + [0x0A] + line)
    let error = #expect(throws: ScoreFileError.self) { try ComparisonFile().read(path: path) }
    #expect(error?.description.hasPrefix("\(path):2: ") == true)
    #expect(error?.description.contains("cannot be read as JSON") == true)
  }

  @Test func refusesWhatIsNoFileOfComparisons() throws {
    #expect(throws: ScoreFileError.system(action: "open", path: folder.path("none"), errno: 2)) {
      try ComparisonFile().read(path: folder.path("none"))
    }
    #expect(throws: ScoreFileError.system(action: "read", path: folder.path(""), errno: 21)) {
      try ComparisonFile().read(path: folder.path(""))
    }
    let empty = try folder.write("\n \n")
    #expect(throws: ScoreFileError.empty(path: empty)) { try ComparisonFile().read(path: empty) }
    let cut = try folder.write(Gzip.compress(Array(Self.good.utf8)).dropLast(4))
    #expect(throws: ScoreFileError.self) { try ComparisonFile().read(path: cut) }
    let wide = try folder.write(String(repeating: " ", count: 16 << 20) + Self.good)
    #expect(throws: ScoreFileError.lineTooLong(path: wide, line: 1, bytesMax: 16 << 20)) {
      try ComparisonFile().read(path: wide)
    }
  }

  @Test func readsOneComparisonOverSeveralLines() throws {
    let path = try folder.write(Self.good.replacing(",", with: ",\n  "))
    #expect(
      try ComparisonFile().readOne(path: path) == ComparisonRecord(index: 0, line: 1, comparison: Self.comparison))
    let two = try folder.write("\(Self.good)\n\(Self.good)\n")
    #expect(throws: ScoreFileError.self) { try ComparisonFile().readOne(path: two) }
  }
}
