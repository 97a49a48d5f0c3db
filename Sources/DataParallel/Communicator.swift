/// The ranks of one training run, as one of them sees the others.
///
/// Every rank holds the same parameters and works on its own part of a batch. What makes them one run is that they call
/// the same collective operations in the same order: each call returns on a rank when that rank's part is done, and a
/// rank that calls something else, or nothing, is an error on all of them.
///
/// **Same bits.** A sum is always ((rank 0 + rank 1) + rank 2) + ..., in single precision, however the numbers travel.
/// So all ranks hold the same bits after it, two runs with the same ranks agree, and the transports agree with each
/// other. What `MPI_Allreduce` or a ring that starts elsewhere for each chunk would give depends on their mood.
///
/// **No hang.** A rank that is gone, hangs, or disagrees becomes a `CommunicationError` on every other rank within the
/// transport's time limit. After an error the communicator is of no more use: later calls throw `.ended`.
///
/// Calls block, so they belong on the training thread, never on the cooperative pool. Calls from several threads wait
/// for each other, but then their order is nobody's, so one thread should make them all.
package protocol Communicator: Sendable {
  /// This rank, 0..<size.
  var rank: Int { get }
  /// How many ranks there are, at least 1.
  var size: Int { get }
  /// How the ranks reach each other, in words for a log: "one process", "sockets through 10.0.0.7:29500".
  var transport: String { get }

  /// Replaces `values` by their sum over the ranks, taken in rank order.
  ///
  /// - Parameter values: [count] single precision, the same count on each rank; 0 is a barrier. Unspecified after an
  ///   error.
  /// - Throws: `.mismatch` where ranks differ in the call or the count; `.lost`, `.timedOut`, `.aborted`, `.ended`.
  /// - Complexity: count * size additions over all ranks; each rank moves about 2 * count numbers, but rank 0 of the
  ///   sockets moves 2 * count * (size - 1).
  func allReduceSum(_ values: UnsafeMutableBufferPointer<Float>) throws(CommunicationError)

  /// Overwrites `bytes` on every rank with those of `root`.
  ///
  /// - Parameters:
  ///   - bytes: of the same count on each rank; read on `root` only. Unspecified on the others after an error.
  ///   - root: a rank, the same on each.
  /// - Throws: as `allReduceSum`.
  /// - Precondition: `root` is in 0..<size.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(CommunicationError)

  /// Returns once every rank has called it.
  ///
  /// - Throws: as `allReduceSum`.
  func barrier() throws(CommunicationError)

  /// What each rank has to say, in rank order, to all of them: metrics, flags, digests.
  ///
  /// - Parameter bytes: at most `CommunicationLimits.gatheredBytesMax`; counts may differ between ranks.
  /// - Returns: `size` arrays.
  /// - Throws: `.tooLarge`, on this rank only and before anything is sent; else as `allReduceSum`.
  func allGather(_ bytes: [UInt8]) throws(CommunicationError) -> [[UInt8]]

  /// Leaves the run together with all other ranks. To be the last call on each rank whose work went well; a rank that
  /// failed just ends its process, and the others learn it from their next call.
  ///
  /// - Throws: as `allReduceSum`.
  func finish() throws(CommunicationError)
}

/// What is bounded, and why.
package enum CommunicationLimits {
  /// Ranks of a run. Rank 0 of the sockets holds a descriptor for each, and a shell often allows 1024.
  package static let ranksMax = 1_000
  /// Bytes of one rank in `allGather`: it is for metrics, and rank 0 holds those of all ranks at once.
  package static let gatheredBytesMax = 1 << 20
  /// Characters of the reason that one rank tells another.
  package static let reasonBytesMax = 4_096
}
