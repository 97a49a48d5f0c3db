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
    /// ln p under the distribution that it was drawn from; nil where nobody asked.
    package let samplingLogProbability: Float?
    /// Probabilities of `few` choices at temperature 1.
    package let probabilities: [Float]
  }

  /// Draws one token.
  ///
  /// - Parameters:
  ///   - logits: [vocabularySize]; not kept.
  ///   - index: tokens the sequence has generated before this one.
  ///   - tellsSampling: whether `samplingLogProbability` is worked out, at the price of another sum.
  /// - Precondition: the choices leave a token of the vocabulary whose logit is above minus infinity.
  package func draw(
    _ logits: UnsafePointer<Float>, choices: TokenChoices, parameters: SamplingParameters, index: Int,
    tellsSampling: Bool = false
  ) -> Draw {
    let total = logSumExp(logits)
    var probabilities: [Float] = []
    if case .few(let tokens) = choices {
      probabilities = normalised(weights(ofFew: tokens, logits, temperature: 1))
    }
    let support = support(logits, choices: choices, parameters: parameters)
    let token = pick(support, at: uniform(parameters.seed, index))
    let logProbability = logits[Int(token)] - total
    var sampling: Float?
    if tellsSampling {
      // The same number by the same way, so that a ratio of the two is exactly 1.
      sampling = choices.isAny && parameters.isPlain ? logProbability : self.logProbability(of: token, in: support)
    }
    return Draw(
      token: token, logProbability: logProbability, samplingLogProbability: sampling, probabilities: probabilities)
  }

  /// The distribution that `draw` draws from: tokens above 0 with their probabilities, in no particular order.
  package func distribution(
    _ logits: UnsafePointer<Float>, choices: TokenChoices, parameters: SamplingParameters
  ) -> [(token: Int32, probability: Double)] {
    var candidates: [Candidate]
    switch support(logits, choices: choices, parameters: parameters) {
    case .vocabulary: candidates = heavier(than: 0)
    case .some(let some): candidates = some
    }
    candidates.removeAll { $0.weight == 0 }
    let sum = candidates.reduce(0.0) { $0 + Double($1.weight) }
    return candidates.map { ($0.token, Double($0.weight) / sum) }
  }

  /// ln p of a given token.
  package func logProbability(of token: Int32, _ logits: UnsafePointer<Float>) -> Float {
    logits[Int(token)] - logSumExp(logits)
  }

  /// ln p of a given token for each row that names one, on several cores.
  ///
  /// - Parameters:
  ///   - logits: [targets.count, stride]; rows with a target are overwritten.
  /// - Returns: 0 for rows without a target.
  package func logProbabilities(
    of targets: [Int32?], _ logits: UnsafeMutablePointer<Float>, stride: Int, parallel: ParallelFor
  ) -> [Float] {
    if targets.allSatisfy({ $0 == nil }) { return targets.map { _ in 0 } }
    return [Float](unsafeUninitializedCapacity: targets.count) { results, count in
      count = targets.count
      // SAFETY: parts write their own rows and results.
      nonisolated(unsafe) let (results, logits) = (results, logits)
      parallel(parts: targets.count) { index in
        let row = logits + index * stride
        guard let target = targets[index] else {
          results[index] = 0
          return
        }
        let logit = row[Int(target)]
        results[index] = logit - logSumExp(row, scratch: row)
      }
    }
  }

  /// A token and its unnormalised probability.
  private struct Candidate {
    let token: Int32
    let weight: Float
  }

  /// What a draw chooses from.
  private enum Support {
    /// All tokens, by their weights in the buffer.
    case vocabulary
    /// These; not empty.
    case some([Candidate])
  }

  private func logSumExp(_ logits: UnsafePointer<Float>) -> Float { logSumExp(logits, scratch: weights.pointer) }

  /// - Parameter scratch: [vocabularySize], may be `logits`; holds the weights afterwards.
  private func logSumExp(_ logits: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>) -> Float {
    let top = kernels.maximum(logits, count: vocabularySize)
    _ = kernels.expSum(logits, count: vocabularySize, shift: top, scale: 1, into: scratch)
    return top + Float(log(weightSum(scratch)))
  }

  private func support(
    _ logits: UnsafePointer<Float>, choices: TokenChoices, parameters: SamplingParameters
  ) -> Support {
    // Also what is no number is greedy, rather than no distribution.
    let isGreedy = !(parameters.temperature > 0)
    switch choices {
    case .few(let tokens):
      // By logits: of two that differ in the last bit, the weights may be equal.
      if isGreedy, let first = tokens.first {
        let best = tokens.reduce(first) { best, token in
          let (a, b) = (logits[Int(best)], logits[Int(token)])
          return b > a || b == a && token < best ? token : best
        }
        return .some([Candidate(token: best, weight: 1)])
      }
      let few = weights(ofFew: tokens, logits, temperature: parameters.temperature)
      return .some(
        Self.filter(zip(tokens, few).map { Candidate(token: $0, weight: $1) }, rest: 0, parameters: parameters))
    case .any:
      weights.pointer.update(from: logits, count: vocabularySize)
    case .mask(let mask):
      weights.pointer.update(from: logits, count: vocabularySize)
      precondition(mask.words.count * 64 >= vocabularySize, "the mask is for a smaller vocabulary")
      mask.words.withUnsafeBufferPointer { words in
        guard let words = words.baseAddress else { return }
        kernels.mask(weights.pointer, words: words, count: vocabularySize)
      }
    }
    let masked = weights.pointer
    let top = kernels.maximum(masked, count: vocabularySize)
    precondition(top > -.infinity, "no token is allowed")
    if isGreedy {
      var token = 0
      while masked[token] != top { token += 1 }
      return .some([Candidate(token: Int32(token), weight: 1)])
    }
    _ = kernels.expSum(
      masked, count: vocabularySize, shift: top, scale: Self.scale(parameters.temperature), into: masked)
    if parameters.topK <= 0, !(parameters.topP < 1), !(parameters.minP > 0) { return .vocabulary }
    return .some(candidates(parameters))
  }

  /// Weights of a handful of tokens, the largest 1.
  private func weights(
    ofFew tokens: [Int32], _ logits: UnsafePointer<Float>, temperature: Float
  ) -> [Float] {
    precondition(tokens.allSatisfy { (0..<Int32(vocabularySize)).contains($0) }, "a choice outside the vocabulary")
    let own = tokens.map { logits[Int($0)] }
    let top = own.max() ?? -.infinity
    precondition(top > -.infinity, "no token is allowed")
    var few = own
    _ = kernels.expSum(own, count: own.count, shift: top, scale: Self.scale(temperature), into: &few)
    return few
  }

  private func normalised(_ weights: [Float]) -> [Float] {
    let sum = weights.reduce(0.0) { $0 + Double($1) }
    return weights.map { Float(Double($0) / sum) }
  }

  /// What logits are multiplied by; neither 0 nor infinite, since both times the shift of some logit is no number.
  private static func scale(_ temperature: Float) -> Float {
    min(max(1 / temperature, .leastNormalMagnitude), .greatestFiniteMagnitude)
  }

  /// Tokens of a run of weights that are summed apart.
  private static let runTokens = 512

  /// The sum of one run of weights, or of part of one, in four chains that do not wait for each other.
  private func runSum(_ weights: UnsafePointer<Float>, from start: Int) -> Double {
    let pointer = weights
    let end = min(start + Self.runTokens, vocabularySize)
    var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
    var token = start
    while token + 4 <= end {
      a += Double(pointer[token])
      b += Double(pointer[token + 1])
      c += Double(pointer[token + 2])
      d += Double(pointer[token + 3])
      token += 4
    }
    while token < end {
      a += Double(pointer[token])
      token += 1
    }
    return (a + b) + (c + d)
  }

  /// The sum of all weights. In Float, thousands of small ones would be lost beside a large one: 1e-4 of the whole.
  private func weightSum() -> Double { weightSum(weights.pointer) }

  private func weightSum(_ weights: UnsafePointer<Float>) -> Double {
    stride(from: 0, to: vocabularySize, by: Self.runTokens).reduce(0.0) { $0 + runSum(weights, from: $1) }
  }

  /// The token of the whole vocabulary at which the running sum of weights passes `fraction` of their sum.
  private func walk(to fraction: Double) -> Int32 {
    let target = fraction * weightSum()
    var (start, sum) = (0, 0.0)
    while start + Self.runTokens < vocabularySize {
      let next = sum + runSum(weights.pointer, from: start)
      if next > target { break }
      sum = next
      start += Self.runTokens
    }
    var last: Int32 = 0
    for token in start..<vocabularySize where weights.pointer[token] > 0 {
      sum += Double(weights.pointer[token])
      last = Int32(token)
      if sum > target { break }
    }
    return last
  }

  private func heavier(than threshold: Float) -> [Candidate] {
    var heavy: [Candidate] = []
    for token in 0..<vocabularySize where weights.pointer[token] > threshold {
      heavy.append(Candidate(token: Int32(token), weight: weights.pointer[token]))
    }
    return heavy
  }

  /// The tokens of the whole vocabulary that the filters keep, most likely first, found without sorting all of it.
  private func candidates(_ parameters: SamplingParameters) -> [Candidate] {
    let usesSum = parameters.topK <= 0 && parameters.topP < 1
    let sum = usesSum ? weightSum() : 0
    // The largest weight is 1. What is left out is lighter than all that is taken.
    for threshold: Float in [1e-3, 1e-6] {
      let heavy = heavier(than: threshold)
      if usesSum {
        let heavySum = heavy.reduce(0.0) { $0 + Double($1.weight) }
        if heavySum > Double(parameters.topP) * sum * (1 + 1e-9) {
          return Self.filter(heavy, rest: max(0, sum - heavySum), parameters: parameters)
        }
      } else if parameters.topK > 0 ? heavy.count >= parameters.topK : parameters.minP > threshold {
        return Self.filter(heavy, rest: 0, parameters: parameters)
      }
    }
    return Self.filter(heavier(than: 0), rest: 0, parameters: parameters)
  }

  /// ln p of a token that was picked from a support.
  private func logProbability(of token: Int32, in support: Support) -> Float {
    switch support {
    case .vocabulary: return Float(log(Double(weights.pointer[Int(token)]) / weightSum()))
    case .some(let candidates):
      let sum = candidates.reduce(0.0) { $0 + Double($1.weight) }
      let weight = candidates.first { $0.token == token }?.weight ?? 0
      return Float(log(Double(weight) / sum))
    }
  }

  /// The token at which the running sum of weights passes `fraction` of their sum.
  private func pick(_ support: Support, at fraction: Double) -> Int32 {
    guard case .some(let candidates) = support else { return walk(to: fraction) }
    let target = fraction * candidates.reduce(0.0) { $0 + Double($1.weight) }
    var sum = 0.0
    for candidate in candidates {
      sum += Double(candidate.weight)
      if sum > target { return candidate.token }
    }
    return candidates[candidates.count - 1].token
  }

  /// The candidates that top-k, top-p and min-p keep, most likely first, equals by id; never none.
  ///
  /// - Parameter rest: weight of the tokens that were left out, all less likely than the candidates; top-p counts it.
  private static func filter(
    _ candidates: [Candidate], rest: Double, parameters: SamplingParameters
  ) -> [Candidate] {
    var kept = candidates.sorted { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
    if parameters.topK > 0, kept.count > parameters.topK {
      // As transformers does, tokens as likely as the last kept one stay too.
      let last = kept[parameters.topK - 1].weight
      kept = Array(kept.prefix { $0.weight >= last })
    }
    if parameters.topP < 1 {
      let limit = Double(parameters.topP) * kept.reduce(rest) { $0 + Double($1.weight) }
      var (count, sum) = (0, 0.0)
      while count < kept.count, count == 0 || sum < limit {
        sum += Double(kept[count].weight)
        count += 1
      }
      kept.removeLast(kept.count - count)
    }
    if parameters.minP > 0, let top = kept.first?.weight {
      kept = Array(kept.prefix { $0.weight >= min(parameters.minP, 1) * top })
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
}

extension TokenChoices {
  fileprivate var isAny: Bool { if case .any = self { true } else { false } }
}

extension SamplingParameters {
  /// Whether tokens are drawn from the model's own distribution.
  fileprivate var isPlain: Bool { temperature == 1 && topK <= 0 && topP >= 1 && minP <= 0 }
}
