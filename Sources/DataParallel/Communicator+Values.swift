/// The collective operations on values that training has at hand, in terms of those on bytes.
extension Communicator {
  /// True on the one rank that writes files and talks to the user.
  package var isFirst: Bool { rank == 0 }

  /// Replaces an array by its sum over the ranks, taken in rank order; see `allReduceSum(_:)` on buffers.
  package func allReduceSum(_ values: inout [Float]) throws(CommunicationError) {
    var failure: CommunicationError?
    values.withUnsafeMutableBufferPointer { buffer in
      do throws(CommunicationError) { try allReduceSum(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Sums of a few double-precision numbers over the ranks, taken in rank order: losses, counts, durations.
  ///
  /// - Parameter values: the same count on each rank; at most `gatheredBytesMax / 8`.
  /// - Throws: `.mismatch` where the counts differ; else as `allGather`.
  package func sums(of values: [Double]) throws(CommunicationError) -> [Double] {
    let gathered = try allGather(values.flatMap { LittleEndian.bytes(of: $0.bitPattern) })
    var sums: [Double] = []
    for (rank, bytes) in gathered.enumerated() {
      guard bytes.count == 8 * values.count else {
        throw .mismatch(rank: rank, theirs: "sums of \(bytes.count / 8) numbers", ours: "sums of \(values.count)")
      }
      let numbers = values.indices.map { Double(bitPattern: LittleEndian.word(bytes, at: 8 * $0)) }
      sums = rank == 0 ? numbers : zip(sums, numbers).map { $0 + $1 }
    }
    return sums
  }

  /// Whether any rank says so: a signal that reached one process only must stop all of them at the same step.
  package func any(_ flag: Bool) throws(CommunicationError) -> Bool {
    try allGather([flag ? 1 : 0]).contains([1])
  }

  /// Bytes of `root` on every rank, for what the others do not know the size of.
  ///
  /// - Parameter bytes: read on `root` only.
  package func broadcast(_ bytes: [UInt8], from root: Int) throws(CommunicationError) -> [UInt8] {
    var size = LittleEndian.bytes(of: UInt64(bytes.count))
    try overwrite(&size, from: root)
    let count = LittleEndian.word(size, at: 0)
    // 2^40 is above any message that fits a machine, so this is a peer that does not speak our language.
    guard count < 1 << 40 else { throw .malformed(rank: root, reason: "a message of \(count) bytes") }
    var message = rank == root ? bytes : [UInt8](repeating: 0, count: Int(count))
    try overwrite(&message, from: root)
    return message
  }

  /// Checks that something is the same on all ranks before hours are spent: settings, data, the version of the program.
  ///
  /// - Parameters:
  ///   - bytes: what has to be equal, or a digest of it.
  ///   - name: what it is, for the message: "the configuration".
  /// - Throws: `.mismatch`, on every rank, naming the first rank that differs from rank 0; else as `allGather`.
  package func requireEqual(_ bytes: [UInt8], naming name: String) throws(CommunicationError) {
    let gathered = try allGather(bytes)
    if let other = gathered.firstIndex(where: { $0 != gathered[0] }) {
      throw .mismatch(rank: other, theirs: "with \(name) of its own", ours: "with that of rank 0")
    }
  }

  private func overwrite(_ bytes: inout [UInt8], from root: Int) throws(CommunicationError) {
    var failure: CommunicationError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(CommunicationError) { try broadcast(buffer, from: root) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

/// Words as they travel between ranks, whose machines may differ.
enum LittleEndian {
  static func bytes(of word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }

  /// - Precondition: eight bytes from `offset` on.
  static func word(_ bytes: [UInt8], at offset: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
  }
}
