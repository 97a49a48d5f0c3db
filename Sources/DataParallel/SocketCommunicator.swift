private import Sockets
private import Synchronization

/// The ranks over TCP, for launchers that start processes and name a machine and a port: torchrun, Slurm without MPI, a
/// shell loop.
///
/// It is a star: every rank has one connection, to rank 0, which receives, adds in rank order and sends the sum back,
/// piece by piece, so that a long sum needs one piece of extra memory. Rank 0 moves `size - 1` times what the others
/// move; for LoRA's few megabytes that is nothing, and clusters that train whole models have MPI. In return rank 0 sees
/// everybody: the one that is lost is named on all ranks.
///
/// **Never a deadlock**: the other ranks send and receive at once, whatever comes first, so rank 0 may do one thing
/// after another. **Never a hang**: every wait of rank 0 ends after `timeoutSeconds`, and every wait of the others a
/// little later, so that they hear from rank 0 whose fault it was. A machine that is gone without a word is noticed by
/// the kernel within half a minute.
package final class SocketCommunicator: Communicator {
  /// How much longer the other ranks wait than rank 0.
  static let graceSeconds = 2.0

  package let rank: Int
  package let size: Int
  package let transport: String

  private struct State {
    var sequence: UInt64 = 0
    var isEnded = false
  }
  private let state = Mutex(State())
  private let role: Role

  private enum Role {
    case hub(HubRank)
    case spoke(SpokeRank)
  }

  /// Meets the other ranks; returns when all are there.
  ///
  /// - Throws: `.rendezvous`, `.aborted`, `.lost`, `.timedOut`, `.socket`.
  package convenience init(_ meeting: RankMeeting) throws(CommunicationError) {
    if meeting.rank == 0 {
      let links = try meeting.gatherRanks(meeting.listen())
      self.init(meeting, .hub(HubRank(links, timeout: Timeout(seconds: meeting.timeoutSeconds))))
    } else {
      let timeout = Timeout(seconds: meeting.timeoutSeconds + Self.graceSeconds)
      self.init(meeting, .spoke(SpokeRank(try meeting.joinRanks(), timeout: timeout)))
    }
  }

  private init(_ meeting: RankMeeting, _ role: Role) {
    rank = meeting.rank
    size = meeting.size
    transport = "sockets through \(meeting.address)"
    self.role = role
  }

  package func allReduceSum(_ values: UnsafeMutableBufferPointer<Float>) throws(CommunicationError) {
    try perform(.sum, count: values.count) { call throws(CommunicationError) in
      switch role {
      case .hub(let hub): try hub.sum(values, call)
      case .spoke(let spoke):
        try spoke.converse(call, UnsafeRawBufferPointer(values), UnsafeMutableRawBufferPointer(values))
      }
    }
  }

  package func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(CommunicationError) {
    precondition((0..<size).contains(root), "a root that is no rank")
    let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    try perform(.broadcast, count: bytes.count, root: root) { call throws(CommunicationError) in
      switch role {
      case .hub(let hub): try hub.broadcast(bytes, from: root, call)
      case .spoke(let spoke) where rank == root: try spoke.converse(call, UnsafeRawBufferPointer(bytes), nothing)
      case .spoke(let spoke): try spoke.converse(call, UnsafeRawBufferPointer(nothing), bytes)
      }
    }
  }

  package func barrier() throws(CommunicationError) { try meet(.barrier) }

  package func allGather(_ bytes: [UInt8]) throws(CommunicationError) -> [[UInt8]] {
    guard bytes.count <= CommunicationLimits.gatheredBytesMax else {
      throw .tooLarge(bytes: bytes.count, limit: CommunicationLimits.gatheredBytesMax)
    }
    let words = try gather(LittleEndian.bytes(of: UInt64(bytes.count)), [Int](repeating: 8, count: size))
    var counts: [Int] = []
    for rank in 0..<size {
      let count = LittleEndian.word(words, at: 8 * rank)
      guard count <= CommunicationLimits.gatheredBytesMax else {
        throw .malformed(rank: rank, reason: "\(count) bytes to gather")
      }
      counts.append(Int(count))
    }
    let all = try gather(bytes, counts)
    var offset = 0
    return counts.map { count in
      defer { offset += count }
      return Array(all[offset..<offset + count])
    }
  }

  package func finish() throws(CommunicationError) {
    try meet(.finish)
    state.withLock { $0.isEnded = true }
    switch role {
    case .hub(let hub): for link in hub.links { link.socket.close() }
    case .spoke(let spoke): spoke.link.socket.close()
    }
  }

  /// A call without data.
  private func meet(_ operation: CollectiveCall.Operation) throws(CommunicationError) {
    let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    try perform(operation) { call throws(CommunicationError) in
      switch role {
      case .hub(let hub): try hub.meet(call)
      case .spoke(let spoke): try spoke.converse(call, UnsafeRawBufferPointer(nothing), nothing)
      }
    }
  }

  /// The bytes of all ranks in a row, where everyone knows how many each has.
  private func gather(_ bytes: [UInt8], _ counts: [Int]) throws(CommunicationError) -> [UInt8] {
    var all: [UInt8] = []
    try perform(.gather) { call throws(CommunicationError) in
      switch role {
      case .hub(let hub): all = try hub.gather(bytes, counts, call)
      case .spoke(let spoke): all = try spoke.converse(call, bytes, receiving: counts.reduce(0, +))
      }
    }
    return all
  }

  /// One collective operation. Any failure ends the communicator, and rank 0 tells the others.
  private func perform(
    _ operation: CollectiveCall.Operation, count: Int = 0, root: Int = 0,
    _ body: (CollectiveCall) throws(CommunicationError) -> Void
  ) throws(CommunicationError) {
    try state.withLock { state throws(CommunicationError) in
      if state.isEnded { throw .ended }
      let call = CollectiveCall(operation, sequence: state.sequence, count: count, root: root)
      state.sequence += 1
      do throws(CommunicationError) {
        try body(call)
      } catch {
        state.isEnded = true
        switch role {
        case .hub(let hub): RankFrame.abort(hub.links, "\(error)")
        case .spoke(let spoke): spoke.link.socket.shutdownWrite()
        }
        throw error
      }
    }
  }
}
