package import ModelFiles
import Tensors

/// Adapters in and out of a model in training.
extension TrainingModel {
  /// A copy of the adapters as they are now, to be written to a file or merged into the weights of an engine.
  ///
  /// - Parameters:
  ///   - base: what the model is called, and the SHA-256 of its files.
  ///   - metadata: texts that travel in the file.
  /// - Precondition: the model has adapters.
  package func adapter(
    base: (name: String?, fingerprint: String?) = (nil, nil), metadata: [String: String] = [:]
  ) -> LoRAAdapter {
    guard let lora else { preconditionFailure("every weight is trained: there is no adapter") }
    var matrices: [String: LoRAAdapter.Matrices] = [:]
    for a in parameters.parameters where a.name.hasSuffix(LoRANames.a) {
      let module = String(a.name.dropLast(LoRANames.a.count))
      guard let b = parameters[module + LoRANames.b] else { preconditionFailure("half an adapter was declared") }
      matrices[module] = LoRAAdapter.Matrices(
        a: Self.copy(a), b: Self.copy(b), inputs: a.shape[1], outputs: b.shape[0], rank: lora.rank)
    }
    return LoRAAdapter(
      configuration: LoRAConfiguration(
        rank: lora.rank, alpha: lora.alpha, dropout: lora.dropout, targetModules: lora.targets.map(\.rawValue),
        usesRSLoRA: lora.usesRSLoRA, baseModelName: base.name, baseFingerprint: base.fingerprint),
      matrices: matrices, metadata: metadata)
  }

  /// Takes the values of an adapter.
  ///
  /// - Throws: `AdapterMismatch` where it is not of the form that is trained; nothing is changed then.
  package func load(_ adapter: LoRAAdapter) throws(AdapterMismatch) {
    guard let lora else { throw .everythingIsTrained }
    let configuration = adapter.configuration
    if configuration.rank != lora.rank {
      throw .setting(flag: "--lora-rank", adapter: "\(configuration.rank)", run: "\(lora.rank)")
    }
    if configuration.scale != lora.scale {
      throw .setting(flag: "--lora-alpha", adapter: "\(configuration.alpha)", run: "\(lora.alpha)")
    }
    let own = parameters.parameters.filter { $0.name.hasSuffix(LoRANames.a) }.map {
      String($0.name.dropLast(LoRANames.a.count))
    }
    if Set(own) != Set(adapter.matrices.keys) {
      throw .setting(
        flag: "--lora-targets", adapter: configuration.targetModules.joined(separator: ","),
        run: lora.targets.map(\.rawValue).sorted().joined(separator: ","))
    }
    for module in own {
      guard let matrices = adapter.matrices[module], let a = parameters[module + LoRANames.a],
        let b = parameters[module + LoRANames.b]
      else { continue }
      if matrices.a.count != a.count || matrices.b.count != b.count { throw .shape(module: module) }
    }
    for module in own {
      guard let matrices = adapter.matrices[module], let a = parameters[module + LoRANames.a],
        let b = parameters[module + LoRANames.b]
      else { continue }
      a.values.update(from: matrices.a.pointer, count: a.count)
      b.values.update(from: matrices.b.pointer, count: b.count)
    }
  }

  private static func copy(_ parameter: Parameter) -> FloatBuffer {
    let buffer = FloatBuffer(count: parameter.count)
    buffer.pointer.update(from: parameter.values, count: parameter.count)
    return buffer
  }
}

/// Why an adapter cannot be trained on.
package enum AdapterMismatch: Error, Sendable, Equatable, CustomStringConvertible {
  case everythingIsTrained
  case setting(flag: String, adapter: String, run: String)
  case shape(module: String)

  package var description: String {
    switch self {
    case .everythingIsTrained: "an adapter is given, but every weight is to be trained"
    case .setting(let flag, let adapter, let run): "the adapter has \(flag) \(adapter), the run has \(run)"
    case .shape(let module): "the adapter's matrices of \(module) have other shapes than the model's: another model's"
    }
  }
}
