private import Glibc

/// A judge of pairs that uses no language model. Printed beside every model's accuracy, so that nobody is impressed by
/// what counting words can do.
package protocol Floor: Sendable {
  /// The name in `summary.json`.
  var name: String { get }

  /// How strongly A is preferred; positive is A, negative is B, exactly 0 is a tie. Finite; exchanging the responses
  /// negates it, and the order of the exemplars does not matter.
  func margin(query: StyleText, exemplars: [StyleText], responseA: StyleText, responseB: StyleText) -> Double
}

/// Every floor but the coin.
package enum Floors {
  /// In the order in which they are shown.
  package static let all: [any Floor] = [
    QueryOverlapFloor(), ContentWordsFloor(), CharacterGramsFloor(), BurrowsDeltaFloor(), LengthFloor(),
    RegressionFloor(),
  ]
}

/// Which response shares more words with the query: different words in both, over different words in either. It looks
/// at no exemplar, so what it gets right above one half the query gave away.
package struct QueryOverlapFloor: Floor {
  package let name = "query_overlap"

  package init() {}

  package func margin(
    query: StyleText, exemplars: [StyleText], responseA: StyleText, responseB: StyleText
  ) -> Double {
    let words = query.differentWords
    return Self.overlap(words, responseA.differentWords) - Self.overlap(words, responseB.differentWords)
  }

  private static func overlap(_ left: Set<String>, _ right: Set<String>) -> Double {
    let shared = left.intersection(right).count
    let either = left.count + right.count - shared
    return either == 0 ? 0 : Double(shared) / Double(either)
  }
}

/// Which response shares more content words with the exemplars: topic, not style.
package struct ContentWordsFloor: Floor {
  package let name = "content_words"

  package init() {}

  package func margin(
    query: StyleText, exemplars: [StyleText], responseA: StyleText, responseB: StyleText
  ) -> Double {
    let a = ContentVector(responseA)
    let b = ContentVector(responseB)
    let vectors = exemplars.map { ContentVector($0) }
    return AuthorProfile.mean(vectors.map { $0.cosine(a) }) - AuthorProfile.mean(vectors.map { $0.cosine(b) })
  }
}

/// Which response shares more character 3- and 4-grams with the exemplars, on average over them.
package struct CharacterGramsFloor: Floor {
  package let name = "char_ngrams"

  package init() {}

  package func margin(
    query: StyleText, exemplars: [StyleText], responseA: StyleText, responseB: StyleText
  ) -> Double {
    let a = GramVector(responseA.source)
    let b = GramVector(responseB.source)
    let vectors = exemplars.map { GramVector($0.source) }
    return AuthorProfile.mean(vectors.map { $0.cosine(a) }) - AuthorProfile.mean(vectors.map { $0.cosine(b) })
  }
}

/// Which response uses function words more as the exemplars do.
///
/// - Source: Burrows 2002, "Delta: a measure of stylistic difference"; standard deviations of training authors' texts.
package struct BurrowsDeltaFloor: Floor {
  package let name = "burrows_delta"

  package init() {}

  package func margin(
    query: StyleText, exemplars: [StyleText], responseA: StyleText, responseB: StyleText
  ) -> Double {
    let means = AuthorProfile.means(exemplars.filter { !$0.words.isEmpty }.map(\.functionWordShares))
    let a = responseA.functionWordShares
    let b = responseB.functionWordShares
    var distanceA = 0.0
    var distanceB = 0.0
    for (word, row) in Population.functionWords.enumerated() {
      distanceA += abs(a[word] - means[word]) / row.total
      distanceB += abs(b[word] - means[word]) / row.total
    }
    return (distanceB - distanceA) / Double(a.count)
  }
}

/// Which response is nearer to the exemplars' mean length, in words, as a ratio.
package struct LengthFloor: Floor {
  package let name = "length"

  package init() {}

  package func margin(
    query: StyleText, exemplars: [StyleText], responseA: StyleText, responseB: StyleText
  ) -> Double {
    let mean = AuthorProfile.mean(exemplars.map { Self.logLength($0) })
    return abs(Self.logLength(responseB) - mean) - abs(Self.logLength(responseA) - mean)
  }

  private static func logLength(_ text: StyleText) -> Double { log(Double(text.words.count + 1)) }
}

/// `StylometricRegression` as a floor; the margin is the log odds.
package struct RegressionFloor: Floor {
  package let name = "stylometric_regression"
  package let regression: StylometricRegression

  package init(_ regression: StylometricRegression = .standard) { self.regression = regression }

  package func margin(
    query: StyleText, exemplars: [StyleText], responseA: StyleText, responseB: StyleText
  ) -> Double {
    regression.margin(profile: AuthorProfile(exemplars: exemplars), responseA: responseA, responseB: responseB)
  }
}
