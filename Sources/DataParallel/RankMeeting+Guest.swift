private import Glibc
private import Sockets

/// The side of every rank but 0: it calls until rank 0 listens, proves itself, and waits until all are there.
extension RankMeeting {
  /// For one attempt to connect, and for rank 0 to greet and to answer.
  private static let attemptSeconds = 10.0
  /// Between two attempts, doubled from the first to the last.
  private static let pauseMillisecondsMin = 20.0
  private static let pauseMillisecondsMax = 500.0

  /// - Returns: the link to rank 0.
  /// - Throws: `.rendezvous` where rank 0 does not listen in time, is no rank 0, or refuses; `.aborted` where another
  ///   rank was missing or did not fit.
  func joinRanks() throws(CommunicationError) -> RankLink {
    let deadline = ContinuousClock.now + .seconds(joinSeconds)
    let link = try connect(until: deadline)
    // Rank 0 may have started to wait last, and then waits as long for the others.
    let timeout = Timeout(seconds: joinSeconds + SocketCommunicator.graceSeconds)
    try RankFrame.receiveDone(link, "start", timeout: timeout)
    return link
  }

  private func connect(until deadline: ContinuousClock.Instant) throws(CommunicationError) -> RankLink {
    var pause = Self.pauseMillisecondsMin
    while true {
      let reason: String
      switch try attempt(until: deadline) {
      case .joined(let link): return link
      case .failed(let why): reason = why
      }
      let left = (deadline - .now) / .milliseconds(1)
      guard left > 0 else {
        throw failure("rank \(rank) could not reach rank 0 within \(joinSeconds) s: \(reason)")
      }
      usleep(UInt32(1_000 * min(pause, left)))
      pause = min(2 * pause, Self.pauseMillisecondsMax)
    }
  }

  private enum Attempt {
    case joined(RankLink)
    /// Another attempt may go better.
    case failed(reason: String)
  }

  private func attempt(until deadline: ContinuousClock.Instant) throws(CommunicationError) -> Attempt {
    let left = (deadline - .now) / .milliseconds(1)
    let link: RankLink
    do throws(SocketError) {
      let timeout = Int(max(1, min(left, 1_000 * Self.attemptSeconds)))
      let socket = try Socket.connect(host: host, port: port, timeoutMilliseconds: timeout)
      // Left at once: it would keep rank 0 from listening.
      if socket.isOwnPeer { return .failed(reason: "nobody listens there") }
      link = RankLink(socket, to: 0)
    } catch {
      return .failed(reason: "\(error)")
    }
    do throws(CommunicationError) {
      try introduce(link)
      return .joined(link)
    } catch {
      // Who hangs up or says nothing may be a rank 0 that is just going or coming; all else is final.
      switch error {
      case .lost, .timedOut: return .failed(reason: "who listens there does not answer as rank 0 does (\(error))")
      default: throw error
      }
    }
  }

  /// The handshake over a fresh connection.
  private func introduce(_ link: RankLink) throws(CommunicationError) {
    let timeout = Timeout(seconds: min(Self.attemptSeconds, max(0.01, joinSeconds)))
    let greeting = try read(RankHandshake.greetingBytes, from: link, timeout)
    guard let handshake = RankHandshake(token: token, greeting: greeting) else {
      throw failure("another program listens there; MASTER_PORT or PERSRM_RANKS_PORT chooses another port")
    }
    let hello = RankHandshake.Hello(rank: UInt64(rank), size: UInt64(size))
    try RankFrame.send(handshake.encoded(hello), link, "join", timeout: timeout)
    let reply = try read(RankHandshake.replyBytes, from: link, timeout)
    do throws(RankHandshake.Fault) {
      try handshake.check(reply: reply, to: hello)
    } catch {
      switch error {
      case .stranger: throw failure("who listens there does not know this run's PERSRM_RANKS_TOKEN")
      case .refused(.wrongToken, _): throw failure("rank 0 has another PERSRM_RANKS_TOKEN than rank \(rank)")
      case .refused(.wrongSize, let theirs):
        throw failure("rank \(rank) is one of \(size) ranks, rank 0 one of \(theirs)")
      case .refused(.takenRank, _): throw failure("another process has joined as rank \(rank) already")
      case .refused(.noSuchRank, _), .refused(.welcome, _): throw failure("rank 0 knows no rank \(rank) of \(size)")
      }
    }
  }

  private func read(_ count: Int, from link: RankLink, _ timeout: Timeout) throws(CommunicationError) -> [UInt8] {
    try RankFrame.receive(count, link, "join", timeout: timeout, until: timeout.deadline())
  }
}
