import DataFiles
import Foundation
import TestSupport
import Testing
import TrainingRecords

@Suite struct RunRecorderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let pythonVariable = "PERSRM_TENSORBOARD_PYTHON"
  private static var python: String? { ProcessInfo.processInfo.environment[pythonVariable] }

  /// Steps of an invented run: training each, validation and samples every third.
  private func train(_ recorder: inout RunRecorder, steps: ClosedRange<Int>, clock: HandClock) throws {
    for step in steps {
      clock.advance(2)
      try recorder.record(
        step: step, values: ["train/loss": 3 / Double(step), "train/gradient_norm": step == 4 ? .nan : 1],
        distributions: ["train/rewards": (0..<step).map { Double($0 % 3) - 1 }])
      if step.isMultiple(of: 3) {
        try recorder.record(
          step: step, values: ["eval/accuracy": 0.5 + Double(step) / 30], texts: ["samples/0": "step \(step): ä & <b>"])
      }
    }
  }

  /// Cuts the end off an event file, as a kill in the middle of a write may.
  private func tearEvents(_ path: String) throws {
    let name = try #require(try SystemFolder.names(in: path).first { $0.hasPrefix("events.out.tfevents.") })
    let url = URL(filePath: "\(path)/\(name)")
    try Data(contentsOf: url).dropLast(7).write(to: url)
  }

  /// A run that is killed after step 8 and continues from the checkpoint of step 6, twice.
  private func killedAndResumed(_ path: String, clock: HandClock) throws {
    do {
      let run = try RunDirectory(path: path, settings: someSettings(), resume: false)
      var recorder = try RunRecorder(directory: run, continuingAfter: nil, clock: clock.clock)
      try train(&recorder, steps: 1...8, clock: clock)
    }
    clock.advance(1000)
    try tearEvents(path)
    do {
      let run = try RunDirectory(path: path, settings: someSettings(), resume: true)
      var recorder = try RunRecorder(directory: run, continuingAfter: 6, clock: clock.clock)
      let (linesCut, wallSeconds) = (recorder.linesCut, recorder.wallSeconds)
      #expect(linesCut == 2 && wallSeconds == 12)
      try train(&recorder, steps: 7...9, clock: clock)
    }
    let run = try RunDirectory(path: path, settings: someSettings(), resume: true)
    var recorder = try RunRecorder(directory: run, continuingAfter: 6, clock: clock.clock)
    try train(&recorder, steps: 7...12, clock: clock)
  }

  @Test func aResumedRunLeavesTheSameRecordsButForTimes() throws {
    let (first, second) = (folder.path("whole"), folder.path("resumed"))
    do {
      let clock = HandClock()
      let run = try RunDirectory(path: first, settings: someSettings(), resume: false)
      var recorder = try RunRecorder(directory: run, continuingAfter: nil, clock: clock.clock)
      try train(&recorder, steps: 1...12, clock: clock)
      let wallSeconds = recorder.wallSeconds
      #expect(wallSeconds == 24)
    }
    try killedAndResumed(second, clock: HandClock())
    let (whole, resumed) = (
      try MetricsLog.read(first + "/metrics.jsonl"), try MetricsLog.read(second + "/metrics.jsonl")
    )
    // NaN is not equal to itself, so the lines are compared as they are written.
    #expect(whole.map(\.content.json) == resumed.map(\.content.json))
    #expect(resumed.last?.wallSeconds == 24)
    #expect(try SystemFolder.names(in: second).count { $0.hasPrefix("events.out.tfevents.") } == 3)
  }

  @Test func aRunKilledBeforeItsFirstCheckpointBeginsAgain() throws {
    let (path, clock) = (folder.path("run"), HandClock())
    do {
      let run = try RunDirectory(path: path, settings: someSettings(), resume: true)
      var recorder = try RunRecorder(directory: run, continuingAfter: nil, clock: clock.clock)
      try train(&recorder, steps: 1...3, clock: clock)
    }
    let run = try RunDirectory(path: path, settings: someSettings(), resume: true)
    var recorder = try RunRecorder(directory: run, continuingAfter: nil, clock: clock.clock)
    let linesCut = recorder.linesCut
    #expect(linesCut == 4)
    try train(&recorder, steps: 1...2, clock: clock)
    #expect(try MetricsLog.read(path + "/metrics.jsonl").map(\.step) == [1, 2])
  }

  /// The real TensorBoard shows what `metrics.jsonl` says, also of a run that was killed twice.
  @Test(.enabled(if: Self.python != nil, "PERSRM_TENSORBOARD_PYTHON names no Python with tensorboard"))
  func tensorBoardShowsTheMetrics() throws {
    let path = folder.path("run")
    try killedAndResumed(path, clock: HandClock())
    let process = Process()
    process.executableURL = URL(filePath: try #require(Self.python))
    process.arguments = ["-B", "Scripts/golden/tensorboard_events.py", "--read", path]
    process.currentDirectoryURL =
      URL(filePath: #filePath).resolvingSymlinksInPath()
      .appending(path: "../../..").standardized
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }
}
