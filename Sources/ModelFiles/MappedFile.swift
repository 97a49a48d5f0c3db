import Glibc

/// A file mapped into memory, read-only: bytes come from the page cache when they are touched and cost no heap.
///
/// Immutable after `init`, so any thread may read. A file that another process shortens while it is mapped is out of
/// scope: touching the lost pages ends the process (SIGBUS), as with every mapped file.
package final class MappedFile: Sendable {
  /// How the bytes will be used, for the kernel's read-ahead.
  package enum Advice: Sendable {
    case sequential, random, willNeed, dontNeed
  }

  /// The path it was opened by.
  package let path: String
  /// Bytes of the file.
  package let count: Int
  // SAFETY: points at a read-only private mapping of `count` bytes that lives exactly as long as this object.
  private nonisolated(unsafe) let base: UnsafeRawPointer?

  /// Maps a regular file.
  ///
  /// - Throws: `ModelFileError.cannotOpen` with the system's reason.
  package init(path: String) throws(ModelFileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .cannotOpen(file: path, reason: Self.systemReason()) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw .cannotOpen(file: path, reason: Self.systemReason()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .cannotOpen(file: path, reason: "is not a regular file") }
    self.path = path
    count = Int(status.st_size)
    if count == 0 {  // An empty mapping is an error to the system, not to us.
      base = nil
      return
    }
    guard let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED else {
      throw .cannotOpen(file: path, reason: Self.systemReason())
    }
    base = UnsafeRawPointer(mapped)
  }

  deinit {
    // SAFETY: the mapping was made in `init` with this size; no pointer to it outlives `withBytes`, which keeps `self`.
    if let base { munmap(UnsafeMutableRawPointer(mutating: base), count) }
  }

  /// Lends bytes to a closure. They are at no particular alignment.
  ///
  /// - Precondition: `range` lies inside the file. The pointer is not used after the closure returns.
  package func withBytes<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the file")
    // SAFETY: the range was checked above, and `self` is kept alive over the call.
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(start: base.map { $0 + range.lowerBound }, count: range.count))
  }

  /// A copy of bytes.
  package func bytes(_ range: Range<Int>) -> [UInt8] { withBytes(range) { Array($0) } }

  /// Tells the kernel how the bytes will be used. Advice only: it has no effect on what is read, and may be ignored.
  package func advise(_ advice: Advice, _ range: Range<Int>) {
    guard let base, !range.isEmpty else { return }
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the file")
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    let flag =
      switch advice {
      case .sequential: MADV_SEQUENTIAL
      case .random: MADV_RANDOM
      case .willNeed: MADV_WILLNEED
      case .dontNeed: MADV_DONTNEED
      }
    // SAFETY: whole pages of our own read-only mapping; `MADV_DONTNEED` on it only drops pages that are read again.
    _ = madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, flag)
  }

  private static func systemReason() -> String { String(cString: strerror(errno)) }
}
