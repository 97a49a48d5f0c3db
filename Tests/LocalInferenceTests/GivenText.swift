import Foundation
import Kernels
import ModelFiles
import Models
import Tensors

extension DecoderModel {
  /// The likeliest next token at every position, and ln p of each token after the first.
  func readGivenText(_ tokens: [Int32]) -> (top1: [Int32], logProbabilities: [Float]) {
    let blocks = (tokens.count + KernelSet.blockTokens - 1) / KernelSet.blockTokens
    let cache = KeyValueCache(configuration, type: keyValueType, blockCount: blocks)
    let chunk = 128
    let buffers = ActivationBuffers(configuration, tokensMax: chunk, logitsMax: chunk)
    let width = configuration.vocabSize
    let weights = FloatBuffer(count: width)
    var (top1, logProbabilities): ([Int32], [Float]) = ([], [])
    for start in stride(from: 0, to: tokens.count, by: chunk) {
      let part = Array(tokens[start..<min(tokens.count, start + chunk)])
      forward(
        ForwardBatch(segments: [
          .init(tokens: part, start: start, blocks: (0..<Int32(blocks)).map { $0 }, logitsAt: Array(part.indices))
        ]), cache: cache, buffers: buffers)
      project(part.indices, buffers: buffers)
      for row in part.indices {
        let logits = buffers.logits.pointer + row * width
        let top = KernelSet.best.maximum(logits, count: width)
        var token = 0
        while logits[token] != top { token += 1 }
        top1.append(Int32(token))
        guard start + row + 1 < tokens.count else { continue }
        let sum = KernelSet.best.expSum(logits, count: width, shift: top, scale: 1, into: weights.pointer)
        logProbabilities.append(logits[Int(tokens[start + row + 1])] - top - log(sum))
      }
    }
    return (top1, logProbabilities)
  }
}
