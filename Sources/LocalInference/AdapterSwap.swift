package import Engine
import Foundation
package import Kernels
package import ModelFiles
package import Models
import Synchronization

/// Puts one adapter after another into a running engine, as a trainer does between steps whose samples that engine
/// draws.
///
/// Only what an adapter changes is read and packed again; all else is shared with the weights before. A model of 135
/// million weights takes 0.2 s on one core, all projections changed.
package final class AdapterSwap: Sendable {
  private let engine: InferenceEngine
  private let checkpoint: ModelCheckpoint
  private let precision: Precision
  private let parallel: ParallelFor
  /// What the engine computes with.
  private let weights: Mutex<DecoderWeights>

  /// - Parameter weights: those of the engine; of this checkpoint, in this precision.
  package init(
    engine: InferenceEngine, checkpoint: ModelCheckpoint, weights: DecoderWeights, precision: Precision,
    parallel: ParallelFor
  ) {
    self.engine = engine
    self.checkpoint = checkpoint
    self.precision = precision
    self.parallel = parallel
    self.weights = Mutex(weights)
  }

  /// Merges an adapter and lets the engine go on with it; with nil, with the model as it is stored.
  ///
  /// Merging runs on a thread of its own while the engine goes on; the engine changes over when the sequences submitted
  /// before are finished, and holds up those that come after. One call at a time; nobody writes the adapter's
  /// matrices until it returns, and until then old and new weights of what changes are both in memory.
  /// `LocalModel.fingerprint` stays that of the weights it was loaded with.
  ///
  /// - Throws: `ModelFileError` where the adapter does not fit the model or a merged weight is not finite, and
  ///   `EngineError.shutDown`. The engine then keeps what it had.
  package func replace(with adapter: LoRAAdapter?) async throws {
    let merged: DecoderWeights = try await withCheckedThrowingContinuation { continuation in
      let thread = Thread { [self] in
        continuation.resume(
          with: Result { () throws in
            try DecoderWeights(
              checkpoint, precision: precision, adapter: adapter, sharing: weights.withLock { $0 },
              parallel: parallel)
          })
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    try await engine.replaceWeights(merged)
    weights.withLock { $0 = merged }
  }
}
