package import BoundedJSON

/// One measured quantity of a record.
package struct BenchmarkRow: Sendable, Equatable, Codable {
  /// Which way is better.
  package enum Goal: String, Sendable, Codable {
    case higher, lower
    /// Said beside the others so that they can be understood, never compared.
    case none
  }

  /// What is measured; the same in every record of its kind, so that records can be compared.
  package var name: String
  /// Such as "tokens/s".
  package var unit: String
  package var goal: Goal
  package var median: Double
  package var minimum: Double
  package var maximum: Double
  /// What 99 of 100 repeats are at least as good as.
  package var p99: Double
  package var repeats: Int
  /// The median as a share of what the machine allows, 0...1 and a little; nil where no limit is known.
  package var limitShare: Double?
  /// What sets that limit, such as "memory" or "int8".
  package var limit: String?
  /// Facts that a reader needs and a comparison does not, such as a matrix's shape.
  package var note: String?

  package init(
    name: String, unit: String, goal: Goal, _ measurement: Measurement, limitShare: Double? = nil,
    limit: String? = nil, note: String? = nil
  ) {
    self.name = name
    self.unit = unit
    self.goal = goal
    median = measurement.median
    minimum = measurement.minimum
    maximum = measurement.maximum
    p99 = measurement.p99(goal)
    repeats = measurement.values.count
    self.limitShare = limitShare
    self.limit = limit
    self.note = note
  }
}

/// What a benchmark measured, on which machine, with which build and model: what `Benchmarks/` keeps.
package struct BenchmarkRecord: Sendable, Equatable, Codable {
  /// What was measured.
  package enum Kind: String, Sendable, Codable, CaseIterable {
    case kernels, engine, score, profile, train
  }

  /// Where, when and with what: everything but the rows.
  package struct Origin: Sendable, Equatable, Codable {
    /// ISO 8601, UTC.
    package var date: String
    /// The commit that was built; "+" marks uncommitted changes.
    package var commit: String
    package var version: String
    package var machine: Machine
    package var model: String
    /// Nil where a service computes and does not say.
    package var precision: String?
    package var threads: Int?

    package init(
      date: String, commit: String, version: String, machine: Machine, model: String, precision: String?, threads: Int?
    ) {
      self.date = date
      self.commit = commit
      self.version = version
      self.machine = machine
      self.model = model
      self.precision = precision
      self.threads = threads
    }
  }

  /// Changes when an older reader would misread a record.
  package static let formatVersion = 1
  /// A record has some hundred rows of some hundred bytes.
  package static let limits = JSONLimits(bytesMax: 4 << 20, depthMax: 8, valuesMax: 100_000)

  package var format: Int
  package var kind: Kind
  package var origin: Origin
  package var rows: [BenchmarkRow]

  package init(kind: Kind, origin: Origin, rows: [BenchmarkRow]) {
    format = Self.formatVersion
    self.kind = kind
    self.origin = origin
    self.rows = rows
  }

  /// Reads a record that was written by `bytes`.
  ///
  /// - Throws: `unreadable` with the place of the fault, `formatUnknown`.
  package init(bytes: [UInt8]) throws(BenchmarkError) {
    do throws(JSONError) {
      self = try JSONReader.decode(Self.self, from: bytes, limits: Self.limits)
    } catch {
      throw .unreadable(error)
    }
    guard format == Self.formatVersion else { throw .formatUnknown(format, known: Self.formatVersion) }
  }

  /// The record as indented JSON with its last line break; equal records are equal bytes.
  package var bytes: [UInt8] {
    get throws(JSONError) { try JSONWriter.bytes(self, indented: true) + [UInt8(ascii: "\n")] }
  }
}

/// Why there is no record, or no comparison.
package enum BenchmarkError: Error, Sendable, CustomStringConvertible {
  /// A record is not one.
  case unreadable(JSONError)
  /// A record of another version of this program.
  case formatUnknown(Int, known: Int)
  /// A baseline measured something else.
  case otherKind(BenchmarkRecord.Kind, baseline: BenchmarkRecord.Kind)
  /// A baseline shares no row with what was measured.
  case nothingInCommon
  /// Sequences that were to decode together did not, in several tries.
  case notTogether(sequences: Int, passes: Int, expected: Int)
  /// An answer of the service under test that cannot be counted.
  case answer(status: Int, text: String)
  /// The service under test cannot be reached.
  case unreachable(url: String, reason: String)
  /// A comparison was not judged, and the others were then left alone.
  case failed(answered: Int, of: Int, reason: String)

  package var description: String {
    switch self {
    case .unreadable(let error): "not a benchmark record: \(error)"
    case .formatUnknown(let format, let known): "a record of format \(format); this program reads format \(known)"
    case .otherKind(let kind, let baseline):
      "the baseline is of `bench \(baseline.rawValue)`, this is `bench \(kind.rawValue)`"
    case .nothingInCommon: "the baseline has none of the rows that were measured"
    case .notTogether(let sequences, let passes, let expected):
      "\(sequences) sequences took \(passes) passes and not \(expected): they were not decoded together"
    case .answer(let status, let text): "status \(status): \(text)"
    case .unreachable(let url, let reason): "\(url) cannot be reached: \(reason)"
    case .failed(let answered, let total, let reason):
      "a comparison was not judged, after \(answered) of \(total) that were: \(reason)"
    }
  }
}
