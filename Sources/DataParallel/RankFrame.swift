private import Sockets

/// What rank 0 sends to the others: numbers, the end of a call, or the end of everything with its reason. Each is a
/// head of two words, kind and count, and `count` bytes.
enum RankFrame {
  enum Kind: UInt64 {
    case data = 1
    case done
    case abort
  }

  static let headBytes = 16
  /// Bytes of one piece of a long message: long enough to make heads free, short enough to stay in the caches between
  /// being received and being added.
  static let dataBytesMax = 1 << 20
  /// How long it may take to tell the other ranks that all is over, or to hear it.
  private static let abortTimeout = Timeout(seconds: 1)

  static func head(_ kind: Kind, count: Int) -> [UInt8] {
    LittleEndian.bytes(of: kind.rawValue) + LittleEndian.bytes(of: UInt64(count))
  }

  /// Sends a frame of kind `data`.
  static func sendData(
    _ bytes: UnsafeRawBufferPointer, _ link: RankLink, _ operation: String, timeout: Timeout
  ) throws(CommunicationError) {
    try send(head(.data, count: bytes.count), link, operation, timeout: timeout)
    try link.send(bytes, operation, timeout: timeout)
  }

  static func sendDone(_ link: RankLink, _ operation: String, timeout: Timeout) throws(CommunicationError) {
    try send(head(.done, count: 0), link, operation, timeout: timeout)
  }

  /// Sends bytes that are no frame.
  static func send(
    _ bytes: [UInt8], _ link: RankLink, _ operation: String, timeout: Timeout
  ) throws(CommunicationError) {
    try bytes.withRawBytes { buffer throws(CommunicationError) in
      try link.send(buffer, operation, timeout: timeout)
    }
  }

  /// As many bytes from the link.
  static func receive(
    _ count: Int, _ link: RankLink, _ operation: String, timeout: Timeout, watching others: [RankLink] = [],
    until deadline: ContinuousClock.Instant? = nil
  ) throws(CommunicationError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withMutableRawBytes { buffer throws(CommunicationError) in
      try link.receive(into: buffer, operation, timeout: timeout, watching: others, until: deadline)
    }
    return bytes
  }

  /// Waits for a frame of kind `done`.
  ///
  /// - Throws: `.aborted` where rank 0 gives up instead.
  static func receiveDone(
    _ link: RankLink, _ operation: String, timeout: Timeout
  ) throws(CommunicationError) {
    let head = try receive(headBytes, link, operation, timeout: timeout, until: timeout.deadline())
    let (kind, count) = try parse(head, of: link)
    switch kind {
    case .done where count == 0: return
    case .abort: throw try aborted(count, link)
    default: throw .malformed(rank: link.rank, reason: "a frame of kind \(kind) with \(count) bytes")
    }
  }

  /// Kind and count of a head of 16 bytes.
  static func parse(_ head: [UInt8], of link: RankLink) throws(CommunicationError) -> (Kind, Int) {
    let count = LittleEndian.word(head, at: 8)
    guard let kind = Kind(rawValue: LittleEndian.word(head, at: 0)), count <= dataBytesMax else {
      throw .malformed(rank: link.rank, reason: "16 bytes that are no head of a frame")
    }
    return (kind, Int(count))
  }

  /// The error that an abort with a reason of `count` bytes is.
  static func aborted(_ count: Int, _ link: RankLink) throws(CommunicationError) -> CommunicationError {
    guard count <= CommunicationLimits.reasonBytesMax else {
      throw .malformed(rank: link.rank, reason: "a reason of \(count) bytes")
    }
    let reason = try receive(count, link, "abort", timeout: abortTimeout)
    // A peer's bytes may not move the terminal's cursor.
    let text = String(decoding: reason, as: UTF8.self).unicodeScalars.map {
      $0.value < 32 || $0.value == 127 ? "?" : $0
    }
    return .aborted(by: link.rank, reason: String(String.UnicodeScalarView(text)))
  }

  /// Tells the other ranks that all is over, as far as they still listen, and sends nothing more.
  ///
  /// The links are not closed: closing with unread bytes would reset them, and the reason might be lost on the way.
  static func abort(_ links: [RankLink], _ reason: String) {
    let bytes = Array(reason.utf8.prefix(CommunicationLimits.reasonBytesMax))
    let deadline = abortTimeout.deadline()
    for link in links {
      let left = Timeout(seconds: max(0, (deadline - .now) / .seconds(1)))
      // Who cannot be told learns it from the end of the connection.
      try? send(head(.abort, count: bytes.count) + bytes, link, "abort", timeout: left)
      link.socket.shutdownWrite()
    }
  }
}
