import BoundedJSON
import Compression
import DataFiles
import Judge
import ScoreFiles
import ScoringAPI
import TestSupport
import Testing

/// What a file of comparisons may look like, and that every mistake is named with its line and field.
@Suite struct ComparisonFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let good = #"{"query":"q","exemplars":["e1","e2"],"response_a":"a","response_b":"b"}"#
  static let request = Result { try ScoreRequest(body: Array(good.utf8)) }

  private func read(_ text: String, file: ComparisonFile = ComparisonFile()) throws -> [ComparisonRecord] {
    try file.read(path: folder.write(text))
  }

  @Test func readsComparisonsWithWhatStandsBesideThem() throws {
    let full =
      #"{"author":{"x":[1]},"id":"p-1","preferred":"B","query_neutral":"n","response_b":"b","response_a":"a","#
      + #""exemplars":["e1","e2"],"query":"q"}"#
    let request = try Self.request.get()
    let records = try read("\(Self.good)\r\n\n  \t\n\(full)\n{\"id\":7,\"preferred\":null,\(Self.good.dropFirst())")
    #expect(
      records == [
        ComparisonRecord(index: 0, line: 1, request: request),
        ComparisonRecord(index: 1, line: 4, id: .string("p-1"), request: request, preferred: .b),
        ComparisonRecord(index: 2, line: 5, id: .integer(7), request: request),
      ])
  }

  @Test func takesTheQueryFieldAndTheFirstExemplarsItIsTold() throws {
    let exemplars = (0..<20).map { "\"e\($0)\"" }.joined(separator: ",")
    let line =
      "{\"query\":1,\"query_neutral\":\"n\",\"exemplars\":[\(exemplars)],\"response_a\":\"a\",\"response_b\":\"b\"}"
    let fields = ComparisonFields(query: "query_neutral", exemplarsMax: 3)
    let records = try read(line, file: ComparisonFile(fields: fields))
    #expect(records.map(\.request.comparison.query) == ["n"])
    #expect(records.map(\.request.comparison.exemplars) == [["e0", "e1", "e2"]])
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
    let long = "{\"response_a\":\"\(String(repeating: "x", count: 60_000))\",\"response_b\":\"b\","
    let line = long + "\"query\":\"q\",\"exemplars\":[\"e\"]}\n"
    let text = String(repeating: line + Self.good + "\n", count: 5)
    let records = try read(text)
    #expect(
      records.map(\.request.comparison.responseA.utf8.count) == [
        60_000, 1, 60_000, 1, 60_000, 1, 60_000, 1, 60_000, 1,
      ])
    #expect(try ComparisonFile().read(path: folder.write(Gzip.compress(Array(text.utf8)))) == records)
  }

  @Test func aLimitLeavesTheRestUnread() throws {
    let file = ComparisonFile(limit: 2)
    #expect(try read("\(Self.good)\n\(Self.good)\nnonsense", file: file).count == 2)
  }

  @Test(arguments: [
    ("[]", "", "must be an object, not an array"),
    (#"{"exemplars":["e"],"response_a":"a","response_b":"b"}"#, "/query", "is missing"),
    (#"{"query":"","exemplars":["e"],"response_a":"a","response_b":"b"}"#, "/query", "must not be empty"),
    (
      #"{"query":"q","exemplars":["e",{}],"response_a":"a","response_b":"b"}"#, "/exemplars/1",
      "must be a string, not an object"
    ),
    (
      #"{"query":"q","exemplars":["e"],"response_a":"a","response_b":2}"#, "/response_b",
      "must be a string, not a number"
    ),
    ("{\"preferred\":\"C\"," + good.dropFirst(), "/preferred", "must be \"A\" or \"B\""),
    ("{\"id\":[]," + good.dropFirst(), "/id", "must be a string or a whole number"),
  ])
  func namesTheLineAndFieldOfAMistake(line: String, pointer: String, detail: String) throws {
    let path = try folder.write("\(Self.good)\n\n\(line)\n")
    let fault = FieldError(pointer: pointer, detail: detail)
    let error = #expect(throws: ScoreFileError.badComparison(path: path, line: 3, fault)) {
      try ComparisonFile().read(path: path)
    }
    let name = pointer.isEmpty ? "the comparison" : String(pointer.dropFirst())
    #expect(error?.description == "\(path):3: \(name) \(detail)")
  }

  @Test func namesTheQueryFieldThatItWasTold() throws {
    let path = try folder.write(Self.good)
    let file = ComparisonFile(fields: ComparisonFields(query: "query_neutral"))
    let fault = FieldError(pointer: "/query_neutral", detail: "is missing")
    #expect(throws: ScoreFileError.badComparison(path: path, line: 1, fault)) { try file.read(path: path) }
  }

  @Test func givesEveryComparisonTheOptions() throws {
    let options: [String: JSONValue] = ["order": .string("both"), "seed": .integer(7)]
    let records = try read(Self.good, file: ComparisonFile(fields: ComparisonFields(options: options)))
    #expect(records.map(\.request.options.order) == [.both] && records.map(\.request.options.sampling.seed) == [7])
  }

  @Test func optionsOfALineCountOnlyWhereTheyAreAskedFor() throws {
    let path = try folder.write("{\"order\":\"both\",\"seed\":7,\"method\":\"reasoning\"," + Self.good.dropFirst())
    var fields = ComparisonFields(options: ["seed": .integer(8)])
    let unread = try ComparisonFile(fields: fields).readOne(path: path).request.options
    #expect(unread.order == .ab && unread.sampling.seed == 8)
    fields.readsOptions = true
    let read = try ComparisonFile(fields: fields).readOne(path: path).request.options
    #expect(read.order == .both && read.sampling.seed == 8)
  }

  @Test(arguments: [Array("{".utf8), Array(#"{"query":"q","query":"q"}"#.utf8), [0x22, 0xFF, 0x22], Array("{}x".utf8)])
  func namesTheLineThatIsNoJSON(line: [UInt8]) throws {
    let path = try folder.write(Array(Self.good.utf8) + [0x0A] + line)
    let error = #expect(throws: ScoreFileError.self) { try ComparisonFile().read(path: path) }
    #expect(error?.description.hasPrefix("\(path):2: ") == true)
    #expect(error?.description.contains("cannot be read as JSON") == true)
  }

  @Test func refusesWhatIsNoFileOfComparisons() throws {
    #expect(throws: ScoreFileError.file(.system(action: "open", path: folder.path("none"), errno: 2))) {
      try ComparisonFile().read(path: folder.path("none"))
    }
    #expect(throws: ScoreFileError.file(.system(action: "read", path: folder.path(""), errno: 21))) {
      try ComparisonFile().read(path: folder.path(""))
    }
    let empty = try folder.write("\n \n")
    #expect(throws: ScoreFileError.empty(path: empty)) { try ComparisonFile().read(path: empty) }
    let cut = try folder.write(Gzip.compress(Array(Self.good.utf8)).dropLast(4))
    #expect(throws: ScoreFileError.self) { try ComparisonFile().read(path: cut) }
    let wide = try folder.write(String(repeating: " ", count: 16 << 20) + Self.good)
    #expect(throws: ScoreFileError.file(.lineTooLong(path: wide, line: 1, bytesMax: 16 << 20))) {
      try ComparisonFile().read(path: wide)
    }
  }

  @Test func readsOneComparisonOverSeveralLines() throws {
    let path = try folder.write(Self.good.replacing(",", with: ",\n  "))
    #expect(
      try ComparisonFile().readOne(path: path) == ComparisonRecord(index: 0, line: 1, request: Self.request.get()))
    let two = try folder.write("\(Self.good)\n\(Self.good)\n")
    #expect(throws: ScoreFileError.self) { try ComparisonFile().readOne(path: two) }
  }
}
