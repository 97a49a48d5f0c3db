import Foundation
import Kernels
import ModelFiles
import Models
import TestSupport
import Testing

/// Logits of tiny random models against transformers in float32 (`Scripts/golden/tiny_models.py`).
@Suite struct LogitsParityTests {
  private struct Expected: Decodable {
    struct Logits: Decodable { let file: String, shape: [Int] }
    struct Sequence: Decodable {
      let tokens: [Int32]
      let firstRow: Int
      enum CodingKeys: String, CodingKey { case tokens, firstRow = "first_row" }
    }
    let logits: Logits
    let sequences: [Sequence]
  }

  private func expected(_ name: String) throws -> (sequences: [Expected.Sequence], rows: [[Float]]) {
    let folder = TinyModel.fixtures.appendingPathComponent(name)
    let expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
    let data = try Data(contentsOf: folder.appendingPathComponent(expected.logits.file))
    let width = expected.logits.shape[1]
    let values = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    try #require(values.count == expected.logits.shape[0] * width)
    return (expected.sequences, stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) })
  }

  /// Largest difference over all sequences of a fixture.
  private func difference(_ tiny: TinyModel, from name: String, chunk: Int = .max) throws -> Float {
    let (sequences, rows) = try expected(name)
    var largest: Float = 0
    for sequence in sequences {
      for (index, row) in tiny.logits(sequence.tokens, chunk: chunk).enumerated() {
        for (ours, theirs) in zip(row, rows[sequence.firstRow + index]) { largest = max(largest, abs(ours - theirs)) }
      }
    }
    return largest
  }

  @Test(arguments: ["tiny-llama", "tiny-llama3-rope", "tiny-qwen2", "tiny-qwen2-sharded"])
  func logitsAgreeWithTheReference(_ name: String) throws {
    let largest = try difference(TinyModel(named: name), from: name)
    print("logits parity \(name): largest difference \(largest)")
    #expect(largest < 1e-4)
  }

  @Test func ggufAgreesWithHuggingFaceToTheBit() throws {
    let (sequences, _) = try expected("tiny-llama")
    let (gguf, directory) = (try TinyModel(named: "tiny-llama.gguf"), try TinyModel(named: "tiny-llama"))
    for sequence in sequences { #expect(gguf.logits(sequence.tokens) == directory.logits(sequence.tokens)) }
  }

  @Test func openBLASAgreesWithTheReference() throws {
    let tiny = try TinyModel(named: "tiny-qwen2", path: .openBLAS(OpenBLAS.shared.get()))
    #expect(try difference(tiny, from: "tiny-qwen2") < 1e-4)
  }

  @Test(arguments: ["tiny-llama", "tiny-llama3-rope", "tiny-qwen2"])
  func instructionSetsThreadsAndChunksChangeNoBit(_ name: String) throws {
    let (sequences, _) = try expected(name)
    let longest = try #require(sequences.max { $0.tokens.count < $1.tokens.count })
    let whole = try TinyModel(named: name, threads: 2).logits(longest.tokens)
    for set in KernelSet.InstructionSet.allCases {
      guard let kernels = KernelSet(set) else { continue }
      for threads in [1, 3] {
        #expect(try TinyModel(named: name, threads: threads, kernels: kernels).logits(longest.tokens) == whole)
      }
    }
    for chunk in [1, 2, 7, 16, 33] {
      #expect(try TinyModel(named: name).logits(longest.tokens, chunk: chunk) == whole, "chunks of \(chunk)")
    }
  }

  @Test(arguments: [Precision.float32, .balanced], ["tiny-llama", "tiny-qwen2"])
  func leavingOutRowsThatNobodyWantsChangesNoBit(_ precision: Precision, _ name: String) throws {
    let (sequences, _) = try expected(name)
    let longest = try #require(sequences.max { $0.tokens.count < $1.tokens.count })
    let tiny = try TinyModel(named: name, precision: precision)
    let all = tiny.logits(longest.tokens)
    // The last; runs and gaps; every other one; a pass of which nobody wants anything.
    let last = longest.tokens.count - 1
    let choices: [(Int) -> Bool] = [{ $0 == last }, { $0 % 7 < 3 }, { $0 % 2 == 1 }, { $0 >= 16 }]
    for choice in choices {
      for chunk in [16, .max] {
        let some = tiny.logits(longest.tokens, chunk: chunk, wanting: choice)
        #expect(some == all.indices.filter(choice).map { all[$0] })
      }
    }
  }
}
