import DataFiles

/// A whole checkpoint: every file has the size and digest it was written with.
package struct Checkpoint: Sendable, Equatable {
  package let step: Int
  /// Its folder.
  package let path: String
  package let manifest: CheckpointManifest

  /// Where a file of it lies; nil where it has none of that name.
  package func path(of name: String) -> String? {
    manifest.files.contains { $0.name == name } ? "\(path)/\(name)" : nil
  }

  /// The content of a file.
  ///
  /// - Throws: `checkpoint` where it has no such file, `file`.
  package func read(_ name: String) throws(TrainingRecordsError) -> [UInt8] {
    guard let filePath = path(of: name) else { throw .checkpoint(path: path, reason: "has no file \(name)") }
    return try TrainingRecordsError.wrapping { () throws(DataFileError) in
      let file = try SystemFile(reading: filePath)
      var bytes: [UInt8] = []
      while true {
        let piece = try file.read(1 << 20)
        if piece.isEmpty { return bytes }
        bytes += piece
      }
    }
  }
}

/// The checkpoints of a run: folders `step-000120`, each whole or not there.
///
/// Theory of operation: files go to `step-000120.partial` and to the disk, the manifest with their digests last; then
/// the folder takes its name and the disk is waited for again. Only then are old checkpoints removed, each renamed to
/// `.partial` first. So at every moment, whatever happens, a folder without `.partial` is a whole checkpoint, and the
/// last one is not touched before the next is whole. A checkpoint of a step that has one already (a run that goes
/// back to an earlier one does steps again) waits as `.replaced` until the new one has its name. What was left behind
/// is removed when the next one is written. A damaged disk is what the digests are for: `latest` checks them and
/// falls back.
package struct CheckpointStore: ~Copyable {
  /// The folder of the checkpoints; need not be there yet.
  package let path: String
  /// How many of the newest are kept, at least 1.
  package let keep: Int
  private let probe: DiskProbe

  /// - Parameters:
  ///   - keep: the newest are kept, so many, and the newest of those that were the best when they were made. Two or
  ///     more, so that a damaged one has one before it.
  ///   - probe: told of every step before it is done; tests fail there.
  package init(path: String, keep: Int, probe: DiskProbe = .none) {
    precondition(keep >= 1, "at least the last checkpoint is kept")
    self.path = path
    self.keep = keep
    self.probe = probe
  }

  private static let partialSuffix = ".partial"
  private static let replacedSuffix = ".replaced"

  private static func name(_ step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// The step that a folder's name says; nil for other names.
  private static func step(_ name: String) -> Int? {
    guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), self.name(step) == name else { return nil }
    return step
  }

  private static func step(_ name: String, without suffix: String) -> Int? {
    name.hasSuffix(suffix) ? step(String(name.dropLast(suffix.count))) : nil
  }

  /// Writes the checkpoint of a step, then removes those that need not be kept.
  ///
  /// A checkpoint of the same step is replaced.
  ///
  /// - Parameters:
  ///   - best: what was measured, where it is the best so far.
  ///   - body: writes the files, through the writer or into its folder.
  /// - Returns: the checkpoint.
  /// - Throws: `file` (a full disk is number 28), and what `body` throws. All earlier checkpoints are then as they
  ///   were, and what was written is removed as far as that is possible.
  @discardableResult package func write(
    step: Int, best: CheckpointManifest.Best? = nil, _ body: (inout CheckpointWriter) throws -> Void
  ) throws -> Checkpoint {
    precondition(step >= 0, "a step is not negative")
    let target = "\(path)/\(Self.name(step))"
    let partial = target + Self.partialSuffix
    let manifest: CheckpointManifest
    do {
      try TrainingRecordsError.wrapping { () throws(DataFileError) in
        try prepare(path)
        try removeLeftovers()
        try prepare(partial)
      }
      var writer = CheckpointWriter(path: partial, probe: probe)
      try body(&writer)
      manifest = CheckpointManifest(step: step, files: try writer.collect(), best: best)
      var sink = try CheckpointSink(path: "\(partial)/\(CheckpointManifest.fileName)", probe: probe)
      try sink.write(manifest.json)
      _ = try sink.finish()
      try TrainingRecordsError.wrapping { () throws(DataFileError) in
        try synchronise(partial)
        try putInPlace(partial, target)
      }
    } catch {
      // `try?`: the first error is the one to report, and the next checkpoint removes what this could not.
      try? remove(partial)
      throw error
    }
    try TrainingRecordsError.wrapping { () throws(DataFileError) in
      try synchronise(path)
      try removeLeftovers()
    }
    try prune()
    return Checkpoint(step: step, path: target, manifest: manifest)
  }

  private func prepare(_ folder: String) throws(DataFileError) {
    if SystemFolder.isFolder(folder) { return }
    try probe(.makeFolder(folder))
    try SystemFolder.make(folder)
  }

  private func synchronise(_ folder: String) throws(DataFileError) {
    try probe(.synchronise(folder))
    try SystemFolder.synchronise(folder)
  }

  private func remove(_ name: String) throws(DataFileError) {
    try probe(.remove(name))
    try SystemFolder.remove(name)
  }

  private func move(_ name: String, to other: String) throws(DataFileError) {
    try probe(.move(name, to: other))
    try SystemFolder.move(name, to: other)
  }

  private func putInPlace(_ partial: String, _ target: String) throws(DataFileError) {
    // Until the new one has the name, the old one is found under the other (`restore`).
    if SystemFolder.isFolder(target) { try move(target, to: target + Self.replacedSuffix) }
    try move(partial, to: target)
  }

  /// Removes what was written, removed or replaced by half.
  private func removeLeftovers() throws(DataFileError) {
    try restore()
    for name in try SystemFolder.names(in: path) where Self.step(name, without: Self.partialSuffix) != nil {
      try remove("\(path)/\(name)")
    }
  }

  /// Gives a checkpoint its name back whose replacement did not come, and removes it where that came.
  private func restore() throws(DataFileError) {
    for name in try SystemFolder.names(in: path) {
      guard let step = Self.step(name, without: Self.replacedSuffix) else { continue }
      let target = "\(path)/\(Self.name(step))"
      if SystemFolder.isFolder(target) {
        // Renamed first: half removed, it must not come back.
        try move("\(path)/\(name)", to: target + Self.partialSuffix)
        try remove(target + Self.partialSuffix)
      } else {
        try move("\(path)/\(name)", to: target)
      }
    }
  }

  /// Steps of the checkpoints that are there, rising; whether they are whole is not looked at.
  package func steps() throws(TrainingRecordsError) -> [Int] {
    guard SystemFolder.isFolder(path) else { return [] }
    return try TrainingRecordsError.wrapping { () throws(DataFileError) in
      try restore()
      return try SystemFolder.names(in: path).compactMap { Self.step($0) }.sorted()
    }
  }

  /// Removes what need not be kept. A checkpoint without a readable manifest is none, and counts for nothing.
  private func prune() throws(TrainingRecordsError) {
    var kept = 0
    var hasBest = false
    for step in try steps().reversed() {
      let folder = "\(path)/\(Self.name(step))"
      // `try?`: what cannot be read is no checkpoint to keep.
      let manifest = try? CheckpointManifest(folder: folder)
      if manifest != nil, kept < keep {
        kept += 1
        hasBest = hasBest || manifest?.best != nil
      } else if manifest?.best != nil, !hasBest {
        hasBest = true
      } else {
        try TrainingRecordsError.wrapping { () throws(DataFileError) in
          let partial = folder + Self.partialSuffix
          try move(folder, to: partial)
          try remove(partial)
        }
      }
    }
  }

  /// The newest whole checkpoint; nil where there is none at all.
  ///
  /// - Parameter warn: told of each that is newer but not whole.
  /// - Complexity: reads the checkpoint once.
  /// - Throws: `noWholeCheckpoint` where there are some, but all are damaged: starting from nothing would throw the
  ///   run's work away without a word.
  package func latest(warn: (TrainingRecordsError) -> Void) throws(TrainingRecordsError) -> Checkpoint? {
    var reasons: [String] = []
    for step in try steps().reversed() {
      do throws(TrainingRecordsError) {
        return try checkpoint(step: step)
      } catch {
        warn(error)
        reasons.append("\(error)")
      }
    }
    if reasons.isEmpty { return nil }
    throw .noWholeCheckpoint(path: path, reasons: reasons)
  }

  /// The checkpoint of a step, verified.
  ///
  /// - Throws: `checkpoint` where it is not there or not whole.
  package func checkpoint(step: Int) throws(TrainingRecordsError) -> Checkpoint {
    let folder = "\(path)/\(Self.name(step))"
    guard SystemFolder.isFolder(folder) else { throw .checkpoint(path: folder, reason: "is not there") }
    let manifest = try CheckpointManifest(folder: folder)
    guard manifest.step == step else {
      throw .checkpoint(path: folder, reason: "its manifest says step \(manifest.step)")
    }
    try manifest.verify(folder: folder)
    return Checkpoint(step: step, path: folder, manifest: manifest)
  }

  /// The newest checkpoint that was the best when it was made, verified; nil where none was.
  ///
  /// - Throws: `checkpoint` where it is not whole.
  package func best() throws(TrainingRecordsError) -> Checkpoint? {
    for step in try steps().reversed() {
      // `try?`: one without a readable manifest is not known to be the best.
      let manifest = try? CheckpointManifest(folder: "\(path)/\(Self.name(step))")
      if manifest?.best != nil { return try checkpoint(step: step) }
    }
    return nil
  }
}
