import Benchmarking
import Kernels
import ModelFiles
import Models
import Testing

/// What a model has to compute and read, against numbers worked out by hand.
@Suite struct ModelWorkTests {
  private let configuration = ModelConfiguration(
    architecture: .llama, hiddenSize: 8, layerCount: 2, headCount: 2, kvHeadCount: 1, headDim: 4, intermediateSize: 16,
    vocabSize: 32, positionCount: 128, rmsNormEpsilon: 1e-5, ropeTheta: 10_000, tieWordEmbeddings: true,
    attentionBias: false)

  /// Weights of a layer: 8 x (8 + 4 + 4) for query, key and value, 8 x 8 for the output, 3 x 8 x 16.
  private let layerWeights = 128.0 + 64 + 384
  /// 8 x 32.
  private let headWeights = 256.0

  @Test func aPromptNeedsItsHeadOnceAndSeesHalfASquare() {
    let pass = ModelWork(configuration, weightBytes: 1000, precision: .balanced).prefill(tokens: 10)
    #expect(
      pass.arithmetic == [
        Roofline.Work(2 * (2 * layerWeights * 10 + headWeights), .int8),
        // Two multiply-adds for each of 2 layers, 2 heads, 4 elements and 55 pairs of positions.
        Roofline.Work(4 * 2 * 2 * 4 * 55, .bfloat16),
      ])
    #expect(pass.bytes == 1000)
  }

  @Test func sequencesReadWhatTheyShareOnce() {
    let work = ModelWork(configuration, weightBytes: 1000, precision: .balanced)
    let pass = work.decode(sequences: 4, context: 100, shared: 60)
    #expect(
      pass.arithmetic == [
        Roofline.Work(2 * 4 * (2 * layerWeights + headWeights), .int8), Roofline.Work(4 * 2 * 2 * 4 * 400, .bfloat16),
      ])
    // A position takes 4 key elements and 16 of values (whole vectors), in bfloat16, in 2 layers.
    #expect(pass.bytes == Double(1000 + (60 + 4 * 40) * (4 + 16) * 2 * 2))
    #expect(work.decode(sequences: 4, context: 100).bytes == Double(1000 + 400 * 80))
  }

  @Test func theReferenceIsHeldAgainstFloat32() {
    let pass = ModelWork(configuration, weightBytes: 0, precision: .float32).prefill(tokens: 1)
    #expect(pass.arithmetic.map(\.arithmetic) == [.float32, .float32])
  }
}
