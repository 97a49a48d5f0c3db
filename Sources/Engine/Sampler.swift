import Foundation
package import Kernels
import Tensors

/// Draws tokens from rows of logits.
///
/// Filters apply in transformers' order: temperature, top-k, top-p, min-p, each on the distribution the one before
/// left. Each draw is a function of the seed and of how many tokens the sequence has generated, so neither batch mates
/// nor a recomputation after preemption change it.
package struct Sampler: Sendable {
  private let kernels: KernelSet
  private let vocabularySize: Int
  private let weights: FloatBuffer

  /// - Parameter vocabularySize: ids at and beyond this are never drawn.
  package init(kernels: KernelSet, vocabularySize: Int) {
    self.kernels = kernels
    self.vocabularySize = vocabularySize
    weights = FloatBuffer(count: vocabularySize)
  }

  /// A drawn token.
  package struct Draw: Sendable, Equatable {
    package let token: Int32
    /// ln p under the model's own distribution: temperature 1, no mask, no filter.
    package let logProbability: Float
    /// Probabilities of `few` choices at temperature 1.
    package let probabilities: [Float]
  }

  /// Draws one token.
  ///
  /// - Parameters:
  ///   - logits: [vocabularySize]; not kept.
  ///   - index: tokens the sequence has generated before this one.
  package func draw(
    _ logits: UnsafePointer<Float>, choices: TokenChoices, parameters: SamplingParameters, index: Int
  ) -> Draw {
    let total = logSumExp(logits)
    switch choices {
    case .few(let tokens):
      let own = probabilities(tokens.map { logits[Int($0)] }, temperature: 1)
      let scaled =
        parameters.temperature > 0
        ? probabilities(tokens.map { logits[Int($0)] }, temperature: parameters.temperature) : own
      let candidates = zip(tokens, scaled).map { Candidate(token: $0, weight: $1) }
      let token = pick(candidates, parameters: parameters, index: index)
      return Draw(token: token, logProbability: logits[Int(token)] - total, probabilities: own)
    case .any, .mask:
      let token = drawFromMany(logits, choices: choices, parameters: parameters, index: index)
      return Draw(token: token, logProbability: logits[Int(token)] - total, probabilities: [])
    }
  }

  /// ln p of a given token.
  package func logProbability(of token: Int32, _ logits: UnsafePointer<Float>) -> Float {
    logits[Int(token)] - logSumExp(logits)
  }

  /// A token and its unnormalised probability.
  struct Candidate: Equatable {
    let token: Int32
    let weight: Float
  }

  private func logSumExp(_ logits: UnsafePointer<Float>) -> Float {
    let top = kernels.maximum(logits, count: vocabularySize)
    return top
      + Self.naturalLogarithm(
        kernels.expSum(logits, count: vocabularySize, shift: top, scale: 1, into: weights.pointer))
  }

  private func probabilities(_ logits: [Float], temperature: Float) -> [Float] {
    let top = logits.max() ?? 0
    var result = logits
    let sum = kernels.expSum(logits, count: logits.count, shift: top, scale: 1 / temperature, into: &result)
    return result.map { $0 / sum }
  }

  private func drawFromMany(
    _ logits: UnsafePointer<Float>, choices: TokenChoices, parameters: SamplingParameters, index: Int
  ) -> Int32 {
    let masked = weights.pointer
    masked.update(from: logits, count: vocabularySize)
    if case .mask(let mask) = choices {
      mask.words.withUnsafeBufferPointer { words in
        guard let words = words.baseAddress else { return }
        kernels.mask(masked, words: words, count: vocabularySize)
      }
    }
    let top = kernels.maximum(masked, count: vocabularySize)
    precondition(top > -.infinity, "no token is allowed")
    if parameters.temperature == 0 {
      var token = 0
      while masked[token] != top { token += 1 }
      return Int32(token)
    }
    let sum = kernels.expSum(
      masked, count: vocabularySize, shift: top, scale: 1 / parameters.temperature, into: masked)
    if parameters.topK == 0, parameters.topP >= 1, parameters.minP == 0 {
      return walk(target: uniform(parameters.seed, index) * Double(sum))
    }
    return pick(candidates(parameters, sum: sum), parameters: parameters, index: index)
  }

  /// The token at which the running sum of `weights` passes the target.
  private func walk(target: Double) -> Int32 {
    var sum = 0.0
    var last: Int32 = 0
    for token in 0..<vocabularySize where weights.pointer[token] > 0 {
      sum += Double(weights.pointer[token])
      last = Int32(token)
      if sum > target { break }
    }
    return last
  }

  /// The tokens of `weights` that the filters could keep: few of the vocabulary, found without sorting all of it.
  private func candidates(_ parameters: SamplingParameters, sum: Float) -> [Candidate] {
    for threshold: Float in [1e-3, 1e-6, 0] {
      var (kept, keptSum): ([Candidate], Float) = ([], 0)
      for token in 0..<vocabularySize where weights.pointer[token] > threshold {
        kept.append(Candidate(token: Int32(token), weight: weights.pointer[token]))
        keptSum += weights.pointer[token]
      }
      let enoughForTopK = parameters.topK > 0 && kept.count >= parameters.topK
      let enoughForTopP = parameters.topP < 1 && parameters.topK == 0 && keptSum > parameters.topP * sum * 1.0001
      let enoughForMinP = parameters.topK == 0 && parameters.topP >= 1 && parameters.minP > threshold
      // With all weights counted, the sum that top-p compares with is the whole one.
      if enoughForTopP {
        return kept + [Candidate(token: -1, weight: max(0, sum - keptSum))]
      }
      if enoughForTopK || enoughForMinP || threshold == 0 { return kept }
    }
    return []
  }

  private func pick(_ candidates: [Candidate], parameters: SamplingParameters, index: Int) -> Int32 {
    let kept = Self.filter(candidates, parameters: parameters)
    if parameters.temperature == 0 { return kept[0].token }
    let sum = kept.reduce(0.0) { $0 + Double($1.weight) }
    let target = uniform(parameters.seed, index) * sum
    var running = 0.0
    for candidate in kept {
      running += Double(candidate.weight)
      if running > target { return candidate.token }
    }
    return kept[kept.count - 1].token
  }

  /// The candidates that top-k, top-p and min-p keep, most likely first, equals by id; never none.
  ///
  /// A candidate with token -1 stands for the weight of all tokens that were left out; it is never kept.
  static func filter(_ candidates: [Candidate], parameters: SamplingParameters) -> [Candidate] {
    let rest = candidates.reduce(Float(0)) { $0 + ($1.token < 0 ? $1.weight : 0) }
    var kept = candidates.filter { $0.token >= 0 }
    kept.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
    if parameters.topK > 0, kept.count > parameters.topK {
      // As transformers does, tokens as likely as the last kept one stay too.
      let last = kept[parameters.topK - 1].weight
      kept = Array(kept.prefix { $0.weight >= last })
    }
    if parameters.topP < 1 {
      let sum = kept.reduce(rest) { $0 + $1.weight }
      var running: Float = 0
      var count = 0
      while count < kept.count, count == 0 || running < parameters.topP * sum {
        running += kept[count].weight
        count += 1
      }
      kept.removeLast(kept.count - count)
    }
    if parameters.minP > 0, let top = kept.first?.weight {
      kept = kept.filter { $0.weight >= parameters.minP * top }
    }
    return kept
  }

  /// A number in 0..<1 for a seed and a position, by SplitMix64.
  private func uniform(_ seed: UInt64, _ index: Int) -> Double {
    var z = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
    for _ in 0..<2 {
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
    }
    return Double(z >> 11) * 0x1p-53
  }

  private static func naturalLogarithm(_ x: Float) -> Float { Float(log(Double(x))) }
}
