private import Glibc

/// An open file descriptor and the few system calls that files of lines need, with short reads, short writes and
/// interruptions handled once.
package struct SystemFile: ~Copyable {
  package let path: String
  private let descriptor: Int32
  private let isOwned: Bool

  /// Opens a file to read; `-` is standard input.
  package init(reading path: String) throws(DataFileError) {
    self.path = path == "-" ? "standard input" : path
    isOwned = path != "-"
    descriptor = isOwned ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
    if descriptor < 0 { throw .system(action: "open", path: path, errno: errno) }
  }

  /// Opens a file to read and write, made where it is missing.
  package init(updating path: String) throws(DataFileError) {
    self.path = path
    isOwned = true
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw .system(action: "open", path: path, errno: errno) }
  }

  /// Takes a descriptor that others own, such as standard output.
  package init(borrowing descriptor: Int32, name: String) {
    path = name
    isOwned = false
    self.descriptor = descriptor
  }

  deinit {
    if isOwned { close(descriptor) }
  }

  /// What the system calls an error number.
  package static func message(_ number: Int32) -> String {
    // SAFETY: the C string is read before any other call on this thread can replace it.
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
  }

  /// Reads at most `bytes` bytes; empty at the end of the file.
  package func read(_ bytes: Int) throws(DataFileError) -> [UInt8] {
    while true {
      var count = 0
      // SAFETY: the system writes at most `bytes` bytes, the capacity asked for, and says how many.
      let chunk = [UInt8](unsafeUninitializedCapacity: bytes) { buffer, initialized in
        count = Glibc.read(descriptor, buffer.baseAddress, bytes)
        initialized = max(0, count)
      }
      if count >= 0 { return chunk }
      if errno != EINTR { throw .system(action: "read", path: path, errno: errno) }
    }
  }

  /// Writes all bytes, with one system call unless the system takes only a part.
  ///
  /// - Parameter name: what an error calls the file, where that is not its path.
  package func write(_ bytes: [UInt8], as name: String? = nil) throws(DataFileError) {
    try write(bytes.span.bytes, as: name)
  }

  /// Writes all bytes of any memory, without a copy of them.
  ///
  /// - Parameter name: what an error calls the file, where that is not its path.
  package func write(_ bytes: RawSpan, as name: String? = nil) throws(DataFileError) {
    var start = 0
    while start < bytes.byteCount {
      // SAFETY: the system reads only the bytes that are left, which the span keeps alive.
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + start }, $0.count - start) }
      if count < 0, errno != EINTR { throw .system(action: "write to", path: name ?? path, errno: errno) }
      start += max(0, count)
    }
  }

  /// Whether it is a file on a disk, which can be read again, cut and continued; a pipe or a device cannot.
  package var isRegular: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Cuts the file off after `bytes` bytes and goes there.
  package func truncate(to bytes: Int) throws(DataFileError) {
    guard ftruncate(descriptor, bytes) == 0, lseek(descriptor, bytes, SEEK_SET) == bytes else {
      throw .system(action: "truncate", path: path, errno: errno)
    }
  }

  /// Waits until the disk has what was written.
  ///
  /// - Parameter name: what an error calls the file, where that is not its path.
  package func synchronise(as name: String? = nil) throws(DataFileError) {
    if fdatasync(descriptor) != 0 {
      throw .system(action: "save", path: name ?? path, errno: errno)
    }
  }

  /// Whether this process alone may now write the file, until it ends. Devices and pipes are shared by their nature.
  package func lockExclusively() -> Bool {
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFREG { return true }
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0
  }

  /// Sets who may read and write the file. Not all file systems can; the file is then as the system makes files.
  func setPermissions(_ mode: UInt32) { fchmod(descriptor, mode) }

  /// Whether a path still names the file that is open here.
  func isStillNamed(_ path: String) -> Bool {
    var (here, there) = (stat(), stat())
    return fstat(descriptor, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino
      && here.st_dev == there.st_dev
  }
}
