import Engine
import Foundation
import Kernels
import TestSupport
import Testing

/// The distribution that draws are made from, against transformers' filters, and the draws against the distribution.
@Suite struct SamplerTests {
  private struct Golden: Decodable, Sendable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
      let logits: String
      let temperature: Float
      let topK: Int
      let topP: Float
      let minP: Float
      let kept: [Int32]
      let probabilities: [Double]
      var testDescription: String { "\(logits) t \(temperature) k \(topK) p \(topP) m \(minP)" }
      var parameters: SamplingParameters {
        SamplingParameters(temperature: temperature, topK: topK, topP: topP, minP: minP)
      }
    }
    let tolerance: Double
    let logits: [String: [Float]]
    let cases: [Case]

    static func read() throws -> Golden {
      let url = try #require(
        Bundle.module.url(forResource: "sampling", withExtension: "json", subdirectory: "Fixtures"))
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Golden.self, from: Data(contentsOf: url))
    }
  }

  private func sampler(_ count: Int) -> Sampler { Sampler(kernels: .best, vocabularySize: count) }

  /// Probabilities by token, ascending.
  private func distribution(
    _ logits: [Float], _ parameters: SamplingParameters, choices: TokenChoices = .any
  ) -> [Int32: Double] {
    let pairs = sampler(logits.count).distribution(logits, choices: choices, parameters: parameters)
    return Dictionary(uniqueKeysWithValues: pairs.map { ($0.token, $0.probability) })
  }

  /// The slow twin: everything in double, sorted whole, filtered in transformers' order.
  private func reference(_ logits: [Float], _ parameters: SamplingParameters) -> [Int32: Double] {
    let scaled = logits.map { Double($0) / Double(parameters.temperature) }
    let top = scaled.max() ?? 0
    var kept = scaled.enumerated().map { (token: Int32($0.offset), weight: exp($0.element - top)) }
    kept.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
    if parameters.topK > 0, parameters.topK < kept.count {
      let last = kept[parameters.topK - 1].weight
      kept.removeAll { $0.weight < last }
    }
    if parameters.topP < 1 {
      let limit = Double(parameters.topP) * kept.reduce(0) { $0 + $1.weight }
      var sum = 0.0
      kept = Array(
        kept.prefix { candidate in
          defer { sum += candidate.weight }
          return sum == 0 || sum < limit
        })
    }
    kept.removeAll { $0.weight < Double(parameters.minP) }
    let sum = kept.reduce(0) { $0 + $1.weight }
    return Dictionary(uniqueKeysWithValues: kept.filter { $0.weight > 0 }.map { ($0.token, $0.weight / sum) })
  }

  private func noise(_ count: Int, seed: UInt64, width: Float = 6) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -width...width, using: &random) }
  }

  @Test func distributionsEqualThoseOfTransformers() throws {
    let golden = try Golden.read()
    #expect(golden.cases.count == 72)
    for example in golden.cases {
      let logits = try #require(golden.logits[example.logits])
      let all = (0..<Int32(logits.count)).map { $0 }
      var full = TokenMask(vocabularySize: logits.count)
      for token in all { full.insert(token) }
      for choices in [TokenChoices.any, .mask(full), .few(all)] {
        let found = distribution(logits, example.parameters, choices: choices)
        #expect(found.keys.sorted() == example.kept, "\(example.testDescription)")
        for (token, probability) in zip(example.kept, example.probabilities) {
          #expect(abs(found[token, default: 0] - probability) <= golden.tolerance, "\(example.testDescription)")
        }
      }
    }
  }

  /// Vocabularies that are no multiple of a vector, a mask's word or a run; thresholds on every side of the fast path.
  @Test(arguments: [1, 2, 15, 17, 63, 65, 511, 513, 1537, 5003])
  func distributionsEqualTheSlowTwin(count: Int) {
    for (number, parameters) in [
      SamplingParameters(temperature: 1),
      SamplingParameters(temperature: 0.3, topK: 7),
      SamplingParameters(temperature: 1, topK: count - 1),
      SamplingParameters(temperature: 4, topP: 0.9),
      SamplingParameters(temperature: 0.5, topP: 0.999),
      SamplingParameters(temperature: 1, topP: 0.99999),
      SamplingParameters(temperature: 0.5, minP: 0.0005),
      SamplingParameters(temperature: 0.5, minP: 0.05),
      SamplingParameters(temperature: 0.9, topK: 50, topP: 0.95, minP: 0.02),
    ].enumerated() {
      let logits = noise(count, seed: UInt64(count * 16 + number))
      let (found, expected) = (distribution(logits, parameters), reference(logits, parameters))
      // A token at a limit may fall on either side of it in float.
      let different = Set(found.keys).symmetricDifference(expected.keys)
      #expect(different.allSatisfy { (found[$0] ?? expected[$0] ?? 1) < 2e-5 }, "\(parameters): \(different)")
      #expect(different.count <= 1, "\(parameters): \(different)")
      for (token, probability) in expected { #expect(abs(found[token, default: 0] - probability) < 3e-5) }
    }
  }

  @Test func greedyTakesTheLowestIdAmongEquals() {
    var logits = noise(131, seed: 1)
    for token in [127, 30, 90] { logits[token] = 9 }
    let sampler = sampler(131)
    let all = (0..<Int32(131)).reversed().map { $0 }
    for choices in [TokenChoices.any, .few(all)] {
      let draw = sampler.draw(logits, choices: choices, parameters: SamplingParameters(), index: 3)
      #expect(draw.token == 30)
    }
    // Apart by one bit, so that both have the weight 1.
    logits[90] = logits[30].nextUp
    logits[30] = 9
    for choices in [TokenChoices.any, .few(all)] {
      #expect(sampler.draw(logits, choices: choices, parameters: SamplingParameters(), index: 0).token == 90)
    }
    var mask = TokenMask(vocabularySize: 131)
    for token: Int32 in [127, 5, 128] { mask.insert(token) }
    #expect(sampler.draw(logits, choices: .mask(mask), parameters: SamplingParameters(), index: 0).token == 127)
  }

  @Test func drawsDependOnSeedAndIndexOnly() {
    let logits = noise(333, seed: 2, width: 1)
    let (one, other) = (sampler(333), sampler(333))
    var tokens: Set<[Int32]> = []
    for seed: UInt64 in 0..<8 {
      for topK in [0, 100] {
        let parameters = SamplingParameters(temperature: 1, topK: topK, seed: seed)
        let forth = (0..<20).map { one.draw(logits, choices: .any, parameters: parameters, index: $0) }
        let back = (0..<20).reversed().map { other.draw(logits, choices: .any, parameters: parameters, index: $0) }
        #expect(forth == back.reversed())
        tokens.insert(forth.map(\.token))
      }
    }
    #expect(tokens.count == 16, "every seed has draws of its own")
  }

  @Test(arguments: [
    SamplingParameters(temperature: 1, seed: 11), SamplingParameters(temperature: 0.7, topK: 12, seed: 12),
    SamplingParameters(temperature: 1.3, topP: 0.9, seed: 13), SamplingParameters(temperature: 1, minP: 0.05, seed: 14),
  ])
  func frequenciesMatchProbabilities(parameters: SamplingParameters) {
    let logits = noise(39, seed: 7, width: 2)
    let sampler = sampler(39)
    let expected = distribution(logits, parameters)
    let draws = 20_000
    var counts: [Int32: Int] = [:]
    for index in 0..<draws {
      counts[sampler.draw(logits, choices: .any, parameters: parameters, index: index).token, default: 0] += 1
    }
    #expect(Set(counts.keys).isSubset(of: expected.keys))
    let chiSquare = expected.reduce(0.0) { sum, pair in
      let mean = pair.value * Double(draws)
      let difference = Double(counts[pair.key, default: 0]) - mean
      return sum + difference * difference / mean
    }
    // Mean n, variance 2 n: five deviations out.
    let freedom = Double(max(1, expected.count - 1))
    #expect(chiSquare < freedom + 5 * (2 * freedom).squareRoot(), "chi-square \(chiSquare) of \(freedom)")
  }

  @Test func masksExcludeAndSizesNeedNotBeRound() {
    for count in [1, 17, 64, 65, 130] {
      let logits = noise(count, seed: UInt64(count))
      var mask = TokenMask(vocabularySize: count)
      let allowed = Set((0..<Int32(count)).filter { $0 % 3 == 0 })
      for token in allowed { mask.insert(token) }
      for temperature: Float in [0.5, 1, 1e30, .infinity] {
        let found = distribution(logits, SamplingParameters(temperature: temperature), choices: .mask(mask))
        #expect(Set(found.keys) == allowed)
        #expect(abs(found.values.reduce(0, +) - 1) < 1e-6)
      }
      mask.remove(0)
      if mask.isEmpty { continue }
      let found = distribution(logits, SamplingParameters(temperature: 1, topK: 200), choices: .mask(mask))
      #expect(Set(found.keys) == allowed.subtracting([0]))
    }
  }

  @Test func probabilitiesOfAFewAreThoseAtTemperatureOneAndSumToOne() {
    let logits = noise(100, seed: 3)
    let few: [Int32] = [99, 3, 50, 51]
    let weights = few.map { exp(Double(logits[Int($0)])) }
    for temperature: Float in [0, 0.2, 1, 5] {
      let draw = sampler(100).draw(
        logits, choices: .few(few), parameters: SamplingParameters(temperature: temperature, topK: 2), index: 0)
      #expect(few.contains(draw.token))
      #expect(abs(draw.probabilities.reduce(0, +) - 1) < 1e-6)
      for (probability, weight) in zip(draw.probabilities, weights) {
        #expect(abs(Double(probability) - weight / weights.reduce(0, +)) < 1e-6)
      }
    }
    let one = sampler(100).draw(logits, choices: .few([7]), parameters: SamplingParameters(temperature: 1), index: 9)
    #expect(one.token == 7 && one.probabilities == [1])
  }

  @Test func limitsAtTheirEndsKeepTheMostLikelyToken() {
    var logits = noise(1000, seed: 4)
    logits[700] = 8
    for parameters in [
      SamplingParameters(temperature: 1, topK: 1), SamplingParameters(temperature: 1, topP: 1e-9),
      SamplingParameters(temperature: 1, topP: 0), SamplingParameters(temperature: 1, topP: -1),
      SamplingParameters(temperature: 1, minP: 1), SamplingParameters(temperature: 1, minP: 2),
      SamplingParameters(temperature: 1e-6), SamplingParameters(temperature: Float.leastNormalMagnitude / 64),
      SamplingParameters(temperature: .leastNonzeroMagnitude), SamplingParameters(temperature: -1),
      SamplingParameters(temperature: .nan),
    ] {
      #expect(distribution(logits, parameters) == [700: 1], "\(parameters)")
    }
    for temperature: Float in [1e20, .greatestFiniteMagnitude, .infinity] {
      let flat = distribution(logits, SamplingParameters(temperature: temperature))
      #expect(flat.count == 1000)
      #expect(flat.values.allSatisfy { abs($0 - 1e-3) < 1e-9 })
    }
    // Equals at the limit stay together.
    logits[3] = 8
    for parameters in [SamplingParameters(temperature: 1, topK: 1), SamplingParameters(temperature: 1, minP: 1)] {
      #expect(distribution(logits, parameters) == [700: 0.5, 3: 0.5])
    }
  }

  @Test func aLogitOfMinusInfinityIsNeverDrawn() {
    var logits = noise(77, seed: 5)
    for token in 0..<70 { logits[token] = -.infinity }
    for temperature: Float in [0.1, 1, .infinity] {
      for topK in [0, 40] {
        let parameters = SamplingParameters(temperature: temperature, topK: topK)
        #expect(distribution(logits, parameters).keys.allSatisfy { $0 >= 70 })
        let draw = sampler(77).draw(logits, choices: .any, parameters: parameters, index: 1)
        #expect(draw.token >= 70 && draw.logProbability.isFinite)
      }
    }
    let draw = sampler(77).draw(
      logits, choices: .few([1, 75]), parameters: SamplingParameters(temperature: .infinity), index: 0)
    #expect(draw.token == 75 && draw.probabilities == [0, 1])
  }

  /// One large weight and 150,000 that a float would lose beside it, though together they are 1.5 % of the whole.
  @Test func manySmallWeightsCount() {
    let count = 150_001
    var logits = [Float](repeating: -16.118_096, count: count)
    logits[0] = 0
    let small = exp(-16.118_095_397_949_22) * Double(count - 1)
    let found = sampler(count)
    let expected = -log(1 + small)
    #expect(abs(Double(found.logProbability(of: 0, logits)) - expected) < 1e-6)
    let half = distribution(logits, SamplingParameters(temperature: 1, topP: Float(1 / (1 + small) + small / 2)))
    let share = Double(half.count - 1) / Double(count - 1)
    #expect(abs(share - (1 / (1 + small) + small / 2 - 1 / (1 + small)) * (1 + small) / small) < 1e-3)
    let last = found.draw(logits, choices: .any, parameters: SamplingParameters(temperature: 1, seed: 1), index: 0)
    #expect(last.logProbability.isFinite)
  }

  @Test func logProbabilitiesAreThoseOfTheWholeVocabulary() {
    let logits = noise(1000, seed: 8)
    let sum = log(logits.reduce(0.0) { $0 + exp(Double($1)) })
    var mask = TokenMask(vocabularySize: 1000)
    mask.insert(999)
    mask.insert(400)
    let parameters = SamplingParameters(temperature: 0.4, topK: 1)
    for choices in [TokenChoices.any, .mask(mask), .few([400, 999])] {
      let draw = sampler(1000).draw(logits, choices: choices, parameters: parameters, index: 0)
      #expect(abs(Double(draw.logProbability) - (Double(logits[Int(draw.token)]) - sum)) < 1e-5)
      #expect(draw.logProbability == sampler(1000).logProbability(of: draw.token, logits))
    }
  }
}
