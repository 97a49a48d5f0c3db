package import Corpora
import Training

/// The traces of some files, as far as they can be learnt from.
package struct TraceSet: Sendable {
  /// A trace that is left out.
  package struct Refused: Sendable, Equatable {
    /// The file and the pair's id.
    package let file: String
    package let id: String
    package let refusal: TraceExamples.Refusal
  }

  /// Why files cannot be used at all.
  package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case empty(files: [String])
    /// No trace can be learnt from; the first reason.
    case allRefused(count: Int, first: Refused)
    /// An author is learnt from and measured on.
    case sharedAuthor(String, flag: String)

    package var description: String {
      switch self {
      case .empty(let files): "no traces in \(files.joined(separator: ", "))"
      case .allRefused(let count, let first):
        "none of the \(count) traces can be learnt from; the first, \(first.id) in \(first.file), \(first.refusal)"
      case .sharedAuthor(let author, let flag):
        "author \"\(author)\" is in \(flag) and among those that are learnt from: a measure on it would say nothing"
      }
    }
  }

  package let traces: [Trace]
  package let refused: [Refused]
  /// Tokens that a pass computes for each trace, prefixes shared, and targets: for plans and progress.
  package let rows: [Int]
  package let targets: [Int]

  /// Reads files and tries every trace, so that nothing is found out after hours.
  ///
  /// - Parameters:
  ///   - limit: traces of each file at most, the first ones.
  ///   - thinnedTo: traces of each file at most, spread evenly over it.
  ///   - progress: called with the count of traces tried.
  /// - Throws: `CorpusError` naming file, line and field; `Failure`.
  package init(
    files: [String], limit: Int? = nil, thinnedTo: Int? = nil, examples: TraceExamples,
    progress: (Int) -> Void = { _ in }
  ) throws {
    var (traces, refused, rows, targets) = ([Trace](), [Refused](), [Int](), [Int]())
    var tried = 0
    for file in files {
      for trace in try Self.read(file, limit: limit, thinnedTo: thinnedTo) {
        tried += 1
        progress(tried)
        do throws(TraceExamples.Refusal) {
          let found = try examples.examples(trace, showsSwapped: false)
          traces.append(trace)
          rows.append(PackedBatch.rowCount(found.map(\.sequence)))
          targets.append(found.reduce(0) { $0 + $1.sequence.targetPositions.count })
        } catch {
          refused.append(Refused(file: file, id: trace.pair.id, refusal: error))
        }
      }
    }
    if traces.isEmpty {
      guard let first = refused.first else { throw Failure.empty(files: files) }
      throw Failure.allRefused(count: refused.count, first: first)
    }
    self.traces = traces
    self.refused = refused
    self.rows = rows
    self.targets = targets
  }

  private static func read(_ file: String, limit: Int?, thinnedTo: Int?) throws(CorpusError) -> [Trace] {
    var reader = try RecordReader<Trace>(path: file)
    var traces: [Trace] = []
    while traces.count < limit ?? .max, let trace = try reader.next() { traces.append(trace) }
    guard let thinnedTo else { return traces }
    return Thinning.indices(of: traces.count, to: thinnedTo).map { traces[$0] }
  }

  /// Everybody whose texts are shown: of exemplars and of both responses.
  package var authors: Set<String> {
    Set(traces.flatMap { [$0.pair.author, $0.pair.negativeAuthor ?? $0.pair.author] })
  }

  /// Fails where somebody is learnt from whose pairs are to measure.
  package func checkApart(from pairs: [PreferencePair], flag: String) throws(Failure) {
    let known = authors
    for pair in pairs where known.contains(pair.author) { throw .sharedAuthor(pair.author, flag: flag) }
  }

  /// How many were refused for which reason, "12 too_long, 3 tie"; empty where none were.
  package var refusalSummary: String {
    let counts = Dictionary(grouping: refused, by: \.refusal.name).mapValues(\.count)
    return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }
}
