import ArgumentParser
import LocalInference
import Tensors
package import Training

/// The memory a run needs, checked before anything is loaded.
package struct TrainingMemory: Sendable, Equatable, CustomStringConvertible {
  /// Weights that are not trained.
  package var frozen: Int
  /// What is trained: values, gradients and two moments.
  package var trained: Int
  /// Activations and buffers of a pass.
  package var pass: Int
  /// The engine that validates or draws samples.
  package var engine: Int

  package var total: Int { frozen + trained + pass + engine }

  package var description: String {
    func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20)" }
    return "\(mebibytes(total)) MiB (frozen weights \(mebibytes(frozen)), trained ones with gradients and moments "
      + "\(mebibytes(trained)), a pass \(mebibytes(pass)), the engine \(mebibytes(engine)))"
  }

  /// Says what is needed, and refuses to begin where it is not there. Frozen weights and the engine are loaded by now.
  package func check(note: (String) -> Void) throws {
    note("memory: \(self)")
    if let available = AvailableMemory.bytes(), pass + trained / 2 > available {
      throw ValidationError(
        "not enough memory: a pass takes \(pass >> 20) MiB, \(available >> 20) MiB are available; lower "
          + "--micro-batch-tokens, or add --recompute")
    }
  }

  package init(_ model: TrainingModel, rowsMax: Int, recomputesLayers: Bool, engine: Int) {
    frozen = model.frozenBytes
    trained = 4 * MemoryLayout<Float>.stride * model.parameters.values.count
    pass = TrainingPass.bytes(model, rowsMax: rowsMax, recomputesLayers: recomputesLayers)
    self.engine = engine
  }
}
