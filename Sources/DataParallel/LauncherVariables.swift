/// The variables that launchers set, read and held against each other.
struct LauncherVariables {
  enum Launcher: Sendable, Hashable {
    case mpi
    case torchrun
    case slurm
  }

  /// What the user chose.
  enum Choice: String, CaseIterable {
    case single
    case mpi
    case sockets
  }

  /// Which process this is.
  struct Place: Sendable, Hashable {
    let launcher: Launcher
    let rank: Int
    let size: Int
    let localRank: Int
  }

  private let environment: [String: String]

  init(_ environment: [String: String]) { self.environment = environment }

  /// The value; nil where it is not set or empty, as `VARIABLE= command` leaves it.
  subscript(name: String) -> String? {
    guard let value = environment[name], !value.isEmpty else { return nil }
    return value
  }

  /// `PERSRM_RANKS`; nil where it is not set.
  func choice() throws(CommunicationError) -> Choice? {
    guard let text = self["PERSRM_RANKS"] else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .environment(variable: "PERSRM_RANKS", reason: "\"\(text)\" is none of \(names)")
    }
    return choice
  }

  /// The innermost launcher that started this process, if any did.
  func launcher() throws(CommunicationError) -> Place? {
    let mpi = try mpiPlace()
    let torchrun = try torchrunPlace()
    if let mpi, let torchrun {
      try requireEqual("RANK", torchrun.rank, mpiRankName, mpi.rank)
      try requireEqual("WORLD_SIZE", torchrun.size, "the MPI launcher's size", mpi.size)
    }
    if let place = mpi ?? torchrun { return place }
    return try slurmPlace()
  }

  // MARK: Launchers

  private var mpiRankName: String { self["OMPI_COMM_WORLD_RANK"] == nil ? "PMIX_RANK" : "OMPI_COMM_WORLD_RANK" }

  private func mpiPlace() throws(CommunicationError) -> Place? {
    let pmixRank = try number("PMIX_RANK", in: 0..<CommunicationLimits.ranksMax)
    if let rank = try number("OMPI_COMM_WORLD_RANK", in: 0..<CommunicationLimits.ranksMax) {
      if let pmixRank { try requireEqual("PMIX_RANK", pmixRank, "OMPI_COMM_WORLD_RANK", rank) }
      let size = try required(
        "OMPI_COMM_WORLD_SIZE", in: 1..<CommunicationLimits.ranksMax + 1, with: "OMPI_COMM_WORLD_RANK")
      return try place(.mpi, "OMPI_COMM_WORLD_RANK", rank, size, "OMPI_COMM_WORLD_LOCAL_RANK")
    }
    guard let rank = pmixRank else {
      if self["OMPI_COMM_WORLD_SIZE"] != nil {
        throw .environment(variable: "OMPI_COMM_WORLD_RANK", reason: "is not set, but OMPI_COMM_WORLD_SIZE is")
      }
      return nil
    }
    // PMIx tells the size to the library only; srun, which is what sets PMIX_RANK alone, tells it to us too.
    guard let size = try slurmSize() else {
      throw .environment(variable: "SLURM_NTASKS", reason: "is not set, but PMIX_RANK is")
    }
    if let task = try number("SLURM_PROCID", in: 0..<CommunicationLimits.ranksMax) {
      try requireEqual("SLURM_PROCID", task, "PMIX_RANK", rank)
    }
    return try place(.mpi, "PMIX_RANK", rank, size, "SLURM_LOCALID")
  }

  private func torchrunPlace() throws(CommunicationError) -> Place? {
    guard self["RANK"] != nil || self["WORLD_SIZE"] != nil else { return nil }
    let rank = try required("RANK", in: 0..<CommunicationLimits.ranksMax, with: "WORLD_SIZE")
    let size = try required("WORLD_SIZE", in: 1..<CommunicationLimits.ranksMax + 1, with: "RANK")
    return try place(.torchrun, "RANK", rank, size, "LOCAL_RANK")
  }

  private func slurmPlace() throws(CommunicationError) -> Place? {
    guard let rank = try number("SLURM_PROCID", in: 0..<CommunicationLimits.ranksMax) else { return nil }
    // An allocation without a number of tasks runs one.
    let size = try slurmSize() ?? 1
    return try place(.slurm, "SLURM_PROCID", rank, size, "SLURM_LOCALID")
  }

  /// Tasks of the step, which may be fewer than those of the allocation it runs in.
  private func slurmSize() throws(CommunicationError) -> Int? {
    let sizes = 1..<CommunicationLimits.ranksMax + 1
    if let ofStep = try number("SLURM_STEP_NUM_TASKS", in: sizes) { return ofStep }
    return try number("SLURM_NTASKS", in: sizes)
  }

  private func place(
    _ launcher: Launcher, _ rankName: String, _ rank: Int, _ size: Int, _ localName: String
  ) throws(CommunicationError) -> Place {
    guard rank < size else {
      throw .environment(variable: rankName, reason: "is \(rank), of \(size) ranks; they count from 0")
    }
    let local = try number(localName, in: 0..<CommunicationLimits.ranksMax) ?? rank
    guard local <= rank else {
      throw .environment(variable: localName, reason: "is \(local), above \(rankName), which is \(rank)")
    }
    return Place(launcher: launcher, rank: rank, size: size, localRank: local)
  }

  // MARK: The meeting of sockets

  /// Where the ranks of a launcher meet.
  ///
  /// torchrun keeps `MASTER_PORT` for itself where `TORCHELASTIC_USE_AGENT_STORE` is true: the next port is ours then.
  /// `PERSRM_RANKS_PORT` chooses another one.
  func meeting(_ place: Place, _ timeout: Double) throws(CommunicationError) -> RankMeeting {
    let started = place.launcher == .slurm ? "SLURM_NTASKS is \(place.size)" : "there are \(place.size) ranks"
    guard let host = self["MASTER_ADDR"] else {
      throw .environment(
        variable: "MASTER_ADDR",
        reason: "is not set, and \(started): it names the machine of rank 0. (srun --mpi=pmix needs none; "
          + "PERSRM_RANKS=single trains alone.)")
    }
    let ports = 1..<65_536
    let port: Int
    if let chosen = try number("PERSRM_RANKS_PORT", in: ports) {
      port = chosen
    } else {
      let master = try required("MASTER_PORT", in: ports, with: "MASTER_ADDR")
      let isTaken = self["TORCHELASTIC_USE_AGENT_STORE"]?.lowercased() == "true"
      port = isTaken ? (master == 65_535 ? master - 1 : master + 1) : master
    }
    return RankMeeting(
      rank: place.rank, size: place.size, host: host, port: port, token: try token(host),
      joinSeconds: try seconds("PERSRM_RANKS_JOIN_TIMEOUT") ?? RankMeeting.joinSecondsDefault, timeoutSeconds: timeout)
  }

  /// What the run's ranks know. Between machines it has to be a secret; on one, the run's number keeps two runs apart.
  private func token(_ host: String) throws(CommunicationError) -> [UInt8] {
    if let token = self["PERSRM_RANKS_TOKEN"] {
      // A dictionary of all shorter ones is tried in a moment by who has seen one handshake.
      guard token.utf8.count >= 8 else {
        throw .environment(
          variable: "PERSRM_RANKS_TOKEN", reason: "has \(token.utf8.count) bytes, at least 8 are needed")
      }
      return Array(token.utf8)
    }
    guard RankMeeting.isLoopback(host) else {
      throw .environment(
        variable: "PERSRM_RANKS_TOKEN",
        reason: "is not set, and MASTER_ADDR is another machine's; give all ranks one secret, as from "
          + "`openssl rand -hex 16`, so that nobody else can join")
    }
    let names = ["TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT", "SLURM_JOB_ID", "SLURM_STEP_ID"]
    let run = names.map { self[$0] ?? "" }
    return Array(run.joined(separator: "/").utf8)
  }

  // MARK: Values

  /// A time above 0; nil where it is not set.
  func seconds(_ name: String) throws(CommunicationError) -> Double? {
    guard let text = self[name] else { return nil }
    // A week is more than any step takes, and fits every clock.
    guard let value = Double(text), value > 0, value <= 604_800 else {
      throw .environment(variable: name, reason: "\"\(text)\" is no number of seconds above 0, up to 604800")
    }
    return value
  }

  private func number(_ name: String, in range: Range<Int>) throws(CommunicationError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw .environment(
        variable: name, reason: "\"\(text)\" is no number from \(range.lowerBound) to \(range.upperBound - 1)")
    }
    return value
  }

  private func required(
    _ name: String, in range: Range<Int>, with other: String
  ) throws(CommunicationError) -> Int {
    guard let value = try number(name, in: range) else {
      throw .environment(variable: name, reason: "is not set, but \(other) is")
    }
    return value
  }

  private func requireEqual(
    _ name: String, _ value: Int, _ otherName: String, _ otherValue: Int
  ) throws(CommunicationError) {
    guard value != otherValue else { return }
    throw .environment(
      variable: name, reason: "is \(value), but \(otherName) is \(otherValue); unset the one that is not of this run")
  }
}
