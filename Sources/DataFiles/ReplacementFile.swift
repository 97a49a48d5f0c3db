private import Glibc

/// A file that takes another's place when it is complete, and not before.
///
/// Theory of operation: bytes go to `<path>.partial` beside the file, which is held by a lock; `commit` waits for the
/// disk and renames it, so whoever opens `path` finds the old file or the whole new one, also after a crash or a full
/// disk. What is not committed is removed. What a killed process left is written over. What exists and is no regular
/// file (a pipe, `/dev/null`) cannot be replaced and is written to directly. A symbolic link stays: the file that it
/// names is replaced.
package struct ReplacementFile: ~Copyable {
  private let path: String
  private let target: String
  private let partial: String?
  private let file: SystemFile
  private var isCommitted = false

  /// - Throws: `system`, and `inUse` where another process is writing the same file.
  package init(replacing path: String) throws(DataFileError) {
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw .system(action: "write to", path: path, errno: EISDIR)
    }
    let isReplaceable = !exists || status.st_mode & S_IFMT == S_IFREG
    let target = exists && isReplaceable ? Self.resolved(path) : path
    let partial = target + ".partial"
    let file = try isReplaceable ? Self.lockedPartial(partial, for: path) : SystemFile(updating: path)
    if isReplaceable {
      try file.truncate(to: 0)
      // The new file may be read and written by whom the old one could.
      if exists { file.setPermissions(status.st_mode & 0o777) }
    }
    self.path = path
    self.target = target
    self.partial = isReplaceable ? partial : nil
    self.file = file
  }

  deinit {
    if let partial, !isCommitted { unlink(partial) }
  }

  package func write(_ bytes: [UInt8]) throws(DataFileError) { try file.write(bytes, as: path) }

  /// Puts the file into its place.
  package mutating func commit() throws(DataFileError) {
    guard let partial else { return }
    try file.synchronise(as: path)
    if rename(partial, target) != 0 { throw .system(action: "replace", path: path, errno: errno) }
    isCommitted = true
    // The new name is safe once the folder is. A file system that cannot do that has no better to offer.
    let folder = open(target.lastIndex(of: "/").map { String(target[...$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// The file behind a chain of symbolic links.
  private static func resolved(_ path: String) -> String {
    guard let pointer = realpath(path, nil) else { return path }
    defer { free(pointer) }
    // SAFETY: `realpath` gave a C string of its own, freed only after it was copied.
    return String(cString: pointer)
  }

  /// Opens a partial file and locks it; on the way it may be renamed by whoever held it before, and is then opened
  /// again.
  private static func lockedPartial(_ partial: String, for path: String) throws(DataFileError) -> SystemFile {
    while true {
      let file = try SystemFile(updating: partial)
      guard file.lockExclusively() else { throw .inUse(path: path) }
      if file.isStillNamed(partial) { return file }
    }
  }
}

/// Writes a small file whole, or not at all.
package enum AtomicFile {
  /// Replaces `path` by `bytes`; on any error the old file is untouched.
  ///
  /// - Throws: `system`, and `inUse` where another process is writing the same file.
  package static func write(_ bytes: [UInt8], to path: String) throws(DataFileError) {
    var file = try ReplacementFile(replacing: path)
    try file.write(bytes)
    try file.commit()
  }
}
