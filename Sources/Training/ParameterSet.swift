package import Tensors

/// One trainable tensor: a run of the values and of the gradients of its `ParameterSet`.
package struct Parameter: Sendable {
  /// As adapter and model files call it, such as "model.layers.0.self_attn.q_proj.lora_A.weight".
  package let name: String
  /// Outermost first.
  package let shape: [Int]
  /// Where it lies in the set's buffers.
  package let range: Range<Int>
  /// Whether weight decay applies: to matrices, not to norms and biases.
  package let decays: Bool
  let storage: ParameterSet.Storage

  /// [shape], row-major.
  package var values: UnsafeMutablePointer<Float> { storage.values.pointer + range.lowerBound }
  /// Gradient of the loss, [shape], row-major; products add to it.
  package var gradient: UnsafeMutablePointer<Float> { storage.gradients.pointer + range.lowerBound }
  package var count: Int { range.count }
  /// Elements of one row of a matrix.
  package var rowLength: Int { shape.last ?? 1 }
}

/// All that is trained, in one run of memory: what is summed over ranks, clipped, updated and stored is one vector.
package struct ParameterSet: Sendable {
  /// The memory behind a set.
  // SAFETY: the training loop's thread and its parallel regions write; parts write apart.
  final class Storage: Sendable {
    let values: FloatBuffer
    let gradients: FloatBuffer

    init(count: Int) {
      values = FloatBuffer(count: count)
      gradients = FloatBuffer(count: count)
    }
  }

  /// A tensor to be made.
  package struct Declaration: Sendable {
    package var name: String
    package var shape: [Int]
    package var decays: Bool

    package init(_ name: String, shape: [Int], decays: Bool) {
      self.name = name
      self.shape = shape
      self.decays = decays
    }
  }

  /// In order of declaration.
  package let parameters: [Parameter]
  private let storage: Storage
  private let indices: [String: Int]

  /// Tensors of zeros. Each begins at a multiple of 16 floats, with zeros between.
  ///
  /// - Precondition: names are unique, shapes have positive dimensions.
  package init(_ declarations: [Declaration]) {
    var ranges: [Range<Int>] = []
    var offset = 0
    for declaration in declarations {
      let count = declaration.shape.reduce(1, *)
      precondition(count > 0, "a parameter has elements")
      ranges.append(offset..<offset + count)
      offset += (count + 15) / 16 * 16
    }
    let storage = Storage(count: offset)
    self.storage = storage
    parameters = zip(declarations, ranges).map { declaration, range in
      Parameter(
        name: declaration.name, shape: declaration.shape, range: range, decays: declaration.decays, storage: storage)
    }
    indices = Dictionary(uniqueKeysWithValues: declarations.indices.map { (declarations[$0].name, $0) })
  }

  package subscript(_ name: String) -> Parameter? { indices[name].map { parameters[$0] } }

  /// All values, padding included.
  package var values: FloatBuffer { storage.values }
  /// All gradients, padding included; padding stays 0.
  package var gradients: FloatBuffer { storage.gradients }
  /// Trainable numbers, without padding.
  package var count: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Sets all gradients to 0.
  package func clearGradients() { gradients.pointer.update(repeating: 0, count: gradients.count) }
}
