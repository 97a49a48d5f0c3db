private import Glibc
import Sockets

/// A connection to one other rank: whole messages, each wait with an end.
///
/// Sockets stay non-blocking, and a thread that cannot go on waits in poll(2), because only there can it also see that
/// somebody else has left.
final class RankLink: Sendable {
  /// After how much silence of the peer's machine the kernel gives the connection up.
  private static let silenceSeconds = 30

  /// The rank at the other end.
  let rank: Int
  let socket: Socket

  init(_ socket: Socket, to rank: Int) {
    self.rank = rank
    self.socket = socket
    socket.endWhereSilent(forSeconds: Self.silenceSeconds)
  }

  /// Sends all of `bytes`.
  ///
  /// - Parameter timeout: for each wait in which not one byte moves.
  func send(_ bytes: UnsafeRawBufferPointer, _ operation: String, timeout: Timeout) throws(CommunicationError) {
    var sent = 0
    while sent < bytes.count {
      let count = try writeSome(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
      sent += count
      if count == 0, try !Self.wait([Watched(self, .writing)], until: timeout.deadline()) {
        throw .timedOut(rank: rank, operation: operation, seconds: timeout.seconds)
      }
    }
  }

  /// Fills `memory`.
  ///
  /// - Parameters:
  ///   - others: links whose end meanwhile is an error too; none of them may have a reason to leave.
  ///   - deadline: for all of it; nil for `timeout` in each wait in which not one byte moves.
  func receive(
    into memory: UnsafeMutableRawBufferPointer, _ operation: String, timeout: Timeout, watching others: [RankLink] = [],
    until deadline: ContinuousClock.Instant? = nil
  ) throws(CommunicationError) {
    var received = 0
    while received < memory.count {
      if let count = try readSome(into: UnsafeMutableRawBufferPointer(rebasing: memory[received...])) {
        received += count
        continue
      }
      let watched = [Watched(self, .reading)] + others.map { Watched($0, .leaving) }
      if try !Self.wait(watched, until: deadline ?? timeout.deadline()) {
        throw .timedOut(rank: rank, operation: operation, seconds: timeout.seconds)
      }
    }
  }

  /// What the kernel takes now, perhaps 0.
  func writeSome(_ bytes: UnsafeRawBufferPointer) throws(CommunicationError) -> Int {
    do throws(SocketError) { return try socket.write(bytes) } catch { throw lost(error) }
  }

  /// What is there now; nil where nothing is. The end is an error.
  func readSome(into memory: UnsafeMutableRawBufferPointer) throws(CommunicationError) -> Int? {
    do throws(SocketError) {
      guard let count = try socket.read(into: memory) else { return nil }
      if count > 0 { return count }
    } catch {
      throw lost(error)
    }
    throw .lost(rank: rank, reason: "its end of the connection is closed; its own output says why")
  }

  private func lost(_ error: SocketError) -> CommunicationError {
    if case .closed = error { return .ended }
    return .lost(rank: rank, reason: "\(error)")
  }

  /// One link to wait for.
  struct Watched {
    enum Event {
      case reading
      case writing
      case readingOrWriting
      /// Only the end of the connection.
      case leaving
    }
    let link: RankLink
    let event: Event

    init(_ link: RankLink, _ event: Event) {
      self.link = link
      self.event = event
    }
  }

  /// Blocks until one of the links can do what is asked of it.
  ///
  /// - Returns: false when the time is up.
  /// - Throws: `.lost` where a link that is watched for leaving has ended.
  static func wait(_ watched: [Watched], until deadline: ContinuousClock.Instant) throws(CommunicationError) -> Bool {
    var entries = watched.map { watched in
      let events: Int16 =
        switch watched.event {
        case .reading: Int16(POLLIN)
        case .writing: Int16(POLLOUT)
        case .readingOrWriting: Int16(POLLIN | POLLOUT)
        case .leaving: Timeout.peerHangup
        }
      return pollfd(fd: watched.link.socket.descriptor, events: events, revents: 0)
    }
    guard Timeout.poll(&entries, until: deadline) else { return false }
    for (watched, entry) in zip(watched, entries) where watched.event == .leaving && entry.revents != 0 {
      throw .lost(rank: watched.link.rank, reason: "its end of the connection is closed; its own output says why")
    }
    return true
  }
}
