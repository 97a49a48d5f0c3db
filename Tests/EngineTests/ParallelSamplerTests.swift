import Engine
import Kernels
import TestSupport
import Testing

/// Drawing on several cores is drawing one after the other.
@Suite struct ParallelSamplerTests {
  private static let vocabularySize = 1537

  /// Rows of every kind: greedy, filtered or not, masked, a few choices.
  private func kind(_ random: inout SeededGenerator) -> (TokenChoices, SamplingParameters, Int) {
    var mask = TokenMask(vocabularySize: Self.vocabularySize)
    for _ in 0..<40 { mask.insert(Int32.random(in: 0..<Int32(Self.vocabularySize), using: &random)) }
    let choices: [TokenChoices] = [.any, .mask(mask), .few([7, 1536, 400])]
    var parameters: [SamplingParameters] = [
      SamplingParameters(), SamplingParameters(temperature: 1), SamplingParameters(temperature: 0.7, topK: 20),
      SamplingParameters(temperature: 1.5, topP: 0.9), SamplingParameters(temperature: 1, minP: 0.1),
    ]
    for index in parameters.indices { parameters[index].seed = random.next() }
    return (
      choices[Int.random(in: 0..<3, using: &random)], parameters[Int.random(in: 0..<5, using: &random)],
      Int.random(in: 0..<500, using: &random)
    )
  }

  @Test(arguments: [1, 2, 3, 8])
  func everyRowIsDrawnAsIfAlone(threads: Int) {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let sampler = ParallelSampler(
      kernels: .best, vocabularySize: Self.vocabularySize, parallel: ParallelFor(threads: threads))
    let alone = Sampler(kernels: .best, vocabularySize: Self.vocabularySize)
    for count in [0, 1, 2, 3, 7, 8, 9, 64] {
      let logits = (0..<count * Self.vocabularySize).map { _ in Float.random(in: -6...6, using: &random) }
      let kinds = (0..<count).map { _ in kind(&random) }
      logits.withUnsafeBufferPointer { logits in
        guard let first = logits.baseAddress else { return }
        let rows = kinds.enumerated().map { index, kind in
          ParallelSampler.Row(
            logits: first + index * Self.vocabularySize, choices: kind.0, parameters: kind.1, index: kind.2)
        }
        let expected = rows.map { row in
          alone.draw(row.logits, choices: row.choices, parameters: row.parameters, index: row.index)
        }
        #expect(sampler.draw(rows) == expected, "seed \(seed), \(count) rows")
      }
    }
  }
}
