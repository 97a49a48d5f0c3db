private import Glibc
import Sockets

/// Rank 0's side of the meeting: it takes connections until every other rank has proved itself.
///
/// A connection that proves nothing is dropped and remembered for the message, and never delays the others. One that
/// proves itself and still does not fit, with another size or a rank that is there already, is a mistake in how the run
/// was started: it ends the meeting for all.
extension RankMeeting {
  /// How long a connection may take to say who it is.
  private static let helloSeconds = 10.0
  /// Connections that have not said yet who they are; the oldest gives way.
  private static let strangersMax = 64

  /// How long a taken port is tried, and how often.
  private static let listenSeconds = 3.0
  private static let listenPauseMicroseconds: UInt32 = 50_000

  /// Somebody who has connected and not yet proved anything.
  private struct Guest {
    let socket: Socket
    let handshake: RankHandshake
    let deadline: ContinuousClock.Instant
    var received: [UInt8] = []
  }

  /// What rank 0 knows while it waits.
  private struct Attendance {
    var guests: [Guest] = []
    var links: [Int: RankLink] = [:]
    var turnedAway = 0
    var lastReason = ""

    var inOrder: [RankLink] { links.sorted { $0.key < $1.key }.map(\.value) }

    mutating func turnAway(_ guest: Guest, _ reason: String) {
      turnedAway += 1
      lastReason = "\(guest.socket.peer): \(reason)"
      guest.socket.close()
    }
  }

  /// - Parameter listener: bound already.
  /// - Returns: the links to ranks 1..<size, in order.
  /// - Throws: `.rendezvous`, `.lost`; those who had joined are told why.
  func gatherRanks(_ listener: ListeningSocket) throws(CommunicationError) -> [RankLink] {
    defer { listener.close() }
    var attendance = Attendance()
    do throws(CommunicationError) {
      let deadline = ContinuousClock.now + .seconds(joinSeconds)
      while attendance.links.count < size - 1 {
        try waitForSomething(listener, attendance, until: deadline)
        try admit(listener, &attendance)
        try listen(to: &attendance)
        if attendance.links.count < size - 1, .now >= deadline { throw failure(missing(attendance)) }
      }
      for link in attendance.inOrder {
        try RankFrame.sendDone(link, "start", timeout: Timeout(seconds: timeoutSeconds))
      }
    } catch {
      RankFrame.abort(attendance.inOrder, "\(error)")
      throw error
    }
    return attendance.inOrder
  }

  /// Opens the port. One that is taken is tried again for a while: the run before may be about to end.
  func listen() throws(CommunicationError) -> ListeningSocket {
    let deadline = ContinuousClock.now + .seconds(min(Self.listenSeconds, joinSeconds))
    while true {
      let error: SocketError
      switch bind() {
      case .success(let listener): return listener
      case .failure(let failure): error = failure
      }
      guard error.isAddressInUse else { throw failure("rank 0 cannot listen: \(error)") }
      guard .now < deadline else {
        throw failure("port \(port) is taken by another program; MASTER_PORT or PERSRM_RANKS_PORT chooses another")
      }
      usleep(Self.listenPauseMicroseconds)
    }
  }

  private func bind() -> Result<ListeningSocket, SocketError> {
    var last = SocketError.closed
    for bindHost in bindHosts {
      do throws(SocketError) {
        return .success(
          try ListeningSocket(host: bindHost, port: port, backlog: Int32(size + Self.strangersMax)))
      } catch {
        if error.isAddressInUse { return .failure(error) }
        last = error
      }
    }
    return .failure(last)
  }

  private func missing(_ attendance: Attendance) -> String {
    let missing = (1..<size).filter { attendance.links[$0] == nil }
    let named = missing.prefix(8).map(String.init).joined(separator: ", ") + (missing.count > 8 ? ", ..." : "")
    var text = "after \(joinSeconds) s still without \(missing.count == 1 ? "rank" : "ranks") \(named) of \(size)"
    if attendance.turnedAway > 0 {
      text += "; \(attendance.turnedAway) connections turned away, the last \(attendance.lastReason)"
    }
    return text
  }

  private func waitForSomething(
    _ listener: ListeningSocket, _ attendance: Attendance, until deadline: ContinuousClock.Instant
  ) throws(CommunicationError) {
    var entries = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
    for guest in attendance.guests {
      entries.append(pollfd(fd: guest.socket.descriptor, events: Int16(POLLIN), revents: 0))
    }
    let links = attendance.inOrder
    for link in links {
      entries.append(pollfd(fd: link.socket.descriptor, events: Timeout.peerHangup, revents: 0))
    }
    let earliest = attendance.guests.map(\.deadline).min() ?? deadline
    guard Timeout.poll(&entries, until: min(deadline, earliest)) else { return }
    for (link, entry) in zip(links, entries.suffix(links.count)) where entry.revents != 0 {
      throw .lost(rank: link.rank, reason: "it left while the others were awaited; its own output says why")
    }
  }

  /// Greets those who wait at the door; as many at once as there is room for.
  private func admit(_ listener: ListeningSocket, _ attendance: inout Attendance) throws(CommunicationError) {
    for _ in 0..<Self.strangersMax {
      let accepted: Socket?
      do throws(SocketError) { accepted = try listener.accept() } catch { throw .socket(error) }
      guard let socket = accepted else { return }
      let guest = Guest(
        socket: socket, handshake: RankHandshake(token: token), deadline: .now + .seconds(Self.helloSeconds))
      // A new connection's buffer takes a few bytes; a guest who has left at once is found out when it is heard.
      _ = try? socket.write(guest.handshake.greeting, from: 0)
      if attendance.guests.count == Self.strangersMax {
        attendance.turnAway(attendance.guests.removeFirst(), "gave way to others before it said who it is")
      }
      attendance.guests.append(guest)
    }
  }

  /// Hears what the guests have to say.
  private func listen(to attendance: inout Attendance) throws(CommunicationError) {
    var staying: [Guest] = []
    for var guest in attendance.guests {
      switch hear(&guest) {
      case .more: staying.append(guest)
      case .nothing(let reason): attendance.turnAway(guest, reason)
      case .hello(let hello):
        let (verdict, reason) = judge(hello, attendance)
        // It may be gone: then its link says so.
        _ = try? guest.socket.write(guest.handshake.reply(verdict, detail: UInt64(size), to: hello), from: 0)
        if let reason { throw failure(reason) }
        let rank = Int(hello.rank)
        attendance.links[rank] = RankLink(guest.socket, to: rank)
      }
    }
    attendance.guests = staying
  }

  private enum Heard {
    case more
    case nothing(reason: String)
    case hello(RankHandshake.Hello)
  }

  private func hear(_ guest: inout Guest) -> Heard {
    do throws(SocketError) {
      let wanted = RankHandshake.helloBytes
      while guest.received.count < wanted {
        switch try guest.socket.read(max: wanted - guest.received.count) {
        case .bytes(let bytes): guest.received += bytes
        case .end: return .nothing(reason: "left before it said who it is")
        case .wouldBlock:
          return .now < guest.deadline ? .more : .nothing(reason: "did not say who it is in \(Self.helloSeconds) s")
        }
      }
    } catch {
      return .nothing(reason: "\(error)")
    }
    do throws(RankHandshake.Fault) {
      return .hello(try guest.handshake.hello(guest.received))
    } catch {
      if error == .stranger { return .nothing(reason: "no rank of this version of the program") }
      // It may be gone: then it does not ask.
      _ = try? guest.socket.write(guest.handshake.reply(.wrongToken, to: nil), from: 0)
      return .nothing(reason: "its PERSRM_RANKS_TOKEN is not ours")
    }
  }

  /// What to answer one who knows the token, and why it ends the meeting where it does.
  private func judge(_ hello: RankHandshake.Hello, _ attendance: Attendance) -> (RankHandshake.Verdict, String?) {
    if hello.size != UInt64(size) {
      return (.wrongSize, "rank \(hello.rank) was started as one of \(hello.size) ranks, rank 0 as one of \(size)")
    }
    guard (1..<UInt64(size)).contains(hello.rank) else {
      return (.noSuchRank, "a second process says that it is rank \(hello.rank) of \(size)")
    }
    if attendance.links[Int(hello.rank)] != nil {
      return (.takenRank, "two processes say that they are rank \(hello.rank) of \(size)")
    }
    return (.welcome, nil)
  }
}
