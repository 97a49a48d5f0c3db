import DataParallel
import Testing

@Suite struct RanksTests {
  private static let mpirun = [
    "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_RANK": "1", "PMIX_RANK": "1",
  ]
  private static let torchrun = [
    "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500",
  ]
  private static let slurm = ["SLURM_PROCID": "2", "SLURM_NTASKS": "3", "SLURM_LOCALID": "0", "SLURM_JOB_ID": "77"]

  /// An environment, and "rank/size/local rank over transport" of what is made of it.
  struct Row: Sendable, CustomTestStringConvertible {
    let environment: [String: String]
    let expected: String

    init(_ environments: [String: String]..., expected: String) {
      environment = environments.reduce(into: [:]) { $0.merge($1) { $1 } }
      self.expected = expected
    }

    var testDescription: String { expected }
  }

  static let rows = [
    Row([:], expected: "0/1/0 over single"),
    Row(["PERSRM_RANKS": "single"], mpirun, torchrun, expected: "0/1/0 over single"),
    Row(mpirun, expected: "1/4/1 over mpi"),
    // The launcher of one rank wants to be answered too.
    Row(
      mpirun, ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1", "PMIX_RANK": "0"],
      ["OMPI_COMM_WORLD_LOCAL_RANK": "0"], expected: "0/1/0 over mpi"),
    // mpirun within an allocation: Slurm counts mpirun's own daemons.
    Row(mpirun, slurm, ["SLURM_PROCID": "0"], expected: "1/4/1 over mpi"),
    // Wrappers copy MPI's numbers for torch.
    Row(mpirun, torchrun, ["RANK": "1"], expected: "1/4/1 over mpi"),
    Row(mpirun, torchrun, ["RANK": "1", "PERSRM_RANKS": "sockets"], expected: "1/4/1 over sockets at 127.0.0.1:29500"),
    // srun --mpi=pmix.
    Row(slurm, ["PMIX_RANK": "2"], expected: "2/3/0 over mpi"),
    Row(slurm, ["PMIX_RANK": "2", "SLURM_STEP_NUM_TASKS": "5"], expected: "2/5/0 over mpi"),
    Row(torchrun, expected: "3/4/1 over sockets at 127.0.0.1:29500"),
    Row(torchrun, ["PERSRM_RANKS": "sockets"], expected: "3/4/1 over sockets at 127.0.0.1:29500"),
    Row(torchrun, ["LOCAL_RANK": ""], expected: "3/4/3 over sockets at 127.0.0.1:29500"),
    Row(
      torchrun, ["RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "MASTER_PORT": ""], expected: "0/1/0 over single"),
    // torchrun started by Slurm, once per machine.
    Row(torchrun, slurm, expected: "3/4/1 over sockets at 127.0.0.1:29500"),
    // torchrun keeps its port.
    Row(torchrun, ["TORCHELASTIC_USE_AGENT_STORE": "True"], expected: "3/4/1 over sockets at 127.0.0.1:29501"),
    Row(
      torchrun, ["TORCHELASTIC_USE_AGENT_STORE": "True", "MASTER_PORT": "65535"],
      expected: "3/4/1 over sockets at 127.0.0.1:65534"),
    Row(
      torchrun, ["TORCHELASTIC_USE_AGENT_STORE": "True", "PERSRM_RANKS_PORT": "31000"],
      expected: "3/4/1 over sockets at 127.0.0.1:31000"),
    Row(
      slurm, ["MASTER_ADDR": "node-7", "MASTER_PORT": "4000", "PERSRM_RANKS_TOKEN": "12345678"],
      expected: "2/3/0 over sockets at node-7:4000"),
    Row(
      slurm, ["MASTER_ADDR": "fd00::7", "MASTER_PORT": "4000", "PERSRM_RANKS_TOKEN": "12345678"],
      expected: "2/3/0 over sockets at [fd00::7]:4000"),
    // An allocation of one task.
    Row(["SLURM_PROCID": "0", "SLURM_NTASKS": "1"], expected: "0/1/0 over single"),
    Row(["SLURM_PROCID": "0"], expected: "0/1/0 over single"),
    // What says nothing of ranks.
    Row(["MASTER_ADDR": "node-7", "SLURM_NTASKS": "4", "LOCAL_RANK": "2"], expected: "0/1/0 over single"),
  ]

  @Test(arguments: rows)
  func readsWhatLaunchersSet(row: Row) throws {
    let ranks = try Ranks.fromEnvironment(row.environment)
    let transport =
      switch ranks.transport {
      case .single: "single"
      case .mpi: "mpi"
      case .sockets(let meeting): "sockets at \(meeting.address)"
      }
    #expect("\(ranks.rank)/\(ranks.size)/\(ranks.localRank) over \(transport)" == row.expected)
    if case .sockets(let meeting) = ranks.transport {
      #expect(meeting.rank == ranks.rank && meeting.size == ranks.size)
    }
  }

  /// An environment, and the variable that is refused.
  static let refused = [
    Row(["PERSRM_RANKS": "gloo"], torchrun, expected: "PERSRM_RANKS: \"gloo\" is none of single, mpi, sockets"),
    Row(["PERSRM_RANKS": "gloo"], expected: "PERSRM_RANKS: \"gloo\" is none of"),
    Row(["PERSRM_RANKS": "mpi"], expected: "OMPI_COMM_WORLD_RANK: is not set"),
    Row(["PERSRM_RANKS": "mpi"], torchrun, expected: "OMPI_COMM_WORLD_RANK: is not set"),
    Row(["PERSRM_RANKS": "sockets"], expected: "RANK: is not set"),
    Row(
      mpirun, ["OMPI_COMM_WORLD_SIZE": ""], expected: "OMPI_COMM_WORLD_SIZE: is not set, but OMPI_COMM_WORLD_RANK is"),
    Row(["OMPI_COMM_WORLD_SIZE": "2"], expected: "OMPI_COMM_WORLD_RANK: is not set"),
    Row(mpirun, ["PMIX_RANK": "2"], expected: "PMIX_RANK: is 2, but OMPI_COMM_WORLD_RANK is 1"),
    Row(mpirun, torchrun, expected: "RANK: is 3, but OMPI_COMM_WORLD_RANK is 1"),
    Row(
      mpirun, torchrun, ["RANK": "1", "WORLD_SIZE": "8"], expected: "WORLD_SIZE: is 8, but the MPI launcher's size is 4"
    ),
    Row(slurm, ["PMIX_RANK": "1"], expected: "SLURM_PROCID: is 2, but PMIX_RANK is 1"),
    Row(["PMIX_RANK": "1"], expected: "SLURM_NTASKS: is not set, but PMIX_RANK is"),
    Row(torchrun, ["WORLD_SIZE": ""], expected: "WORLD_SIZE: is not set, but RANK is"),
    Row(torchrun, ["RANK": ""], expected: "RANK: is not set, but WORLD_SIZE is"),
    Row(torchrun, ["RANK": "4"], expected: "RANK: is 4, of 4 ranks; they count from 0"),
    Row(torchrun, ["RANK": "-1"], expected: "RANK: \"-1\" is no number from 0 to 999"),
    Row(torchrun, ["RANK": "two"], expected: "RANK: \"two\" is no number"),
    Row(torchrun, ["WORLD_SIZE": "0"], expected: "WORLD_SIZE: \"0\" is no number from 1 to 1000"),
    Row(torchrun, ["WORLD_SIZE": "100000"], expected: "WORLD_SIZE: \"100000\" is no number"),
    Row(torchrun, ["LOCAL_RANK": "4"], expected: "LOCAL_RANK: is 4, above RANK, which is 3"),
    Row(torchrun, ["MASTER_ADDR": ""], expected: "MASTER_ADDR: is not set, and there are 4 ranks"),
    Row(torchrun, ["MASTER_PORT": ""], expected: "MASTER_PORT: is not set, but MASTER_ADDR is"),
    Row(torchrun, ["MASTER_PORT": "0"], expected: "MASTER_PORT: \"0\" is no number from 1 to 65535"),
    Row(torchrun, ["PERSRM_RANKS_PORT": "65536"], expected: "PERSRM_RANKS_PORT: \"65536\" is no number"),
    Row(torchrun, ["MASTER_ADDR": "node-7"], expected: "PERSRM_RANKS_TOKEN: is not set, and MASTER_ADDR is another"),
    Row(torchrun, ["PERSRM_RANKS_TOKEN": "short"], expected: "PERSRM_RANKS_TOKEN: has 5 bytes, at least 8"),
    Row(slurm, expected: "MASTER_ADDR: is not set, and SLURM_NTASKS is 3"),
    Row(["PERSRM_RANKS_TIMEOUT": "0"], expected: "PERSRM_RANKS_TIMEOUT: \"0\" is no number of seconds"),
    Row(["PERSRM_RANKS_TIMEOUT": "nan"], expected: "PERSRM_RANKS_TIMEOUT: \"nan\" is no number of seconds"),
    Row(torchrun, ["PERSRM_RANKS_JOIN_TIMEOUT": "soon"], expected: "PERSRM_RANKS_JOIN_TIMEOUT: \"soon\" is no number"),
  ]

  @Test(arguments: refused)
  func refusesByNameWhatCannotBe(row: Row) {
    #expect {
      _ = try Ranks.fromEnvironment(row.environment)
    } throws: { error in
      guard let error = error as? CommunicationError, case .environment = error else { return false }
      return "\(error)".hasPrefix(row.expected)
    }
  }

  @Test func timesAreTheUsersWhereGiven() throws {
    let times = ["PERSRM_RANKS_TIMEOUT": "12.5", "PERSRM_RANKS_JOIN_TIMEOUT": "3"]
    let ranks = try Ranks.fromEnvironment(Self.torchrun.merging(times) { $1 })
    guard case .sockets(let meeting) = ranks.transport else {
      Issue.record("\(ranks)")
      return
    }
    #expect(ranks.timeoutSeconds == 12.5 && meeting.timeoutSeconds == 12.5 && meeting.joinSeconds == 3)
  }

  @Test func runsOnOneMachineDoNotMix() throws {
    func token(_ environment: [String: String]) throws -> [UInt8]? {
      let ranks = try Ranks.fromEnvironment(Self.torchrun.merging(environment) { $1 })
      return if case .sockets(let meeting) = ranks.transport { meeting.token } else { nil }
    }
    let tokens = [
      try token([:]), try token(["TORCHELASTIC_RUN_ID": "a"]), try token(["TORCHELASTIC_RUN_ID": "b"]),
      try token(["SLURM_JOB_ID": "a"]), try token(["PERSRM_RANKS_TOKEN": "a long secret"]),
    ]
    #expect(Set(tokens).count == tokens.count && !tokens.contains(nil))
  }

  @Test func onlyThisMachinesOwnAddressesAreLoopback() {
    for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] { #expect(RankMeeting.isLoopback(host)) }
    for host in ["127.example.org", "10.0.0.1", "node-7", "::", "0.0.0.0", "localhost.example.org"] {
      #expect(!RankMeeting.isLoopback(host))
    }
  }

  @Test func oneProcessNeedsNobody() throws {
    let ranks = try Ranks.fromEnvironment([:]).connect()
    #expect(ranks.size == 1 && ranks.transport == "one process")
  }
}
