import BoundedJSON
import Foundation
import RemoteInference
import Testing

/// What a journal keeps through a crash at any byte, and whom it refuses.
@Suite struct RequestJournalTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("requests.jsonl")
  }

  private func key(_ name: String) -> RequestJournal.Key { RequestJournal.key(domain: "test", body: Array(name.utf8)) }

  private var cost: CostCounters {
    var cost = CostCounters()
    cost.requests = 3
    cost.retries = 2
    cost.promptTokens = 10
    cost.completionTokens = 5
    cost.costPicounits = 70_000_000
    return cost
  }

  private func answer(_ text: String) -> RequestJournal.Outcome { .answer(.object(["text": .string(text)])) }

  @Test func givesBackWhatWasRecordedInAnotherRun() throws {
    let refusal = RequestJournal.Outcome.refused(Refusal(status: 400, reason: "no"))
    do {
      let journal = try RequestJournal(path: path)
      try journal.record(answer("line\nbreak é 🙂"), of: key("a"), label: "pair-1", cost: cost)
      try journal.record(refusal, of: key("b"), label: nil, cost: cost)
      try journal.record(.unanswered(reason: "status 503"), of: key("c"), label: nil, cost: cost)
    }
    let journal = try RequestJournal(path: path)
    #expect(try journal.outcome(of: key("a")) == answer("line\nbreak é 🙂"))
    #expect(try journal.outcome(of: key("b")) == refusal)
    #expect(try journal.outcome(of: key("c")) == nil)
    #expect(try journal.outcome(of: key("d")) == nil)
    let counters = journal.counters
    #expect(counters.requests == 9 && counters.retries == 6 && counters.tokens == 45)
    #expect(counters.answers == 1 && counters.refusals == 1 && counters.costPicounits == 210_000_000)
    #expect(journal.answerCount == 1 && journal.bytesCutOff == 0)
    let lines = try folder.read("requests.jsonl").split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 4)
  }

  @Test func aLaterAnswerReplacesARefusal() throws {
    do {
      let journal = try RequestJournal(path: path)
      try journal.record(.refused(Refusal(status: nil, reason: "no")), of: key("a"), label: nil, cost: cost)
      try journal.record(answer("yes"), of: key("a"), label: nil, cost: cost)
      #expect(try journal.outcome(of: key("a")) == answer("yes"))
    }
    #expect(try RequestJournal(path: path).outcome(of: key("a")) == answer("yes"))
  }

  @Test func survivesACutAtEveryByteOfItsLastRecord() throws {
    do {
      let journal = try RequestJournal(path: path)
      try journal.record(answer("first"), of: key("a"), label: nil, cost: cost)
      try journal.record(answer("second é"), of: key("b"), label: "x", cost: cost)
    }
    let whole = try folder.read("requests.jsonl")
    let start = try #require(whole.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
    for length in start...whole.count {
      try folder.write(whole[..<length], to: "cut.jsonl")
      let cut = folder.path("cut.jsonl")
      do {
        let journal = try RequestJournal(path: cut)
        #expect(try journal.outcome(of: key("a")) == answer("first"))
        // All of it but its newline is all of it.
        let isWhole = length >= whole.count - 1
        #expect(try journal.outcome(of: key("b")) == (isWhole ? answer("second é") : nil), "cut at \(length)")
        #expect(journal.bytesCutOff == (isWhole ? 0 : length - start))
        #expect(journal.counters.answers == (isWhole ? 2 : 1))
        if !isWhole { try journal.record(answer("second é"), of: key("b"), label: "x", cost: cost) }
      }
      #expect(try folder.read("cut.jsonl") == whole, "cut at \(length)")
    }
  }

  @Test func survivesACutAtEveryByteOfItsFirstLine() throws {
    do { _ = try RequestJournal(path: path) }
    let header = try folder.read("requests.jsonl")
    for length in 0...header.count {
      try folder.write(header[..<length], to: "cut.jsonl")
      do {
        let journal = try RequestJournal(path: folder.path("cut.jsonl"))
        try journal.record(answer("x"), of: key("a"), label: nil, cost: cost)
      }
      #expect(try folder.read("cut.jsonl").starts(with: header))
      #expect(try RequestJournal(path: folder.path("cut.jsonl")).answerCount == 1)
    }
  }

  @Test func cutsOffALastLineOfZeroBytes() throws {
    do {
      let journal = try RequestJournal(path: path)
      try journal.record(answer("first"), of: key("a"), label: nil, cost: cost)
    }
    let whole = try folder.read("requests.jsonl")
    try folder.write(whole + [UInt8](repeating: 0, count: 100), to: "cut.jsonl")
    let journal = try RequestJournal(path: folder.path("cut.jsonl"))
    #expect(journal.bytesCutOff == 100 && journal.answerCount == 1)
  }

  @Test func namesTheLineThatIsDamagedInTheMiddle() throws {
    do {
      let journal = try RequestJournal(path: path)
      for name in ["a", "b", "c"] { try journal.record(answer(name), of: key(name), label: nil, cost: cost) }
    }
    var lines = try folder.read("requests.jsonl").split(separator: UInt8(ascii: "\n")).map(Array.init)
    lines[2].removeLast()
    let bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    try folder.write(bytes, to: "bad.jsonl")
    let bad = folder.path("bad.jsonl")
    let expected = JournalError.badLine(path: bad, line: 3, reason: "not a whole record, and others follow")
    #expect(throws: expected) { try RequestJournal(path: bad) }
    #expect("\(expected)".hasPrefix("\(bad):3: "))
    #expect(try folder.read("bad.jsonl") == bytes)
  }

  @Test func leavesAFileOfAnotherKindAsItIs() throws {
    for text in ["{\"id\":1}\n", "important notes", "\n", "{\"format\":2,\"object\":\"persrm.requests\"}\n{}"] {
      try folder.write(text, to: "other.txt")
      #expect(throws: JournalError.self) { try RequestJournal(path: folder.path("other.txt")) }
      #expect(try folder.read("other.txt") == Array(text.utf8))
    }
  }

  @Test func refusesASecondUserOfOneFile() throws {
    let journal = try RequestJournal(path: path)
    #expect(throws: JournalError.inUse(path: path)) { try RequestJournal(path: path) }
    #expect("\(JournalError.inUse(path: path))".contains("another process"))
    try journal.record(answer("x"), of: key("a"), label: nil, cost: cost)
  }

  @Test func refusesWhatIsNoFile() throws {
    #expect(throws: JournalError.notAFile(path: "/dev/null")) { try RequestJournal(path: "/dev/null") }
    #expect(throws: JournalError.self) { try RequestJournal(path: folder.path("missing/requests.jsonl")) }
    #expect(throws: JournalError.self) { try RequestJournal(path: folder.url.path) }
  }
}
