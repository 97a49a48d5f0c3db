import Foundation
import Kernels
import ModelFiles
import Models
import Tensors
import Testing
import Tokenization

/// The default model's logits on real prompts against transformers in float32 (`Scripts/golden/real_prompts.py`).
///
/// Other models are checked the same way by naming a model and its recorded prompts in `PERSRM_PARITY_MODEL` and
/// `PERSRM_PARITY_PROMPTS`.
@Suite struct RealWeightsParityTests {
  private struct Recording: Decodable {
    struct Prompt: Decodable {
      let name: String
      let text: String?
      let tokens: [Int32]
      let top1: [Int32]
      let margin: [Float]
      let logprob: [Float]
    }
    let prompts: [Prompt]
  }

  /// Below this the reference's own rounding decides which token is first.
  private static let marginMin: Float = 1e-3

  @Test func theDefaultModelAgreesOnTheFirstTokenAndOnProbabilities() throws {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("ModelsTests/Fixtures/smollm2-prompts.json")
    try check(model: DefaultModel.path, prompts: fixtures)
  }

  private static let environment = ProcessInfo.processInfo.environment

  @Test(.enabled(if: environment["PERSRM_PARITY_MODEL"] != nil && environment["PERSRM_PARITY_PROMPTS"] != nil))
  func aNamedModelAgrees() throws {
    let model = try #require(Self.environment["PERSRM_PARITY_MODEL"])
    let prompts = try #require(Self.environment["PERSRM_PARITY_PROMPTS"])
    try check(model: model, prompts: URL(fileURLWithPath: prompts))
  }

  private func check(model path: String, prompts: URL) throws {
    let recording = try JSONDecoder().decode(Recording.self, from: Data(contentsOf: prompts))
    let model = try DefaultModel.decoder(path: path)
    var (positions, close, differing): (Int, Int, Int) = (0, 0, 0)
    var largest: Float = 0
    for prompt in recording.prompts {
      let (top1, logProbabilities) = run(model, prompt.tokens)
      for position in prompt.tokens.indices {
        positions += 1
        if prompt.margin[position] <= Self.marginMin {
          close += 1
        } else if top1[position] != prompt.top1[position] {
          differing += 1
        }
        if position < prompt.logprob.count {
          largest = max(largest, abs(logProbabilities[position] - prompt.logprob[position]))
        }
      }
    }
    print(
      "real weights \(prompts.lastPathComponent): \(recording.prompts.count) prompts, \(positions) positions, "
        + "\(close) with a margin below \(Self.marginMin), \(differing) others with another first token, "
        + "largest difference of a log-probability \(largest)")
    #expect(positions > 1000)
    #expect(differing == 0)
    #expect(largest < 2e-3)
  }

  /// The likeliest next token at every position, and ln p of each token after the first.
  private func run(_ model: DecoderModel, _ tokens: [Int32]) -> (top1: [Int32], logProbabilities: [Float]) {
    let blocks = (tokens.count + KernelSet.blockTokens - 1) / KernelSet.blockTokens
    let cache = KeyValueCache(model.configuration, blockCount: blocks)
    let chunk = 128
    let buffers = ActivationBuffers(model.configuration, tokensMax: chunk, logitsMax: chunk)
    let width = model.configuration.vocabSize
    let weights = FloatBuffer(count: width)
    var (top1, logProbabilities): ([Int32], [Float]) = ([], [])
    for start in stride(from: 0, to: tokens.count, by: chunk) {
      let part = Array(tokens[start..<min(tokens.count, start + chunk)])
      model.forward(
        ForwardBatch(segments: [
          .init(tokens: part, start: start, blocks: (0..<Int32(blocks)).map { $0 }, logitsAt: Array(part.indices))
        ]), cache: cache, buffers: buffers)
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

  @Test func theDefaultTokenizerAgreesOnTheRecordedPrompts() throws {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("ModelsTests/Fixtures/smollm2-prompts.json")
    let recording = try JSONDecoder().decode(Recording.self, from: Data(contentsOf: fixtures))
    let tokenizer = try DefaultModel.tokenizer.get()
    for prompt in recording.prompts {
      let text = try #require(prompt.text)
      #expect(tokenizer.encode(text, addedTokens: true) == prompt.tokens, "\(prompt.name)")
    }
  }
}
