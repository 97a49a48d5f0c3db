import BoundedJSON
import DataFiles
import Foundation
import TestSupport
import Testing
import TrainingRecords

@Suite struct RunDirectoryTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.path("runs/first") }

  private func error(_ body: () throws -> Void) throws -> TrainingRecordsError {
    try #require(#expect(throws: TrainingRecordsError.self) { try body() })
  }

  @Test func makesAFolderWithItsSettings() throws {
    do {
      let run = try RunDirectory(path: path + "/", settings: someSettings(), resume: false)
      let (isResumed, remarks, runPath) = (run.isResumed, run.remarks, run.path)
      #expect(!isResumed && remarks.isEmpty && runPath == path)
      let paths = [run.metricsPath, run.checkpointsPath, run.adapterPath, run.reportPath]
      #expect(paths == ["metrics.jsonl", "checkpoints", "adapter", "report.html"].map { "\(path)/\($0)" })
    }
    #expect(try RunSettings(path: path + "/settings.json") == someSettings())
  }

  @Test func refusesAFolderThatIsNotEmpty() throws {
    try folder.write("somebody's", to: "notes.txt")
    let error = try error { _ = try RunDirectory(path: folder.url.path, settings: someSettings(), resume: false) }
    #expect(error == .notEmpty(path: folder.url.path, entry: "notes.txt"))
    #expect("\(error)".contains("--resume"))
    // And leaves it as it was.
    #expect(try SystemFolder.names(in: folder.url.path) == ["notes.txt"])
    let resumed = try self.error { _ = try RunDirectory(path: folder.url.path, settings: someSettings(), resume: true) }
    #expect(resumed == .notARun(path: folder.url.path, entry: "notes.txt"))
  }

  @Test func refusesAFinishedRunWithoutResume() throws {
    _ = try RunDirectory(path: path, settings: someSettings(), resume: false)
    #expect(
      try error { _ = try RunDirectory(path: path, settings: someSettings(), resume: false) }
        == .notEmpty(path: path, entry: "settings.json"))
    let run = try RunDirectory(path: path, settings: someSettings(), resume: true)
    let isResumed = run.isResumed
    #expect(isResumed)
  }

  @Test func resumingNothingBeginsANewRun() throws {
    let run = try RunDirectory(path: path, settings: someSettings(), resume: true)
    let isResumed = run.isResumed
    #expect(!isResumed)
  }

  @Test func whatAKillBeforeTheSettingsLeavesCountsAsEmpty() throws {
    try SystemFolder.make(path)
    try folder.write("process 1 on nowhere\n", to: "runs/first/run.lock")
    try folder.write("{\"prog", to: "runs/first/settings.json.partial")
    let run = try RunDirectory(path: path, settings: someSettings(), resume: false)
    let isResumed = run.isResumed
    #expect(!isResumed)
  }

  @Test func namesTheSettingThatDiffersAndBothValues() throws {
    _ = try RunDirectory(path: path, settings: someSettings(), resume: false)
    let before = try folder.read("runs/first/settings.json")
    let error = try error {
      _ = try RunDirectory(
        path: path, settings: someSettings(learningRate: 0.002, digest: "bb"), resume: true, mayChange: ["threads"])
    }
    #expect(
      error
        == .settingsDiffer(
          path: path,
          [
            .init(name: "optimiser.learning_rate", was: "0.001", now: "0.002"),
            .init(name: "input traces/0", was: "120 bytes, SHA-256 aa", now: "120 bytes, SHA-256 bb"),
          ]))
    #expect("\(error)".contains("optimiser.learning_rate was 0.001 and is now 0.002"))
    #expect(try folder.read("runs/first/settings.json") == before)
  }

  @Test func saysWhichSettingIsNewOrGone() throws {
    _ = try RunDirectory(path: path, settings: someSettings(), resume: false)
    var other = someSettings()
    other.settings["preset"] = nil
    other.settings["seed"] = .integer(7)
    #expect(
      try error { _ = try RunDirectory(path: path, settings: other, resume: true) }
        == .settingsDiffer(
          path: path, [.init(name: "preset", was: "\"lora\"", now: nil), .init(name: "seed", was: nil, now: "7")]))
  }

  @Test func whatMayChangeIsSaidAndWritten() throws {
    _ = try RunDirectory(path: path, settings: someSettings(), resume: false)
    var settings = someSettings(threads: 8)
    settings.versions["persrm"] = "0.2.0"
    settings.inputs["traces/0"]?.path = "moved/traces.jsonl.gz"
    let run = try RunDirectory(path: path, settings: settings, resume: true, mayChange: ["threads"])
    let remarks = run.remarks
    #expect(remarks == ["threads was 2 and is now 8", "version of persrm was 0.1.0 and is now 0.2.0"])
    #expect(try RunSettings(path: path + "/settings.json") == settings)
  }

  @Test func twoRunsNeverShareAFolder() throws {
    let first = try RunDirectory(path: path, settings: someSettings(), resume: false)
    for resume in [false, true] {
      let error = try error { _ = try RunDirectory(path: path, settings: someSettings(), resume: resume) }
      guard case .inUse(path, let holder) = error else {
        Issue.record("another error: \(error)")
        continue
      }
      #expect(holder.hasPrefix("process \(ProcessInfo.processInfo.processIdentifier) on "))
    }
    // Held until here.
    _ = first.path
  }

  @Test func theLockOfADeadProcessIsTakenOver() throws {
    _ = try RunDirectory(path: path, settings: someSettings(), resume: false)
    // A process that was killed leaves its text; the kernel has freed its lock.
    try folder.write("process 4194304 on elsewhere\n", to: "runs/first/run.lock")
    let run = try RunDirectory(path: path, settings: someSettings(), resume: true)
    let isResumed = run.isResumed
    #expect(isResumed)
  }

  @Test func refusesSettingsThatCannotBeUnderstood() throws {
    _ = try RunDirectory(path: path, settings: someSettings(), resume: false)
    let file = try folder.write("{\"program\":\"persrm-sft\"}", to: "runs/first/settings.json")
    #expect(
      try error { _ = try RunDirectory(path: path, settings: someSettings(), resume: true) }
        == .settings(path: file, reason: "/settings: must be an object"))
  }

  @Test func refusesASettingThatIsNoNumber() throws {
    let error = try error {
      _ = try RunDirectory(path: path, settings: someSettings(learningRate: .nan), resume: false)
    }
    guard case .settings(_, let reason) = error else {
      Issue.record("another error: \(error)")
      return
    }
    #expect(reason.contains("learning_rate"))
  }

  @Test func measuresInputs() throws {
    let file = try folder.write("abc", to: "input.txt")
    let input = try RunSettings.Input(measuring: file)
    #expect(input.bytes == 3)
    // FIPS 180-2, appendix B.1.
    #expect(input.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(throws: TrainingRecordsError.file(.system(action: "open", path: file + "x", errno: 2))) {
      try RunSettings.Input(measuring: file + "x")
    }
  }
}
