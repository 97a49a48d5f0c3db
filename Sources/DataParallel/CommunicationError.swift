package import Sockets

/// Why the ranks cannot work together, or no longer.
package enum CommunicationError: Error, Sendable, Hashable {
  /// A variable of the environment is missing, malformed, or contradicts another one.
  case environment(variable: String, reason: String)
  /// The MPI library cannot be loaded, or is not one that we can call.
  case library(reason: String)
  /// An MPI function failed.
  case mpi(call: String, code: Int, reason: String)
  /// The ranks did not find each other. `address` is where rank 0 was to listen.
  case rendezvous(address: String, reason: String)
  /// A socket of this process failed in a way that says nothing of the peer.
  case socket(SocketError)
  /// A rank left or died: its connection has ended.
  case lost(rank: Int, reason: String)
  /// A rank did nothing for that long while this one waited in `operation`.
  case timedOut(rank: Int?, operation: String, seconds: Double)
  /// Another rank noticed the failure and said so.
  case aborted(by: Int, reason: String)
  /// Two ranks called different things: the program is not the same on them, or took another way.
  case mismatch(rank: Int, theirs: String, ours: String)
  /// A peer sent what no rank of this version sends.
  case malformed(rank: Int, reason: String)
  /// More bytes than `allGather` takes.
  case tooLarge(bytes: Int, limit: Int)
  /// The communicator failed before, or was finished.
  case ended
}

extension CommunicationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .environment(let variable, let reason): "\(variable): \(reason)"
    case .library(let reason):
      "MPI cannot be used (\(reason)); install Open MPI (Debian: apt-get install openmpi-bin libopenmpi3), or train in "
        + "one process with PERSRM_RANKS=single"
    case .mpi(let call, let code, let reason): "\(call) failed with \(code): \(reason)"
    case .rendezvous(let address, let reason): "the ranks did not find each other at \(address): \(reason)"
    case .socket(let error): "\(error)"
    case .lost(let rank, let reason): "rank \(rank) is lost: \(reason)"
    case .timedOut(let rank?, let operation, let seconds): "\(operation): nothing from rank \(rank) for \(seconds) s"
    case .timedOut(nil, let operation, let seconds): "\(operation): not all ranks called it within \(seconds) s"
    case .aborted(let rank, let reason): "rank \(rank) gave up: \(reason)"
    case .mismatch(let rank, let theirs, let ours):
      "rank \(rank) calls \(theirs) where this rank calls \(ours); do all ranks run the same command on the same data?"
    case .malformed(let rank, let reason): "rank \(rank) sent what no rank of this version sends: \(reason)"
    case .tooLarge(let bytes, let limit): "\(bytes) bytes to gather, at most \(limit)"
    case .ended: "the ranks have parted: an earlier call failed, or the run was finished"
    }
  }
}
