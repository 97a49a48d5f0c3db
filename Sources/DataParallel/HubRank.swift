/// Rank 0's part of a collective operation over sockets: it hears all the others, in rank order, and answers them.
///
/// While it waits for one it watches the rest: nobody has a reason to leave before the answer, so who leaves is lost,
/// and that is known at once and not when its turn comes.
struct HubRank: Sendable {
  /// To ranks 1..<size, in order.
  let links: [RankLink]
  private let timeout: Timeout

  init(_ links: [RankLink], timeout: Timeout) {
    self.links = links
    self.timeout = timeout
  }

  /// Comes together, and no more.
  func meet(_ call: CollectiveCall) throws(CommunicationError) {
    try collect(call)
    try release(call)
  }

  /// values = ((values + those of rank 1) + those of rank 2) + ..., here and there.
  func sum(_ values: UnsafeMutableBufferPointer<Float>, _ call: CollectiveCall) throws(CommunicationError) {
    try collect(call)
    if let start = values.baseAddress, !values.isEmpty {
      let pieceMax = RankFrame.dataBytesMax / 4
      // SAFETY: given back below, after the last use; initialised by `receive` before it is read.
      let piece = UnsafeMutablePointer<Float>.allocate(capacity: min(pieceMax, values.count))
      defer { piece.deallocate() }
      for offset in stride(from: 0, to: values.count, by: pieceMax) {
        let count = min(pieceMax, values.count - offset)
        let sum = start + offset
        for link in links {
          try receive(into: UnsafeMutableRawBufferPointer(start: piece, count: 4 * count), from: link, call)
          RankOrderSum.add(piece, to: sum, count: count)
        }
        try answer(UnsafeRawBufferPointer(start: sum, count: 4 * count), call)
      }
    }
    try release(call)
  }

  /// The bytes of `root` here and there.
  func broadcast(
    _ bytes: UnsafeMutableRawBufferPointer, from root: Int, _ call: CollectiveCall
  ) throws(CommunicationError) {
    try collect(call)
    for offset in stride(from: 0, to: bytes.count, by: RankFrame.dataBytesMax) {
      let end = min(offset + RankFrame.dataBytesMax, bytes.count)
      let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<end])
      if root > 0 { try receive(into: piece, from: links[root - 1], call) }
      try answer(UnsafeRawBufferPointer(piece), call, except: root)
    }
    try release(call)
  }

  /// The bytes of all ranks in a row.
  ///
  /// - Parameter counts: [size] bytes of each.
  func gather(_ own: [UInt8], _ counts: [Int], _ call: CollectiveCall) throws(CommunicationError) -> [UInt8] {
    try collect(call)
    var all = own
    for link in links {
      let others = links.filter { $0.rank != link.rank }
      all += try RankFrame.receive(counts[link.rank], link, call.description, timeout: timeout, watching: others)
    }
    try all.withRawBytes { all throws(CommunicationError) in
      for offset in stride(from: 0, to: all.count, by: RankFrame.dataBytesMax) {
        let end = min(offset + RankFrame.dataBytesMax, all.count)
        try answer(UnsafeRawBufferPointer(rebasing: all[offset..<end]), call)
      }
    }
    try release(call)
    return all
  }

  /// Hears from every rank what it is about to do.
  private func collect(_ call: CollectiveCall) throws(CommunicationError) {
    let deadline = timeout.deadline()
    for link in links {
      let others = links.filter { $0.rank != link.rank }
      let theirs = try RankFrame.receive(
        CollectiveCall.encodedBytes, link, call.description, timeout: timeout, watching: others, until: deadline)
      try call.check(theirs, of: link.rank)
    }
  }

  private func receive(
    into memory: UnsafeMutableRawBufferPointer, from link: RankLink, _ call: CollectiveCall
  ) throws(CommunicationError) {
    let others = links.filter { $0.rank != link.rank }
    try link.receive(into: memory, call.description, timeout: timeout, watching: others)
  }

  /// Sends a piece of the answer to all, or to all but one.
  private func answer(
    _ bytes: UnsafeRawBufferPointer, _ call: CollectiveCall, except root: Int = 0
  ) throws(CommunicationError) {
    for link in links where link.rank != root {
      try RankFrame.sendData(bytes, link, call.description, timeout: timeout)
    }
  }

  /// Tells all that the call is done.
  private func release(_ call: CollectiveCall) throws(CommunicationError) {
    for link in links { try RankFrame.sendDone(link, call.description, timeout: timeout) }
  }
}
