/// The part of every rank but 0 in a collective operation over sockets: it says what it has and takes the answer, both
/// at once, because rank 0 begins to answer before it has heard all.
struct SpokeRank: Sendable {
  /// How long rank 0 is listened to after it could not be spoken to: it may have said why.
  private static let lastWordsTimeout = Timeout(seconds: 1)

  /// To rank 0.
  let link: RankLink
  private let timeout: Timeout

  init(_ link: RankLink, timeout: Timeout) {
    self.link = link
    self.timeout = timeout
  }

  /// As the other `converse`, with arrays.
  func converse(
    _ call: CollectiveCall, _ payload: [UInt8], receiving count: Int
  ) throws(CommunicationError) -> [UInt8] {
    var answer = [UInt8](repeating: 0, count: count)
    try payload.withRawBytes { payload throws(CommunicationError) in
      try answer.withMutableRawBytes { answer throws(CommunicationError) in try converse(call, payload, answer) }
    }
    return answer
  }

  /// Says the call and its payload; fills `answer`; returns when rank 0 says that the call is done.
  ///
  /// - Parameter answer: may be the payload's own memory: rank 0 cannot answer what it has not heard, which is checked.
  func converse(
    _ call: CollectiveCall, _ payload: UnsafeRawBufferPointer, _ answer: UnsafeMutableRawBufferPointer
  ) throws(CommunicationError) {
    var speech = Speech(call: call.encoded, payload: payload)
    var hearing = Hearing(
      answer: answer, isInPlace: answer.baseAddress.map { UnsafeRawPointer($0) } == payload.baseAddress)
    while true {
      let hasSpoken: Bool
      do throws(CommunicationError) {
        hasSpoken = try speech.goOn(link)
      } catch {
        if let reason = lastWords(&hearing, spoken: payload.count) { throw reason }
        throw error
      }
      let hasHeard = try hearing.goOn(link, spoken: speech.payloadSent)
      if hearing.isDone {
        guard speech.isDone else { throw .malformed(rank: link.rank, reason: "an end before the call was heard") }
        return
      }
      if hasSpoken || hasHeard { continue }
      let event: RankLink.Watched.Event = speech.isDone ? .reading : .readingOrWriting
      if try !RankLink.wait([RankLink.Watched(link, event)], until: timeout.deadline()) {
        throw .timedOut(rank: link.rank, operation: call.description, seconds: timeout.seconds)
      }
    }
  }

  /// The reason that rank 0 gave before it hung up, if it did.
  private func lastWords(_ hearing: inout Hearing, spoken: Int) -> CommunicationError? {
    let deadline = Self.lastWordsTimeout.deadline()
    while .now < deadline {
      do throws(CommunicationError) {
        let hasHeard = try hearing.goOn(link, spoken: spoken)
        if !hasHeard, try !RankLink.wait([RankLink.Watched(link, .reading)], until: deadline) { return nil }
      } catch {
        if case .aborted = error { return error }
        return nil
      }
    }
    return nil
  }
}

/// What is still to be said.
private struct Speech {
  let call: [UInt8]
  let payload: UnsafeRawBufferPointer
  private var callSent = 0
  private(set) var payloadSent = 0

  init(call: [UInt8], payload: UnsafeRawBufferPointer) {
    self.call = call
    self.payload = payload
  }

  var isDone: Bool { callSent == call.count && payloadSent == payload.count }

  /// Hands on what the kernel takes.
  ///
  /// - Returns: whether it took anything.
  mutating func goOn(_ link: RankLink) throws(CommunicationError) -> Bool {
    if callSent < call.count {
      let count = try call.withRawBytes { call throws(CommunicationError) in
        try link.writeSome(UnsafeRawBufferPointer(rebasing: call[callSent...]))
      }
      callSent += count
      return count > 0
    }
    guard payloadSent < payload.count else { return false }
    let count = try link.writeSome(UnsafeRawBufferPointer(rebasing: payload[payloadSent...]))
    payloadSent += count
    return count > 0
  }
}

/// What has been heard.
private struct Hearing {
  let answer: UnsafeMutableRawBufferPointer
  let isInPlace: Bool
  private var head: [UInt8] = []
  /// Bytes of the current data frame that are still to come.
  private var dataLeft = 0
  private var received = 0
  private(set) var isDone = false

  init(answer: UnsafeMutableRawBufferPointer, isInPlace: Bool) {
    self.answer = answer
    self.isInPlace = isInPlace
  }

  /// Takes what is there.
  ///
  /// - Parameter spoken: bytes of the payload that have been handed on; an answer in place may not overtake them.
  /// - Returns: whether anything was there.
  /// - Throws: `.aborted`, `.lost`, `.malformed`.
  mutating func goOn(_ link: RankLink, spoken: Int) throws(CommunicationError) -> Bool {
    if dataLeft > 0 {
      let room = UnsafeMutableRawBufferPointer(rebasing: answer[received..<received + dataLeft])
      guard let count = try link.readSome(into: room) else { return false }
      received += count
      dataLeft -= count
      return true
    }
    var rest = [UInt8](repeating: 0, count: RankFrame.headBytes - head.count)
    let count = try rest.withMutableRawBytes { buffer throws(CommunicationError) in try link.readSome(into: buffer) }
    guard let count else { return false }
    head += rest.prefix(count)
    if head.count == RankFrame.headBytes {
      try begin(link, spoken: spoken)
      head = []
    }
    return true
  }

  /// Acts on a whole head.
  private mutating func begin(_ link: RankLink, spoken: Int) throws(CommunicationError) {
    let (kind, count) = try RankFrame.parse(head, of: link)
    switch kind {
    case .data:
      guard received + count <= (isInPlace ? min(spoken, answer.count) : answer.count) else {
        throw .malformed(rank: link.rank, reason: "more of an answer than was asked for")
      }
      dataLeft = count
    case .done:
      guard count == 0, received == answer.count else {
        throw .malformed(rank: link.rank, reason: "an end after \(received) of \(answer.count) bytes")
      }
      isDone = true
    case .abort: throw try RankFrame.aborted(count, link)
    }
  }
}
