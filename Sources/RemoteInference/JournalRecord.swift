import BoundedJSON
import Digests

/// One line of a journal.
struct JournalRecord {
  let key: RequestJournal.Key
  /// The caller's name for the request, for people who read the file.
  let label: String?
  let outcome: RequestJournal.Outcome
  let cost: CostCounters

  init(key: RequestJournal.Key, label: String?, outcome: RequestJournal.Outcome, cost: CostCounters) {
    self.key = key
    self.label = label
    self.outcome = outcome
    self.cost = cost
  }

  /// A line may be as large as an answer may, and as deep.
  static let limits = JSONLimits(bytesMax: RequestJournal.lineBytesMax, depthMax: 64, valuesMax: 1_000_000)

  /// Reads a line without its newline; nil where it is no whole record.
  init?(_ line: [UInt8]) {
    // `try?`: what is no JSON is no record, and the line is named by whoever reads the file.
    guard let value = try? JSONReader.value(line, limits: Self.limits),
      let key = value["key"]?.string.flatMap(Hexadecimal.bytes), key.count == SHA256.digestBytes,
      let kind = value["kind"]?.string, let cost = Self.cost(value)
    else { return nil }
    switch kind {
    case "answer":
      guard let answer = value["answer"] else { return nil }
      outcome = .answer(answer)
    case "refused":
      guard let reason = value["reason"]?.string else { return nil }
      outcome = .refused(Refusal(status: value["status"]?.integer.flatMap { Int(exactly: $0) }, reason: reason))
    case "unanswered":
      guard let reason = value["reason"]?.string else { return nil }
      outcome = .unanswered(reason: reason)
    case "attempt":
      guard let reason = value["reason"]?.string else { return nil }
      outcome = .attempt(reason: reason)
    default: return nil
    }
    self.key = key
    label = value["label"]?.string
    self.cost = cost
  }

  /// With its newline.
  var line: [UInt8] {
    var members: [String: JSONValue] = [
      "key": .string(Hexadecimal.text(key)), "requests": .integer(Int64(cost.requests)),
      "retries": .integer(Int64(cost.retries)), "prompt_tokens": .integer(Int64(cost.promptTokens)),
      "completion_tokens": .integer(Int64(cost.completionTokens)), "cost_picounits": .integer(cost.costPicounits),
    ]
    if let label { members["label"] = .string(label) }
    if cost.estimatedAnswers > 0 { members["estimated"] = .bool(true) }
    switch outcome {
    case .answer(let answer):
      members["kind"] = .string("answer")
      members["answer"] = answer
    case .refused(let refusal):
      members["kind"] = .string("refused")
      members["reason"] = .string(refusal.reason)
      members["status"] = refusal.status.map { .integer(Int64($0)) } ?? .null
    case .unanswered(let reason):
      members["kind"] = .string("unanswered")
      members["reason"] = .string(reason)
    case .attempt(let reason):
      members["kind"] = .string("attempt")
      members["reason"] = .string(reason)
    }
    do throws(JSONError) {
      return try JSONWriter.bytes(JSONValue.object(members)) + [UInt8(ascii: "\n")]
    } catch {
      preconditionFailure("an answer that came as JSON can be written as JSON: \(error)")
    }
  }

  private static func cost(_ value: JSONValue) -> CostCounters? {
    func count(_ name: String) -> Int? {
      value[name]?.integer.flatMap { Int(exactly: $0) }.flatMap { (0...(1 << 50)).contains($0) ? $0 : nil }
    }
    guard let requests = count("requests"), let retries = count("retries"), let prompt = count("prompt_tokens"),
      let completion = count("completion_tokens"), let cost = value["cost_picounits"]?.integer, cost >= 0
    else { return nil }
    var counters = CostCounters()
    counters.requests = requests
    counters.retries = retries
    counters.promptTokens = prompt
    counters.completionTokens = completion
    counters.costPicounits = cost
    counters.answers = value["kind"]?.string == "answer" ? 1 : 0
    counters.refusals = value["kind"]?.string == "refused" ? 1 : 0
    counters.estimatedAnswers = value["estimated"]?.bool == true ? 1 : 0
    return counters
  }
}

/// Reads a whole journal file once, in pieces.
struct JournalReading {
  static let header = Array("{\"format\":1,\"object\":\"persrm.requests\"}\n".utf8)
  private static let pieceBytes = 1 << 20

  let path: String
  /// Bytes that are whole records.
  private(set) var end = 0
  /// Whether the last of them has lost its newline only.
  private(set) var lacksNewline = false
  /// Bytes behind `end` that are the start of a record.
  private(set) var cutOff = 0
  private(set) var places: [RequestJournal.Key: (offset: Int, count: Int)] = [:]
  private(set) var refusals: [RequestJournal.Key: Refusal] = [:]
  private(set) var counters = CostCounters()
  private var lines = 0

  init(path: String) { self.path = path }

  mutating func read(_ file: borrowing JournalFile) throws(JournalError) {
    var rest: [UInt8] = []
    var offset = 0
    while true {
      let piece = try file.read(at: offset, count: Self.pieceBytes)
      if piece.isEmpty { break }
      offset += piece.count
      rest += piece
      var start = 0
      while let newline = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        let isLast = newline + 1 == rest.count ? try file.read(at: offset, count: 1).isEmpty : false
        if try !take(Array(rest[start..<newline]), isLast: isLast, hasNewline: true) {
          cutOff = newline + 1 - start
          return
        }
        end += newline + 1 - start
        start = newline + 1
      }
      rest.removeFirst(start)
      if rest.count > RequestJournal.lineBytesMax {
        throw .tooLong(path: path, bytesMax: RequestJournal.lineBytesMax)
      }
    }
    if rest.isEmpty { return }
    // The start of an object is never an object, so what reads as a record is a whole one.
    if try take(rest, isLast: true, hasNewline: false) {
      end += rest.count
      lacksNewline = true
    } else {
      cutOff = rest.count
    }
  }

  /// Takes in one line.
  ///
  /// - Returns: false where it is torn, which only the last can be.
  private mutating func take(_ line: [UInt8], isLast: Bool, hasNewline: Bool) throws(JournalError) -> Bool {
    lines += 1
    if lines == 1 {
      let header = Self.header.dropLast()
      if line.elementsEqual(header) { return true }
      // Other files are left as they are; only the start of our own first line is made good.
      if !hasNewline, header.starts(with: line) { return false }
      throw .badLine(path: path, line: 1, reason: "the file does not begin as a journal does")
    }
    guard let record = JournalRecord(line) else {
      if isLast { return false }
      throw .badLine(path: path, line: lines, reason: "not a whole record, and others follow")
    }
    counters += record.cost
    switch record.outcome {
    case .answer:
      places[record.key] = (end, line.count)
      refusals[record.key] = nil
    case .refused(let refusal): refusals[record.key] = refusal
    case .unanswered, .attempt: break
    }
    return true
  }
}
