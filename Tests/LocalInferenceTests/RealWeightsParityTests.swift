import Foundation
import LocalInference
import ModelFiles
import Testing
import Tokenization

/// The default model's logits on real prompts against transformers in float32 (`Scripts/golden/real_prompts.py`).
///
/// Other models are checked the same way by naming a model and its recorded prompts in `PERSRM_PARITY_MODEL` and
/// `PERSRM_PARITY_PROMPTS`, with an adapter in `PERSRM_PARITY_ADAPTER`.
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
    let adapter = try Self.environment["PERSRM_PARITY_ADAPTER"].map { path in try LoRAAdapter(path: path) }
    try check(model: model, adapter: adapter, prompts: URL(fileURLWithPath: prompts))
    let recording = try JSONDecoder().decode(Recording.self, from: Data(contentsOf: URL(fileURLWithPath: prompts)))
    let tokenizer = try Tokenizer(LocalModel.tokenizerDefinition(of: ModelCheckpoint.open(path: model)))
    for prompt in recording.prompts {
      guard let text = prompt.text else { continue }
      // Long prompts are recorded cut off.
      #expect(tokenizer.encode(text, addedTokens: true).starts(with: prompt.tokens), "\(prompt.name)")
    }
  }

  private func check(model path: String, adapter: LoRAAdapter? = nil, prompts: URL) throws {
    let recording = try JSONDecoder().decode(Recording.self, from: Data(contentsOf: prompts))
    let model = try DefaultModel.decoder(path: path, adapter: adapter)
    var (positions, close, differing): (Int, Int, Int) = (0, 0, 0)
    var largest: Float = 0
    for prompt in recording.prompts {
      let (top1, logProbabilities) = model.readGivenText(prompt.tokens)
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
