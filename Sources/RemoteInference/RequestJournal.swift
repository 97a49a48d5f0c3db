package import BoundedJSON
import Digests
import Synchronization

/// What was asked and answered, in an append-only file of JSON Lines, so that a run that was killed goes on without
/// asking twice.
///
/// The first line says what the file is; each other line is one request, or one try, that came to an end:
/// `{"answer":…,"completion_tokens":…,"cost_picounits":…,"key":"<SHA-256>","kind":"answer",…}`. A record is written and
/// on the disk before `record` returns, so an answer that was used is never lost. What a crash can leave is the start
/// of one last record: it is cut off, unless only its newline is missing, and its request asked again.
///
/// One journal has a file to itself: another process, or another journal of this one, is refused.
package final class RequestJournal: Sendable {
  /// How a request ended.
  package enum Outcome: Sendable, Equatable {
    /// What the server answered, as the client wants it back.
    case answer(JSONValue)
    /// It fails however often it is asked.
    case refused(Refusal)
    /// It was given up and may be asked again; only its cost counts.
    case unanswered(reason: String)
    /// One try of it failed and another follows; only that it was made counts, so this alone is not saved at once.
    case attempt(reason: String)
  }

  /// A SHA-256 of the request.
  package typealias Key = [UInt8]

  /// Of one line. An answer of 8 MiB, and what JSON adds to it.
  package static let lineBytesMax = 64 << 20

  private struct Place {
    let offset: Int
    let count: Int
  }

  private struct State: ~Copyable {
    var file: JournalFile
    var end: Int
    var places: [Key: Place]
    var refusals: [Key: Refusal]
    var counters: CostCounters
    var failure: JournalError?
  }

  package let path: String
  /// Bytes of a torn record that were cut off when the journal was opened.
  package let bytesCutOff: Int
  private let state: Mutex<State>

  /// Opens a journal, made where there is none, and reads what it has.
  ///
  /// - Complexity: O(bytes of the file); of each record only its place stays in memory.
  package init(path: String) throws(JournalError) {
    let file = try JournalFile(path: path)
    var reading = JournalReading(path: path)
    try reading.read(file)
    if reading.cutOff > 0 { try file.truncate(to: reading.end) }
    var end = reading.end
    if end == 0 {
      try file.append(JournalReading.header, at: 0)
      try file.saveName()
      end = JournalReading.header.count
    } else if reading.lacksNewline {
      try file.append([UInt8(ascii: "\n")], at: end)
      end += 1
    }
    self.path = path
    bytesCutOff = reading.cutOff
    state = Mutex(
      State(
        file: file, end: end, places: reading.places.mapValues { Place(offset: $0.offset, count: $0.count) },
        refusals: reading.refusals, counters: reading.counters))
  }

  /// What was spent up to now, in all runs.
  package var counters: CostCounters { state.withLock { $0.counters } }

  /// Why a record could not be written, once one could not: then nothing more should be asked.
  package var failure: JournalError? { state.withLock { $0.failure } }

  /// Requests with an answer.
  package var answerCount: Int { state.withLock { $0.places.count } }

  /// How a request ended, in this run or an earlier one; nil where it has to be asked.
  package func outcome(of key: Key) throws(JournalError) -> Outcome? {
    let found = state.withLock { state -> Result<Outcome?, JournalError> in
      if let refusal = state.refusals[key] { return .success(.refused(refusal)) }
      guard let place = state.places[key] else { return .success(nil) }
      do throws(JournalError) {
        let line = try state.file.read(at: place.offset, count: place.count)
        guard let record = JournalRecord(line), record.key == key, case .answer = record.outcome else {
          return .failure(.badAnswer(path: path, reason: "it was changed while it was open"))
        }
        return .success(record.outcome)
      } catch {
        return .failure(error)
      }
    }
    return try found.get()
  }

  /// Writes how a request or a try ended, and what of its cost no record before this has. When this returns, the disk
  /// has it, but for an `attempt`.
  package func record(
    _ outcome: Outcome, of key: Key, label: String?, cost: CostCounters
  ) throws(JournalError) {
    let line = JournalRecord(key: key, label: label, outcome: outcome, cost: cost).line
    if line.count > Self.lineBytesMax { throw .tooLong(path: path, bytesMax: Self.lineBytesMax) }
    let isSaved = if case .attempt = outcome { false } else { true }
    let written = state.withLock { state -> Result<Void, JournalError> in
      do throws(JournalError) {
        try state.file.append(line, at: state.end, isSaved: isSaved)
      } catch {
        state.failure = error
        return .failure(error)
      }
      switch outcome {
      case .answer:
        state.places[key] = Place(offset: state.end, count: line.count - 1)
        state.refusals[key] = nil
      case .refused(let refusal): state.refusals[key] = refusal
      case .unanswered, .attempt: break
      }
      state.end += line.count
      state.counters += cost
      return .success(())
    }
    try written.get()
  }

  /// The key of a request.
  ///
  /// - Parameters:
  ///   - domain: tells kinds of requests apart that could have the same bytes.
  ///   - body: canonical: equal requests are equal bytes.
  package static func key(domain: String, body: [UInt8]) -> Key { SHA256.hash(Array(domain.utf8) + [0] + body) }
}
