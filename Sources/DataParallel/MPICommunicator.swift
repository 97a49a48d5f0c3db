private import COpenMPI
private import Synchronization

/// The ranks that `mpirun` or `srun --mpi=pmix` started, over Open MPI.
///
/// MPI is one per process, so this can be made once. It is started, used and finished on one thread. A process that
/// ends without `finish()` is taken for failed by the launcher, which then ends the other ranks: that is what bounds
/// the time where a rank dies, and `timeoutSeconds` where it hangs.
///
/// The sum in rank order takes two steps per block: each rank gets one slice of the block from all ranks (all-to-all),
/// adds the pieces up in rank order, and gives its slice to all (all-gather). Each rank moves 2 * count * (size - 1) /
/// size numbers, as the best orders of `MPI_Allreduce` do, and MPI never touches memory of the caller: where a call
/// times out, what MPI still owns is the staging below, which is kept for ever.
package final class MPICommunicator: Communicator {
  /// Numbers summed at once, bounding the staging to about twice 16 MiB.
  private static let blockNumbers = 1 << 22
  /// Bytes of each rank that travel at once in `allGather`.
  private static let gatherBytes = 1 << 14

  package let rank: Int
  package let size: Int
  package let transport: String
  private let timeoutSeconds: Double

  private struct State {
    var sequence: UInt64 = 0
    var isEnded = false
  }
  private let state = Mutex(State())
  private let stagingBytes: Int
  // SAFETY: both are read and written only under `state`'s lock, and never given back.
  private nonisolated(unsafe) let outgoing: UnsafeMutableRawPointer
  // SAFETY: as `outgoing`.
  private nonisolated(unsafe) let incoming: UnsafeMutableRawPointer

  /// Starts MPI.
  ///
  /// - Parameters:
  ///   - rank, size: what the launcher's variables say, to be confirmed by the library.
  ///   - timeoutSeconds: how long a rank may let the others wait for a call.
  /// - Throws: `.library` where there is no Open MPI; `.mpi`; `.environment` where the library sees other ranks than
  ///   the variables say: the launcher belongs to another MPI.
  package init(rank: Int, size: Int, timeoutSeconds: Double) throws(CommunicationError) {
    guard cmpi_load() == CMPI_OK else { throw .library(reason: String(cString: cmpi_error())) }
    var actualRank: Int32 = 0
    var actualSize: Int32 = 0
    try Self.check(cmpi_start(&actualRank, &actualSize), "start", timeoutSeconds)
    guard actualRank == rank, actualSize == size else {
      throw .environment(
        variable: "OMPI_COMM_WORLD_SIZE",
        reason: "the launcher says rank \(rank) of \(size), and the MPI library rank \(actualRank) of \(actualSize); "
          + "either mpirun and libmpi.so.40 are of different installations, or the variables are another run's")
    }
    self.rank = rank
    self.size = size
    self.timeoutSeconds = timeoutSeconds
    transport = "MPI (\(String(cString: cmpi_version())))"
    // A slice per rank of the block, and room for each rank's piece of an `allGather`.
    stagingBytes = max(4 * size * ((Self.blockNumbers + size - 1) / size), size * Self.gatherBytes)
    // SAFETY: given back never: after a timeout MPI may still write to them, and there is one communicator per process.
    outgoing = .allocate(byteCount: stagingBytes, alignment: 64)
    incoming = .allocate(byteCount: stagingBytes, alignment: 64)
  }

  package func allReduceSum(_ values: UnsafeMutableBufferPointer<Float>) throws(CommunicationError) {
    try perform(.sum, count: values.count) { call throws(CommunicationError) in
      guard let start = values.baseAddress else { return }
      for offset in stride(from: 0, to: values.count, by: Self.blockNumbers) {
        try sumBlock(start + offset, count: min(Self.blockNumbers, values.count - offset), call)
      }
    }
  }

  package func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(CommunicationError) {
    precondition((0..<size).contains(root), "a root that is no rank")
    try perform(.broadcast, count: bytes.count, root: root) { call throws(CommunicationError) in
      guard let start = bytes.baseAddress else { return }
      for offset in stride(from: 0, to: bytes.count, by: stagingBytes) {
        let count = min(stagingBytes, bytes.count - offset)
        if rank == root { outgoing.copyMemory(from: start + offset, byteCount: count) }
        try check(cmpi_broadcast(outgoing, count, Int32(root), timeoutSeconds), call)
        if rank != root { (start + offset).copyMemory(from: outgoing, byteCount: count) }
      }
    }
  }

  package func barrier() throws(CommunicationError) {
    // Comparing the calls is all that a barrier does.
    try perform(.barrier) { _ throws(CommunicationError) in }
  }

  package func allGather(_ bytes: [UInt8]) throws(CommunicationError) -> [[UInt8]] {
    guard bytes.count <= CommunicationLimits.gatheredBytesMax else {
      throw .tooLarge(bytes: bytes.count, limit: CommunicationLimits.gatheredBytesMax)
    }
    var gathered = [[UInt8]](repeating: [], count: size)
    try perform(.gather) { call throws(CommunicationError) in
      let counts = try exchange(LittleEndian.bytes(of: UInt64(bytes.count)), call).map { LittleEndian.word($0, at: 0) }
      if let rank = counts.firstIndex(where: { $0 > CommunicationLimits.gatheredBytesMax }) {
        throw .malformed(rank: rank, reason: "\(counts[rank]) bytes to gather")
      }
      for offset in stride(from: 0, to: Int(counts.max() ?? 0), by: Self.gatherBytes) {
        var piece = Array(bytes.dropFirst(offset).prefix(Self.gatherBytes))
        piece += [UInt8](repeating: 0, count: Self.gatherBytes - piece.count)
        for (rank, part) in try exchange(piece, call).enumerated() {
          gathered[rank] += part.prefix(max(0, Int(counts[rank]) - offset))
        }
      }
    }
    return gathered
  }

  package func finish() throws(CommunicationError) {
    try perform(.finish) { call throws(CommunicationError) in
      try check(cmpi_finish(), call)
    }
    state.withLock { $0.isEnded = true }
  }

  /// One collective operation: compares what the ranks call, then does it. Any failure ends the communicator.
  private func perform(
    _ operation: CollectiveCall.Operation, count: Int = 0, root: Int = 0,
    _ body: (CollectiveCall) throws(CommunicationError) -> Void
  ) throws(CommunicationError) {
    try state.withLock { state throws(CommunicationError) in
      if state.isEnded { throw .ended }
      let call = CollectiveCall(operation, sequence: state.sequence, count: count, root: root)
      state.sequence += 1
      do throws(CommunicationError) {
        for (rank, theirs) in try exchange(call.encoded, call).enumerated() { try call.check(theirs, of: rank) }
        try body(call)
      } catch {
        state.isEnded = true
        throw error
      }
    }
  }

  /// The bytes of all ranks, of one count that fits the staging.
  private func exchange(_ bytes: [UInt8], _ call: CollectiveCall) throws(CommunicationError) -> [[UInt8]] {
    outgoing.copyMemory(from: bytes, byteCount: bytes.count)
    try check(cmpi_all_gather(outgoing, incoming, bytes.count, timeoutSeconds), call)
    let all = UnsafeRawBufferPointer(start: incoming, count: size * bytes.count)
    return (0..<size).map { Array(all[$0 * bytes.count..<($0 + 1) * bytes.count]) }
  }

  /// The sum of one block in rank order; the last slices may be partly or wholly padding.
  private func sumBlock(
    _ values: UnsafeMutablePointer<Float>, count: Int, _ call: CollectiveCall
  ) throws(CommunicationError) {
    let slice = (count + size - 1) / size
    outgoing.copyMemory(from: values, byteCount: 4 * count)
    (outgoing + 4 * count).initializeMemory(as: UInt8.self, repeating: 0, count: 4 * (size * slice - count))
    try check(cmpi_all_to_all(outgoing, incoming, 4 * slice, timeoutSeconds), call)
    let pieces = incoming.assumingMemoryBound(to: Float.self)
    for other in 1..<max(1, size) { RankOrderSum.add(pieces + other * slice, to: pieces, count: slice) }
    outgoing.copyMemory(from: incoming, byteCount: 4 * slice)
    try check(cmpi_all_gather(outgoing, incoming, 4 * slice, timeoutSeconds), call)
    UnsafeMutableRawPointer(values).copyMemory(from: incoming, byteCount: 4 * count)
  }

  private func check(_ status: cmpi_status, _ call: CollectiveCall) throws(CommunicationError) {
    try Self.check(status, call.description, timeoutSeconds)
  }

  private static func check(
    _ status: cmpi_status, _ operation: String, _ timeoutSeconds: Double
  ) throws(CommunicationError) {
    switch status {
    case CMPI_OK: return
    case CMPI_TIMED_OUT: throw .timedOut(rank: nil, operation: operation, seconds: timeoutSeconds)
    default:
      throw .mpi(
        call: String(cString: cmpi_failed_call()), code: Int(cmpi_failed_code()), reason: String(cString: cmpi_error()))
    }
  }
}
