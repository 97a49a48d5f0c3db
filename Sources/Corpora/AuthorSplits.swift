import BoundedJSON
import DataFiles
import Randomness

/// Which authors are for training, which for choosing, which for measuring; no author is in two.
///
/// The file is a JSON object with the arrays `train`, `validation`, `test` and, where some authors are kept from
/// everything, `holdout`; `seed` says what they were drawn with. Other members are passed over.
package struct AuthorSplits: Sendable, Equatable {
  package enum Split: String, Sendable, CaseIterable {
    case train, validation, test, holdout
  }

  /// What shares of the authors go where; they add up to 1.
  package struct Fractions: Sendable, Equatable {
    package var train: Double
    package var validation: Double
    package var test: Double

    package init(train: Double = 0.7, validation: Double = 0.1, test: Double = 0.2) {
      self.train = train
      self.validation = validation
      self.test = test
    }
  }

  /// What the authors were drawn with; nil where the file does not say.
  package let seed: UInt64?
  private let authors: [Split: [String]]
  private let splits: [String: Split]

  /// - Throws: `cannotSplit` where an author is in two splits, or twice in one.
  package init(seed: UInt64?, authors: [Split: [String]]) throws(CorpusError) {
    var splits: [String: Split] = [:]
    for split in Split.allCases {
      for author in authors[split] ?? [] {
        if let other = splits.updateValue(split, forKey: author) {
          throw .cannotSplit(reason: "\(author.debugDescription) is in \(other.rawValue) and in \(split.rawValue)")
        }
      }
    }
    self.seed = seed
    self.authors = authors
    self.splits = splits
  }

  /// Draws the splits. The same authors, seed and fractions give the same splits, in whatever order the authors come.
  ///
  /// Each split gets its share, rounded, and at least one author where its fraction is above 0.
  ///
  /// - Throws: `cannotSplit` where the fractions are no shares of 1, or there are fewer authors than splits.
  package init(drawing authors: Set<String>, seed: UInt64, fractions: Fractions = Fractions()) throws(CorpusError) {
    let shares = [fractions.train, fractions.validation, fractions.test]
    guard shares.allSatisfy({ $0 >= 0 && $0 <= 1 }), abs(shares.reduce(0, +) - 1) < 1e-6 else {
      throw .cannotSplit(reason: "the fractions \(shares) do not add up to 1")
    }
    let wanted = shares.count { $0 > 0 }
    guard authors.count >= wanted else {
      throw .cannotSplit(reason: "\(authors.count) authors are fewer than \(wanted) splits")
    }
    let ranked = authors.map { (hash: StableHash.hash($0, seed: seed), name: $0) }.sorted { $0 < $1 }.map(\.name)
    // Test and validation first: what rounding takes or gives, training has the most to spare.
    var counts = shares.map { $0 > 0 ? max(1, Int(($0 * Double(authors.count)).rounded())) : 0 }
    while counts.reduce(0, +) != authors.count {
      let step = counts.reduce(0, +) < authors.count ? 1 : -1
      let place = step > 0 && fractions.train > 0 ? 0 : counts.indices.max { counts[$0] < counts[$1] } ?? 0
      counts[place] += step
    }
    let (validationStart, trainStart) = (counts[2], counts[2] + counts[1])
    try self.init(
      seed: seed,
      authors: [
        .test: ranked[..<validationStart].sorted(), .validation: ranked[validationStart..<trainStart].sorted(),
        .train: ranked[trainStart...].sorted(),
      ])
  }

  /// The authors of a split, in the file's order.
  package func authors(in split: Split) -> [String] { authors[split] ?? [] }

  /// Where an author is; nil where the splits do not know them.
  package func split(of author: String) -> Split? { splits[author] }

  /// Reads a file of splits.
  ///
  /// - Throws: `file`, and `badSplits` with the member that is wrong; an author in two splits is.
  package static func read(path: String) throws(CorpusError) -> AuthorSplits {
    let bytes = try bytes(of: path)
    let document: SplitsDocument
    do throws(JSONError) {
      document = try JSONReader.decode(SplitsDocument.self, from: bytes, limits: RecordFile.lineLimits)
    } catch {
      throw .badSplits(path: path, field: error.pointer, detail: error.description)
    }
    let lists: [Split: [String]] = [
      .train: document.train, .validation: document.validation ?? [], .test: document.test ?? [],
      .holdout: document.holdout ?? [],
    ]
    if lists.values.allSatisfy(\.isEmpty) { throw .empty(path: path, noun: "authors") }
    do throws(CorpusError) {
      return try AuthorSplits(seed: document.seed, authors: lists)
    } catch {
      guard case .cannotSplit(let reason) = error else { throw error }
      throw .badSplits(path: path, field: "", detail: "is no disjoint split: \(reason)")
    }
  }

  /// Writes the same format.
  package func write(to path: String) throws(CorpusError) {
    let document = SplitsDocument(
      seed: seed, train: authors(in: .train), validation: authors(in: .validation), test: authors(in: .test),
      holdout: authors[.holdout])
    let bytes: [UInt8]
    do throws(JSONError) {
      bytes = try JSONWriter.bytes(document, indented: true) + [UInt8(ascii: "\n")]
    } catch {
      throw .notEncodable(path: path, reason: error.description)
    }
    do throws(DataFileError) { try AtomicFile.write(bytes, to: path) } catch { throw .file(error) }
  }

  private static func bytes(of path: String) throws(CorpusError) -> [UInt8] {
    var document: [UInt8] = []
    do throws(DataFileError) {
      var lines = try LineReader(path: path)
      // What is too large is refused by the JSON reader, in its own words.
      while document.count <= RecordFile.lineLimits.bytesMax, let line = try lines.next() { document += line + [0x0A] }
    } catch {
      throw .file(error)
    }
    return document
  }

  private struct SplitsDocument: Codable {
    var seed: UInt64?
    var train: [String]
    var validation: [String]?
    var test: [String]?
    var holdout: [String]?
  }
}
