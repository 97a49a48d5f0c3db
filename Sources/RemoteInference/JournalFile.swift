import Glibc

/// The file under a journal: opened to read and write, locked, and only ever cut or written at its end.
struct JournalFile: ~Copyable {
  let path: String
  private let descriptor: Int32

  /// Opens the file, made where it is missing, and takes its lock, which ends with the process at the latest.
  init(path: String) throws(JournalError) {
    self.path = path
    // Non-blocking, so that a pipe named by mistake is refused and not waited for.
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
    if descriptor < 0 { throw .system(action: "open", path: path, errno: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      throw number == EWOULDBLOCK ? .inUse(path: path) : .system(action: "lock", path: path, errno: number)
    }
  }

  deinit { close(descriptor) }

  /// Bytes from `offset` on, at most `count`; fewer at the end of the file only.
  func read(at offset: Int, count: Int) throws(JournalError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let (start, wanted) = (offset + bytes.count, count - bytes.count)
      var got = 0
      // SAFETY: the system writes at most `wanted` bytes, the capacity asked for, and says how many.
      let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
        got = pread(descriptor, buffer.baseAddress, wanted, start)
        initialized = max(0, got)
      }
      if got < 0, errno != EINTR { throw .system(action: "read", path: path, errno: errno) }
      if got == 0 { break }
      bytes += chunk
    }
    return bytes
  }

  /// Writes bytes at `offset`, the file's end. Where that fails the file is cut back as well as it can be; a rest that
  /// stays is found as a torn record by the next run.
  ///
  /// - Parameter isSaved: whether to wait until the disk has them.
  func append(_ bytes: [UInt8], at offset: Int, isSaved: Bool = true) throws(JournalError) {
    var written = 0
    while written < bytes.count {
      let (start, place) = (written, offset + written)
      // SAFETY: the system reads only the bytes that are left, which the array keeps alive.
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + start }, $0.count - start, place)
      }
      if count < 0, errno != EINTR {
        let number = errno
        _ = ftruncate(descriptor, offset)
        throw .system(action: "write to", path: path, errno: number)
      }
      written += max(0, count)
    }
    if isSaved, fdatasync(descriptor) != 0 {
      let number = errno
      _ = ftruncate(descriptor, offset)
      throw .system(action: "save", path: path, errno: number)
    }
  }

  /// Cuts the file off and waits until the disk knows.
  func truncate(to bytes: Int) throws(JournalError) {
    guard ftruncate(descriptor, bytes) == 0, fsync(descriptor) == 0 else {
      throw .system(action: "truncate", path: path, errno: errno)
    }
  }

  /// Makes the file's name as lasting as what is in it: a new file is lost with its folder's entry.
  func saveName() throws(JournalError) {
    let end = path.lastIndex(of: "/")
    let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folderDescriptor < 0 { throw .system(action: "open", path: folder, errno: errno) }
    defer { close(folderDescriptor) }
    // Some file systems cannot save a folder and say so by EINVAL.
    if fsync(folderDescriptor) != 0, errno != EINVAL {
      throw .system(action: "save", path: folder, errno: errno)
    }
  }
}
