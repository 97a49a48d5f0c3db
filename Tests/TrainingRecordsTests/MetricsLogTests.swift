import DataFiles
import Foundation
import TestSupport
import Testing
import TrainingRecords

@Suite struct MetricsLogTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func line(_ step: Int, _ values: [String: Double] = ["train/loss": 1.5]) -> MetricsLine {
    MetricsLine(step: step, time: 1_764_000_000 + Double(step), wallSeconds: Double(step), values: values)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func writesFlatLinesWithSortedTags() {
    let line = MetricsLine(
      step: 12, time: 1_764_000_000.1234, wallSeconds: 83.2,
      values: ["train/loss": 1.23, "train/kl": 0, "train/learning_rate": 5e-6, "train/tokens_per_second": 710],
      texts: ["samples/0": "says \"no\"\nand ends"], distributions: ["train/rewards": [1, -1, .nan, 0.5]])
    #expect(
      text(line.json)
        == #"{"step":12,"time":1764000000.123,"wall_seconds":83.200,"samples/0":"says \"no\"\nand ends","train/kl":0,"#
        + #""train/learning_rate":5e-06,"train/loss":1.23,"train/rewards":[1,-1,0.5],"train/tokens_per_second":710}"#)
  }

  @Test func writesWhatIsNotFiniteAsNullAndNamesIt() throws {
    let path = folder.path("metrics.jsonl")
    do {
      var log = try MetricsLog(path: path, continuingAfter: 0)
      try log.append(line(1, ["train/loss": .nan, "train/gradient_norm": .infinity, "train/kl": 0.25]))
    }
    let written = text(try folder.read("metrics.jsonl"))
    #expect(written.contains(#""train/loss":null"#))
    #expect(written.hasSuffix(#","not_finite":["train/gradient_norm","train/loss"]}"# + "\n"))
    // Any JSON reader takes it.
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(written.utf8)) }
    let read = try #require(try MetricsLog.read(path).first)
    #expect(read.values["train/loss"]?.isNaN == true && read.values["train/kl"] == 0.25)
  }

  @Test func readsBackWhatItWrote() throws {
    let path = folder.path("metrics.jsonl")
    let lines = [
      line(1), line(1, ["eval/accuracy": 1.0 / 3]),
      MetricsLine(
        step: 2, time: 5, wallSeconds: 7.5, values: ["train/loss": -1e-300], texts: ["samples/0": "ä\u{1}\u{2028}"],
        distributions: ["train/rewards": [], "train/lengths": [3, 4.5]]),
    ]
    do {
      var log = try MetricsLog(path: path, continuingAfter: 0)
      for line in lines { try log.append(line) }
      let (step, seconds) = (log.lastStep, log.lastWallSeconds)
      #expect(step == 2 && seconds == 7.5)
    }
    #expect(try MetricsLog.read(path) == lines)
  }

  @Test func aRunKilledAfterAnyByteContinuesAsIfItHadNotBeen() throws {
    let whole = (1...6).flatMap { step in
      step == 4 ? [line(step), line(step, ["eval/loss": 0.5])] : [line(step)]
    }
    let bytes = whole.flatMap { $0.json + [UInt8(ascii: "\n")] }
    let memory = try MemoryFolder()
    let path = memory.path + "/metrics.jsonl"
    for length in 0...bytes.count {
      let prefix = Data(bytes[..<length])
      let complete = prefix.count { $0 == UInt8(ascii: "\n") }
      for step in 0...6 {
        // A checkpoint is of a step whose lines were all written.
        let linesOfCheckpoint = whole.count { $0.step <= step }
        guard linesOfCheckpoint <= complete else { continue }
        try prefix.write(to: URL(filePath: path))
        var log = try MetricsLog(path: path, continuingAfter: step)
        let linesCut = log.linesCut
        #expect(linesCut == complete - linesOfCheckpoint)
        for line in whole where line.step > step { try log.append(line) }
        #expect(Array(try Data(contentsOf: URL(filePath: path))) == bytes)
      }
    }
  }

  @Test func aKillWhileLinesAreCutOffLeavesTheFileAsItWas() throws {
    let path = try folder.write(line(1).json + [10] + line(2).json + [10], to: "metrics.jsonl")
    // What such a kill leaves: the replacement, half written.
    try folder.write(line(1).json.prefix(9), to: "metrics.jsonl.partial")
    let log = try MetricsLog(path: path, continuingAfter: 1)
    let (linesCut, lastStep) = (log.linesCut, log.lastStep)
    #expect(linesCut == 1 && lastStep == 1)
    #expect(try folder.read("metrics.jsonl") == line(1).json + [10])
  }

  @Test func readsAFileThatIsStillBeingWritten() throws {
    let path = try folder.write(line(1).json + [10] + line(2).json.dropLast(4), to: "metrics.jsonl")
    #expect(try MetricsLog.read(path) == [line(1)])
  }

  @Test func namesTheLineThatIsNotOneOfOurs() throws {
    let path = try folder.write(line(1).json + Array("\n{\"step\":-2}\n".utf8) + line(3).json + [10], to: "m")
    let expected = TrainingRecordsError.metrics(
      path: path, line: 2, reason: "/step: must be a whole number, at least 0")
    #expect(throws: expected) { try MetricsLog.read(path) }
    #expect(throws: expected) { _ = try MetricsLog(path: path, continuingAfter: 3) }
    #expect("\(expected)".hasSuffix("m:2: /step: must be a whole number, at least 0"))
  }

  @Test func refusesStepsThatGoBack() throws {
    let path = try folder.write(line(5).json + [10] + line(3).json + [10], to: "m")
    #expect(throws: TrainingRecordsError.metrics(path: path, line: 2, reason: "step 3 stands after step 5")) {
      _ = try MetricsLog(path: path, continuingAfter: 9)
    }
  }

  @Test func aFullDiskIsAnErrorThatSaysSo() throws {
    let path = folder.path("metrics.jsonl")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
    var log = try MetricsLog(path: path, continuingAfter: 0)
    let expected = TrainingRecordsError.file(.system(action: "write to", path: path, errno: 28))
    #expect(throws: expected) { try log.append(line(1)) }
    #expect("\(expected)".contains("No space left"))
  }
}
