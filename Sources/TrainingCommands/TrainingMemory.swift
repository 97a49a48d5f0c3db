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

  package init(_ model: TrainingModel, rowsMax: Int, recomputesLayers: Bool, engine: Int) {
    frozen = model.frozenBytes
    trained = 4 * MemoryLayout<Float>.stride * model.parameters.values.count
    pass = TrainingPass.bytes(model, rowsMax: rowsMax, recomputesLayers: recomputesLayers)
    self.engine = engine
  }
}
