/// How many ranks this run has, which one this process is, and how they reach each other: what the launcher put into
/// the environment.
///
/// The first that applies:
///
/// 1. `PERSRM_RANKS=single`, `mpi` or `sockets` says it outright; the launcher's variables below then only give the
///    numbers.
/// 2. `OMPI_COMM_WORLD_RANK` (mpirun) or `PMIX_RANK` (`srun --mpi=pmix`): MPI.
/// 3. `RANK` or `WORLD_SIZE` (torchrun): sockets through `MASTER_ADDR` and `MASTER_PORT`.
/// 4. `SLURM_PROCID` with `SLURM_NTASKS` above 1 (srun without MPI): sockets likewise.
/// 5. None: one process.
///
/// A launcher inside another one wins over it, so numbers of Slurm's may differ from those of an `mpirun` or torchrun
/// that it started. MPI's and torchrun's may not differ: both are set by wrappers that copy one from the other. A run
/// of one rank needs no transport and gets `SingleProcess`, but for MPI, whose launcher wants to be answered.
package struct Ranks: Sendable, Hashable {
  package enum Transport: Sendable, Hashable {
    case single
    case mpi
    case sockets(RankMeeting)
  }

  /// This rank, 0..<size.
  package let rank: Int
  package let size: Int
  /// This rank among those of its machine, for choosing cores and scratch folders. Where the launcher does not say:
  /// `rank`.
  package let localRank: Int
  package let transport: Transport
  /// How long a rank may let the others wait in a call.
  package let timeoutSeconds: Double

  /// Reads the variables; opens nothing.
  ///
  /// - Throws: `.environment`, naming the variable that is missing, malformed or contradicts another one.
  package static func fromEnvironment(_ environment: [String: String]) throws(CommunicationError) -> Ranks {
    let variables = LauncherVariables(environment)
    let timeout = try variables.seconds("PERSRM_RANKS_TIMEOUT") ?? RankMeeting.timeoutSecondsDefault
    let alone = Ranks(rank: 0, size: 1, localRank: 0, transport: .single, timeoutSeconds: timeout)
    let choice = try variables.choice()
    if choice == .single { return alone }
    let place = try variables.launcher()
    switch (choice, place) {
    case (.mpi, let place?) where place.launcher == .mpi: return Ranks(place, .mpi, timeout)
    case (.mpi, _):
      throw .environment(
        variable: "OMPI_COMM_WORLD_RANK",
        reason: "is not set, and PERSRM_RANKS=mpi; start with mpirun or srun --mpi=pmix")
    case (.sockets, nil):
      throw .environment(
        variable: "RANK", reason: "is not set, and PERSRM_RANKS=sockets; torchrun sets it, or `RANK=0 WORLD_SIZE=2 ...`"
      )
    case (_, nil): return alone
    case (nil, let place?) where place.launcher == .mpi: return Ranks(place, .mpi, timeout)
    case (_, let place?):
      if place.size == 1 { return Ranks(place, .single, timeout) }
      return Ranks(place, .sockets(try variables.meeting(place, timeout)), timeout)
    }
  }

  /// Meets the other ranks. Blocks until all are there; to be called once, on the thread that will train.
  ///
  /// - Throws: as `MPICommunicator` and `SocketCommunicator` do when they are made.
  package func connect() throws(CommunicationError) -> any Communicator {
    switch transport {
    case .single: SingleProcess()
    case .mpi: try MPICommunicator(rank: rank, size: size, timeoutSeconds: timeoutSeconds)
    case .sockets(let meeting): try SocketCommunicator(meeting)
    }
  }

  private init(rank: Int, size: Int, localRank: Int, transport: Transport, timeoutSeconds: Double) {
    self.rank = rank
    self.size = size
    self.localRank = localRank
    self.transport = transport
    self.timeoutSeconds = timeoutSeconds
  }

  private init(_ place: LauncherVariables.Place, _ transport: Transport, _ timeoutSeconds: Double) {
    self.init(
      rank: place.rank, size: place.size, localRank: place.localRank, transport: transport,
      timeoutSeconds: timeoutSeconds)
  }
}
