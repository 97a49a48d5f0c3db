/// Octets received and not yet used, with a line reader that looks at each octet once.
///
/// Every octet is judged in the order it came, before anything behind it is looked at. So the outcome cannot depend on
/// how the input was cut into pieces.
struct InputBuffer: Sendable {
  private var bytes: [UInt8] = []
  /// First unused octet.
  private var start = 0
  /// First octet of the current line that was not yet looked at; never before `start`.
  private var scanned = 0

  /// Octets not yet used.
  var count: Int { bytes.count - start }

  mutating func append(_ more: some Sequence<UInt8>) {
    // Moving the rest down only when it is the smaller half keeps the whole cost linear.
    if start > 4_096 && start * 2 > bytes.count {
      bytes.removeFirst(start)
      scanned -= start
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  mutating func removeAll() {
    bytes = []
    start = 0
    scanned = 0
  }

  /// Up to `max` octets, or `nil` when there are none.
  mutating func take(_ max: Int) -> [UInt8]? {
    let size = Swift.min(max, count)
    guard size > 0 else { return nil }
    defer { used(size) }
    if size == bytes.count {
      // The common case of a body that came alone: hand over the storage instead of a copy of it.
      return bytes
    }
    return Array(bytes[start..<start + size])
  }

  /// The next line without its CRLF, or `nil` while it is incomplete.
  ///
  /// - Parameter max: octets the line may have without CRLF.
  /// - Throws: `tooLong` as soon as octet `max + 1` is there; `.octet` for a bare CR, a bare LF, or a control character
  ///   other than HTAB.
  mutating func line(max: Int, tooLong: HTTPParseError) throws(HTTPParseError) -> [UInt8]? {
    while scanned < bytes.count {
      let byte = bytes[scanned]
      let afterCR = scanned > start && bytes[scanned - 1] == ASCII.cr
      switch byte {
      case ASCII.lf:
        guard afterCR else { throw .octet("line feed without carriage return") }
        let line = Array(bytes[start..<scanned - 1])
        used(scanned + 1 - start)
        return line
      case _ where afterCR: throw .octet("carriage return without line feed")
      case ASCII.cr: break
      default:
        guard ASCII.isFieldValue(byte) else { throw .octet("control character") }
        if scanned - start >= max { throw tooLong }
      }
      scanned += 1
    }
    return nil
  }

  /// True once CRLF stands next and was used, `nil` while it is incomplete, false when something else stands there.
  mutating func lineEnd() -> Bool? {
    guard count > 0 else { return nil }
    if bytes[start] != ASCII.cr { return false }
    guard count > 1 else { return nil }
    if bytes[start + 1] != ASCII.lf { return false }
    used(2)
    return true
  }

  private mutating func used(_ size: Int) {
    start += size
    scanned = start
    if start == bytes.count {
      // A new array rather than an emptied one: an idle connection keeps no storage.
      removeAll()
    }
  }
}
