import Compression
import Foundation
import Stylometry

/// A training pair as the corpora have it, with what the tables need of it.
struct TrainingPair: Decodable {
  let exemplars: [String]
  let exemplarIDs: [String]
  let responseA: String
  let responseB: String
  let preferred: String
  let author: String
  let genre: String

  private enum CodingKeys: String, CodingKey {
    case exemplars
    case exemplarIDs = "exemplar_ids"
    case responseA = "response_a"
    case responseB = "response_b"
    case preferred, author, genre
  }
}

/// The training pairs of one corpus, and the different texts among their exemplars.
struct TrainingCorpus {
  /// One text by a known author in a known genre.
  struct Sample {
    let group: String
    let genre: String
    let text: String
  }

  let name: String
  let pairs: [TrainingPair]
  /// Each text once, in the order of its id.
  let samples: [Sample]

  init(name: String, path: String) throws {
    self.name = name
    pairs = try Self.read(path)
    var samples: [String: Sample] = [:]
    for pair in pairs {
      for (id, text) in zip(pair.exemplarIDs, pair.exemplars) {
        let genre = Self.genre(id: id, pair: pair)
        samples[id] = Sample(group: pair.author + "/" + genre, genre: genre, text: text)
      }
    }
    self.samples = samples.sorted { $0.key < $1.key }.map(\.value)
  }

  static func read(_ path: String) throws -> [TrainingPair] {
    let bytes = try Gzip.decompress(Array(Data(contentsOf: URL(fileURLWithPath: path))), limits: .file)
    return try bytes.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(TrainingPair.self, from: Data($0))
    }
  }

  /// Ids are "author/folder/file": in a corpus of several genres the folder is the genre, in the others it is none.
  private static func genre(id: String, pair: TrainingPair) -> String {
    let parts = id.split(separator: "/")
    return ["newswire", "blog"].contains(pair.genre) && !id.contains("/Blogs/")
      ? pair.genre : parts.count > 1 ? String(parts[1]) : pair.genre
  }
}
