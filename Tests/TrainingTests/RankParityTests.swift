import DataParallel
import Foundation
import Sockets
import Synchronization
import Tensors
import Testing
import Training

/// Several ranks that share a step's micro-batches against one that has them all.
@Suite struct RankParityTests {
  /// What a rank has after its steps.
  private struct Outcome: Sendable, Equatable {
    var values: [Float] = []
    var losses: [Double] = []
    var gradientNorms: [Double] = []
    var clippedSteps = 0
  }

  private static let steps = 3

  /// Micro-batches of different sizes; the weights make the sum of their losses the mean over all targets.
  private static func microBatches(step: Int) -> [Trainer.MicroBatch] {
    let batches = (0..<4).map { index in
      TinyTraining.batch(
        TinyTraining.sequences([12 + 5 * index, 20], shared: 6, seed: UInt64(10 * step + index)))
    }
    let targets = batches.reduce(0) { $0 + $1.targets.count }
    return batches.map {
      Trainer.MicroBatch(
        batch: $0, objective: CrossEntropy(count: $0.targets.count, weight: 1 / Float(targets)))
    }
  }

  /// Trains as one rank of several, as a run of `persrm-sft` does: each takes every size-th micro-batch.
  private static func train(_ communicator: some Communicator) throws -> Outcome {
    let tiny = try TinyTraining("tiny-llama", .adapters(LoRASettings(rank: 4, alpha: 8)), threads: 1)
    tiny.fill()
    let trainer = Trainer(
      tiny.pass(),
      settings: Trainer.Settings(
        optimiser: AdamW.Settings(weightDecay: 0.1), schedule: LearningRateSchedule(peak: 0.01, totalSteps: steps),
        gradientNormMax: 1, seed: 1))
    var outcome = Outcome()
    for step in 0..<steps {
      let own = microBatches(step: step).enumerated()
        .filter { $0.offset % communicator.size == communicator.rank }.map(\.element)
      let record = try trainer.step(own, rank: communicator.rank) { gradients, loss in
        try communicator.allReduceSum(gradients)
        loss = try communicator.sums(of: [loss])[0]
      }
      outcome.losses.append(record.loss)
      outcome.gradientNorms.append(record.gradientNorm)
      outcome.clippedSteps += record.wasClipped ? 1 : 0
    }
    outcome.values = Array(tiny.model.parameters.values.values)
    return outcome
  }

  /// Runs every rank on a thread of its own, over sockets on loopback.
  private static func train(ranks size: Int) throws -> [Outcome] {
    let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
    let port = listener.address.port
    listener.close()
    let results = Mutex<[Int: Result<Outcome, any Error>]>([:])
    let group = DispatchGroup()
    for rank in 0..<size {
      group.enter()
      Thread {
        let result = Result {
          let communicator = try SocketCommunicator(
            RankMeeting(
              rank: rank, size: size, host: "127.0.0.1", port: port, token: Array("a token of tests".utf8),
              joinSeconds: 30, timeoutSeconds: 30))
          let outcome = try train(communicator)
          try communicator.finish()
          return outcome
        }
        results.withLock { $0[rank] = result }
        group.leave()
      }.start()
    }
    group.wait()
    return try results.withLock { results in try (0..<size).map { try #require(results[$0]).get() } }
  }

  /// Of five ranks one has nothing to do.
  @Test(arguments: [2, 3, 5]) func ranksTogetherAreOneRankWithAllMicroBatches(_ size: Int) throws {
    let alone = try Self.train(SingleProcess())
    let together = try Self.train(ranks: size)
    for outcome in together { #expect(outcome == together[0]) }
    for (ours, theirs) in zip(together[0].losses, alone.losses) { #expect(abs(ours - theirs) < 1e-5 * theirs) }
    for (ours, theirs) in zip(together[0].gradientNorms, alone.gradientNorms) {
      #expect(abs(ours - theirs) < 1e-5 * theirs)
    }
    let difference = relativeDifference(together[0].values, alone.values)
    print("\(size) ranks: parameters \(difference) relative from one rank's")
    #expect(difference < 1e-5)
    // Two micro-batches added up on one rank: equal bits would say that the ranks had not shared the work.
    if size < 4 { #expect(difference > 0) }
    #expect(together[0].losses.count == Self.steps && alone.clippedSteps == Self.steps)
  }
}
