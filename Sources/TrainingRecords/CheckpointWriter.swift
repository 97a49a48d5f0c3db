package import DataFiles
private import Digests

/// A step of writing a checkpoint, told before it is done, so that tests can let the disk fail or the process die
/// there.
package enum DiskStep: Sendable, Equatable {
  case makeFolder(String)
  case create(String)
  case write(String, bytes: Int)
  case synchronise(String)
  case move(String, to: String)
  case remove(String)
}

/// What may refuse a disk step.
package struct DiskProbe {
  /// An error that the step is to end with; nil: it is done.
  private let fault: (DiskStep) -> DataFileError?

  package init(fault: @escaping (DiskStep) -> DataFileError?) { self.fault = fault }

  /// Refuses nothing.
  package static var none: DiskProbe { DiskProbe { _ in nil } }

  func callAsFunction(_ step: DiskStep) throws(DataFileError) {
    if let error = fault(step) { throw error }
  }
}

/// The content of a checkpoint that is being written: named files in a folder that is no checkpoint yet.
///
/// A file is written by `write`, with its digest taken on the way, or straight into `path` by code that has a writer of
/// its own (safetensors, an adapter); such files are read back for their digest when the checkpoint is finished.
package struct CheckpointWriter: ~Copyable {
  /// The folder. Nothing in it may be touched after the closure that was given the writer returns.
  package let path: String
  let probe: DiskProbe
  private(set) var written: [String: CheckpointManifest.File] = [:]

  init(path: String, probe: DiskProbe) {
    self.path = path
    self.probe = probe
  }

  /// Writes one file.
  ///
  /// - Parameters:
  ///   - name: visible ASCII; folders within (`adapter/adapter_config.json`) are made.
  ///   - body: writes the bytes.
  /// - Precondition: no file of that name was written, and it is not `manifest.json`.
  /// - Throws: `file`, and what `body` throws.
  package mutating func write(_ name: String, _ body: (inout CheckpointSink) throws -> Void) throws {
    precondition(CheckpointManifest.isPlain(name) && name != CheckpointManifest.fileName, "not a file's name: \(name)")
    precondition(written[name] == nil, "\(name) is written twice")
    let filePath = "\(path)/\(name)"
    if let slash = name.lastIndex(of: "/") {
      let folder = "\(path)/\(name[..<slash])"
      try TrainingRecordsError.wrapping { () throws(DataFileError) in
        try probe(.makeFolder(folder))
        try SystemFolder.make(folder)
      }
    }
    var sink = try CheckpointSink(path: filePath, probe: probe)
    try body(&sink)
    let (bytes, sha256) = try sink.finish()
    written[name] = CheckpointManifest.File(name: name, bytes: bytes, sha256: sha256)
  }

  /// Writes one file of bytes at hand.
  package mutating func write(_ name: String, bytes: [UInt8]) throws {
    try write(name) { sink throws in try sink.write(bytes) }
  }

  /// Everything in the folder, with digests, and on the disk; then the folders' names.
  ///
  /// - Throws: `file`, and `checkpoint` for a name that cannot stand in a manifest.
  func collect() throws(TrainingRecordsError) -> [CheckpointManifest.File] {
    var files: [CheckpointManifest.File] = []
    try collect(folder: path, prefix: "", into: &files)
    return files.sorted { $0.name < $1.name }
  }

  private func collect(
    folder: String, prefix: String, into files: inout [CheckpointManifest.File]
  ) throws(TrainingRecordsError) {
    let entries = try TrainingRecordsError.wrapping { () throws(DataFileError) in try SystemFolder.names(in: folder) }
    for entry in entries {
      let (name, entryPath) = (prefix + entry, "\(folder)/\(entry)")
      guard CheckpointManifest.isPlain(name), name != CheckpointManifest.fileName else {
        throw .checkpoint(path: path, reason: "\(name) is no name for a file of a checkpoint")
      }
      if SystemFolder.isFolder(entryPath) {
        try collect(folder: entryPath, prefix: name + "/", into: &files)
        try TrainingRecordsError.wrapping { () throws(DataFileError) in
          try probe(.synchronise(entryPath))
          try SystemFolder.synchronise(entryPath)
        }
      } else if let file = written[name] {
        files.append(file)
      } else {
        files.append(try readBack(name, at: entryPath))
      }
    }
  }

  private func readBack(_ name: String, at filePath: String) throws(TrainingRecordsError) -> CheckpointManifest.File {
    guard let bytes = SystemFolder.fileBytes(filePath) else {
      throw .checkpoint(path: path, reason: "\(name) is neither a file nor a folder")
    }
    let sha256 = try TrainingRecordsError.wrapping { () throws(DataFileError) in
      try probe(.synchronise(filePath))
      try SystemFile(updating: filePath).synchronise()
      return try CheckpointManifest.digest(of: filePath)
    }
    return CheckpointManifest.File(name: name, bytes: bytes, sha256: sha256)
  }
}

/// Takes the bytes of one file of a checkpoint, and their digest.
package struct CheckpointSink: ~Copyable {
  /// Bytes gathered before a system call, and bytes of one call: a full disk is seen within one piece.
  private static let pieceBytes = 1 << 20

  private let file: SystemFile
  private let probe: DiskProbe
  private var hasher = SHA256()
  private var buffer: [UInt8] = []
  /// Bytes taken so far.
  package private(set) var count = 0

  init(path: String, probe: DiskProbe) throws(TrainingRecordsError) {
    self.probe = probe
    file = try TrainingRecordsError.wrapping { () throws(DataFileError) in
      try probe(.create(path))
      return try SystemFile(updating: path)
    }
  }

  /// Adds bytes.
  package mutating func write(_ bytes: [UInt8]) throws(TrainingRecordsError) { try write(bytes.span.bytes) }

  /// Adds bytes of any memory; long ones are not copied.
  package mutating func write(_ bytes: RawSpan) throws(TrainingRecordsError) {
    hasher.update(bytes)
    count += bytes.byteCount
    if buffer.count + bytes.byteCount < Self.pieceBytes {
      // SAFETY: the bytes are read within the closure, while the span keeps them alive.
      bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
      return
    }
    try flush()
    var start = 0
    while start < bytes.byteCount {
      let end = min(start + Self.pieceBytes, bytes.byteCount)
      try put(bytes.extracting(start..<end))
      start = end
    }
  }

  private mutating func flush() throws(TrainingRecordsError) {
    if buffer.isEmpty { return }
    try put(buffer.span.bytes)
    buffer.removeAll(keepingCapacity: true)
  }

  private func put(_ piece: RawSpan) throws(TrainingRecordsError) {
    do throws(DataFileError) {
      try probe(.write(file.path, bytes: piece.byteCount))
      try file.write(piece)
    } catch {
      throw .file(error)
    }
  }

  /// Waits for the disk.
  consuming func finish() throws(TrainingRecordsError) -> (bytes: Int, sha256: String) {
    try flush()
    do throws(DataFileError) {
      try probe(.synchronise(file.path))
      try file.synchronise()
    } catch {
      throw .file(error)
    }
    let bytes = count
    return (bytes, Hexadecimal.text(finishHasher()))
  }

  private consuming func finishHasher() -> [UInt8] { hasher.finish() }
}
