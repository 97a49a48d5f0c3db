import DataFiles
import Foundation
import TestSupport
import Testing
import TrainingRecords

/// Bytes against those of the real `tensorboard` package (`Scripts/golden/tensorboard_events.py`).
@Suite struct EventFileTests {
  struct Golden: Decodable {
    var text: String
    var records: [String: String]
  }

  let folder: TemporaryFolder
  let golden: Golden

  init() throws {
    folder = try TemporaryFolder()
    let url = try #require(
      Bundle.module.url(forResource: "tensorboard-events", withExtension: "json", subdirectory: "Fixtures"))
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  private func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private func line(_ time: Double, _ step: Int, _ values: [String: Double]) -> MetricsLine {
    MetricsLine(step: step, time: time, wallSeconds: 0, values: values)
  }

  /// What one line adds to a file.
  private func record(_ line: MetricsLine) throws -> String {
    var writer = try EventFileWriter(folder: folder.url.path, resumedStep: nil, time: 1_764_000_000.125)
    let url = URL(filePath: writer.path)
    let before = try Data(contentsOf: url)
    try writer.append(line)
    return hex(try Data(contentsOf: url).dropFirst(before.count))
  }

  @Test func aFileBeginsWithItsVersion() throws {
    let writer = try EventFileWriter(folder: folder.url.path, resumedStep: nil, time: 1_764_000_000.125)
    #expect(hex(try Data(contentsOf: URL(filePath: writer.path))) == golden.records["file_version"])
  }

  @Test func aResumedFileVoidsTheStepsToCome() throws {
    let writer = try EventFileWriter(folder: folder.url.path, resumedStep: 120, time: 1_764_000_001.5)
    #expect(
      hex(try Data(contentsOf: URL(filePath: writer.path))).hasSuffix(try #require(golden.records["session_start"])))
  }

  @Test func scalarsAreTheBytesOfTheRealWriter() throws {
    #expect(
      try record(
        line(
          1_764_000_002.25, 1, ["train/loss": 1.2345678, "train/learning_rate": 5e-6, "train/kl": 0]))
        == golden.records["scalars"])
    #expect(try record(line(1_764_000_003, 1 << 40, ["eval/accuracy": 0.938])) == golden.records["large_step"])
    #expect(try record(line(1_764_000_003, 0, ["train/reward": -1])) == golden.records["step_zero"])
    #expect(try record(line(1_764_000_004, 300, ["train/gradient_norm": .infinity])) == golden.records["infinite"])
  }

  @Test func textsAndHistogramsAreTheBytesOfTheRealWriter() throws {
    var text = line(1_764_000_005, 128, [:])
    text.texts = ["samples/0": golden.text]
    #expect(try record(text) == golden.records["text"])
    var histogram = line(1_764_000_006, 127, [:])
    histogram.distributions = ["train/rewards": [0.5, .nan, 0.5, 0.5]]
    #expect(try record(histogram) == golden.records["histogram"])
  }

  @Test func aLineWithNothingToShowWritesNothing() throws {
    var empty = line(1, 1, [:])
    empty.distributions = ["train/rewards": [], "train/lengths": [.nan]]
    #expect(try record(empty).isEmpty)
  }

  @Test func filesAreReadInTheOrderTheyWereBegun() throws {
    let first = try EventFileWriter(folder: folder.url.path, resumedStep: nil, time: 1_764_000_000).path
    let second = try EventFileWriter(folder: folder.url.path, resumedStep: 1, time: 1_764_000_000).path
    // The clock went back.
    let third = try EventFileWriter(folder: folder.url.path, resumedStep: 2, time: 1_763_000_000).path
    #expect([third, first, second].sorted() == [first, second, third])
    let name = try #require(first.split(separator: "/").last)
    let pattern = /events\.out\.tfevents\.1764000000\.[^\/]+\.\d+\.\d+/
    #expect(name.wholeMatch(of: pattern) != nil)
  }
}
