import DataFiles
import Foundation
import Testing
import TrainingRecords

@Suite struct CheckpointStoreTests {
  let folder: MemoryFolder

  init() throws { folder = try MemoryFolder() }

  private var path: String { folder.path + "/checkpoints" }

  /// What the checkpoint of a step holds, different for each.
  private func content(_ step: Int, variant: UInt8 = 0) -> [UInt8] {
    (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7 + step) ^ variant }
  }

  /// Two files by the writer, one by code that knows paths only, one in a folder.
  private func fill(_ writer: inout CheckpointWriter, _ step: Int, variant: UInt8 = 0) throws {
    try writer.write("optimiser.bin") { sink throws in
      for start in stride(from: 0, to: 300, by: 100) {
        try sink.write(Array(content(step, variant: variant)[start..<start + 100]))
      }
    }
    try writer.write("state.json", bytes: Array("{\"step\":\(step)}".utf8))
    try writer.write("adapter/adapter_config.json", bytes: [UInt8(ascii: "{"), UInt8(ascii: "}")])
    try Data(content(step, variant: variant).reversed()).write(to: URL(filePath: writer.path + "/adapter/weights.bin"))
  }

  private func write(
    _ store: borrowing CheckpointStore, _ step: Int, best: CheckpointManifest.Best? = nil, variant: UInt8 = 0
  ) throws {
    try store.write(step: step, best: best) { writer throws in try fill(&writer, step, variant: variant) }
  }

  private func latest(warnings: inout [String]) throws -> Checkpoint? {
    try CheckpointStore(path: path, keep: 2).latest { warnings.append("\($0)") }
  }

  private func latest() throws -> Checkpoint? {
    var warnings: [String] = []
    let found = try latest(warnings: &warnings)
    #expect(warnings.isEmpty)
    return found
  }

  private var names: [String] { get throws { try SystemFolder.names(in: path) } }

  @Test func readsBackWhatWasWritten() throws {
    #expect(try latest() == nil)
    try write(CheckpointStore(path: path, keep: 2), 120)
    let found = try #require(try latest())
    #expect(found.step == 120 && found.path == path + "/step-000120")
    #expect(
      found.manifest.files.map(\.name)
        == ["adapter/adapter_config.json", "adapter/weights.bin", "optimiser.bin", "state.json"])
    #expect(found.manifest.files.map(\.bytes) == [2, 300, 300, 12])
    #expect(try found.read("optimiser.bin") == content(120))
    #expect(try found.read("adapter/weights.bin") == content(120).reversed())
    #expect(found.path(of: "state.json") == path + "/step-000120/state.json")
    #expect(found.path(of: "other.bin") == nil)
    #expect(throws: TrainingRecordsError.checkpoint(path: found.path, reason: "has no file other.bin")) {
      try found.read("other.bin")
    }
  }

  @Test func writesLongFilesInPieces() throws {
    let disk = FaultyDisk()
    let long = (0..<(5 << 18)).map { UInt8(truncatingIfNeeded: $0 >> 3) }
    let store = CheckpointStore(path: path, keep: 1, probe: disk.probe)
    try store.write(step: 1) { writer throws in
      try writer.write("long.bin") { sink throws in
        try sink.write([1, 2, 3])
        try sink.write(long)
        let count = sink.count
        #expect(count == 3 + long.count)
      }
    }
    let pieces = disk.steps.compactMap { step in
      if case .write(let path, let bytes) = step, path.hasSuffix("long.bin") { bytes } else { nil }
    }
    #expect(pieces == [3, 1 << 20, 1 << 18])
    #expect(try latest()?.read("long.bin") == [1, 2, 3] + long)
  }

  @Test func keepsTheNewestAndTheNewestBest() throws {
    let store = CheckpointStore(path: path, keep: 2)
    for step in 1...7 {
      let best = [2: 0.6, 3: 0.7][step].map { CheckpointManifest.Best(tag: "eval/accuracy", value: $0) }
      try write(store, step, best: best)
    }
    #expect(try names == ["step-000003", "step-000006", "step-000007"])
    #expect(try store.best()?.step == 3)
    #expect(try store.best()?.manifest.best == .init(tag: "eval/accuracy", value: 0.7))
    #expect(try latest()?.step == 7)
    try write(store, 8, best: .init(tag: "eval/accuracy", value: 0.8))
    #expect(try names == ["step-000007", "step-000008"])
  }

  /// A store with checkpoints 1 and 2, about to write 3: the process dies before each of its steps in turn.
  @Test func aKillAtAnyPointLeavesAWholeCheckpoint() throws {
    let count = try stepsOfTheThird { store throws in try write(store, 3) }
    #expect(count > 15)
    for point in 0..<count {
      try prepared()
      let disk = FaultyDisk(failsAt: point)
      #expect(throws: (any Error).self) {
        try write(CheckpointStore(path: path, keep: 2, probe: disk.probe), 3)
      }
      let found = try #require(try latest())
      #expect(found.step == 2 || found.step == 3)
      #expect(try found.read("optimiser.bin") == content(found.step))
      // The next run goes on as if nothing had been.
      let store = CheckpointStore(path: path, keep: 2)
      for step in (found.step + 1)...4 { try write(store, step) }
      #expect(try names == ["step-000003", "step-000004"])
      #expect(try latest()?.step == 4)
    }
  }

  /// The step that goes wrong is the only one: the store cleans up, and the same checkpoint succeeds later.
  @Test func aDiskThatIsFullForAMomentLeavesTheLastCheckpointAndNoRubbish() throws {
    let count = try stepsOfTheThird { store throws in try write(store, 3) }
    for point in 0..<count {
      try prepared()
      let disk = FaultyDisk(failsAt: point, everLater: false)
      let store = CheckpointStore(path: path, keep: 2, probe: disk.probe)
      #expect(throws: TrainingRecordsError.file(.system(action: "write to", path: "a full disk", errno: 28))) {
        try write(store, 3)
      }
      #expect([2, 3].contains(try latest()?.step))
      try write(store, 3)
      #expect(try names == ["step-000002", "step-000003"])
    }
  }

  /// A run that went back does a step again: the old checkpoint of that step is whole until the new one is.
  @Test func aKillWhileACheckpointIsReplacedLeavesTheOldOrTheNew() throws {
    let count = try stepsOfTheThird { store throws in try write(store, 2, variant: 255) }
    for point in 0..<count {
      try prepared()
      let disk = FaultyDisk(failsAt: point)
      #expect(throws: (any Error).self) {
        try write(CheckpointStore(path: path, keep: 2, probe: disk.probe), 2, variant: 255)
      }
      let found = try #require(try latest())
      #expect(found.step == 2)
      #expect([content(2), content(2, variant: 255)].contains(try found.read("optimiser.bin")))
      try write(CheckpointStore(path: path, keep: 2), 2, variant: 255)
      #expect(try latest()?.read("optimiser.bin") == content(2, variant: 255))
      #expect(try names == ["step-000001", "step-000002"])
    }
  }

  private func prepared() throws {
    try SystemFolder.remove(path)
    let store = CheckpointStore(path: path, keep: 2)
    for step in 1...2 { try write(store, step) }
  }

  private func stepsOfTheThird(_ write: (borrowing CheckpointStore) throws -> Void) throws -> Int {
    try prepared()
    let disk = FaultyDisk()
    try write(CheckpointStore(path: path, keep: 2, probe: disk.probe))
    return disk.steps.count
  }

  @Test func whatTheCallerThrowsComesThroughAndNothingStays() throws {
    struct Refusal: Error, Equatable {}
    try prepared()
    let store = CheckpointStore(path: path, keep: 2)
    #expect(throws: Refusal()) {
      try store.write(step: 3) { writer throws in
        try writer.write("a.bin", bytes: [1])
        throw Refusal()
      }
    }
    #expect(try names == ["step-000001", "step-000002"])
  }

  @Test(arguments: [
    ("optimiser.bin", "is damaged"), ("state.json", "bytes, and not 10"), ("adapter/weights.bin", "is missing"),
    ("manifest.json", "no manifest.json"),
  ])
  func aDamagedCheckpointIsRefusedByNameAndTheOneBeforeIsUsed(name: String, reason: String) throws {
    try prepared()
    let file = path + "/step-000002/" + name
    switch name {
    case "optimiser.bin":
      var bytes = try Data(contentsOf: URL(filePath: file))
      bytes[17] ^= 4
      try bytes.write(to: URL(filePath: file))
    case "state.json": try Data([1]).write(to: URL(filePath: file))
    default: try FileManager.default.removeItem(atPath: file)
    }
    var warnings: [String] = []
    #expect(try latest(warnings: &warnings)?.step == 1)
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("step-000002") == true && warnings.first?.contains(reason) == true)
    #expect(warnings.first?.contains(name) == true)
  }

  @Test func everyByteOfAManifestCounts() throws {
    try write(CheckpointStore(path: path, keep: 1), 7)
    let file = URL(filePath: path + "/step-000007/manifest.json")
    let whole = try Data(contentsOf: file)
    for length in 0..<(whole.count - 2) {
      try whole.prefix(length).write(to: file)
      #expect(throws: TrainingRecordsError.self) {
        try CheckpointStore(path: path, keep: 1).checkpoint(step: 7)
      }
    }
  }

  @Test func isNotSilentWhenAllAreDamaged() throws {
    try prepared()
    for step in 1...2 { try FileManager.default.removeItem(atPath: path + "/step-00000\(step)/state.json") }
    var warnings: [String] = []
    let error = #expect(throws: TrainingRecordsError.self) { try latest(warnings: &warnings) }
    guard case .noWholeCheckpoint(path, let reasons) = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(reasons.count == 2 && reasons[0].contains("step-000002") && reasons[0].contains("state.json is missing"))
  }

  @Test func ignoresWhatIsNoCheckpoint() throws {
    try prepared()
    for name in ["step-3", "step-000009.partial", "notes", "step-00000x"] {
      try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: false)
    }
    #expect(try latest()?.step == 2)
    try write(CheckpointStore(path: path, keep: 1), 3)
    #expect(try names == ["notes", "step-000003", "step-00000x", "step-3"])
  }

  @Test func aNameThatLeavesTheFolderIsNotBelieved() throws {
    try write(CheckpointStore(path: path, keep: 1), 1)
    let file = URL(filePath: path + "/step-000001/manifest.json")
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    try Data(text.replacing("state.json", with: "../../state.json").utf8).write(to: file)
    #expect(throws: TrainingRecordsError.self) { try CheckpointStore(path: path, keep: 1).checkpoint(step: 1) }
  }

  /// Needs a file system of about 1 MiB: `mount -t tmpfs -o size=1m none DIR`, and its folder in PERSRM_SMALL_DISK.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["PERSRM_SMALL_DISK"] != nil, "PERSRM_SMALL_DISK is not set"))
  func aDiskThatIsReallyFullLeavesTheLastCheckpointWhole() throws {
    let disk = try #require(ProcessInfo.processInfo.environment["PERSRM_SMALL_DISK"])
    let path = disk + "/checkpoints"
    try SystemFolder.remove(path)
    let store = CheckpointStore(path: path, keep: 1)
    try store.write(step: 1) { writer throws in try writer.write("a.bin", bytes: content(1)) }
    let error = #expect(throws: TrainingRecordsError.self) {
      try store.write(step: 2) { writer throws in
        try writer.write("a.bin") { sink throws in
          for _ in 0..<8 { try sink.write([UInt8](repeating: 5, count: 300_000)) }
        }
      }
    }
    #expect("\(try #require(error))".contains("No space left"))
    #expect(try SystemFolder.names(in: path) == ["step-000001"])
    #expect(try store.latest { _ in }?.read("a.bin") == content(1))
    try store.write(step: 2) { writer throws in try writer.write("a.bin", bytes: content(2)) }
    #expect(try store.latest { _ in }?.step == 2)
  }
}
