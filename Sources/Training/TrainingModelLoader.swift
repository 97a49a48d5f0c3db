import Kernels
import ModelFiles
import Models
import Randomness
import Tensors

/// Reads a checkpoint's tensors into frozen matrices or parameters.
struct TrainingModelLoader {
  private let checkpoint: ModelCheckpoint
  private let trained: TrainedPart
  private let precision: ProductPrecision
  private let storage: TrainingModel.FrozenStorage
  private let parallel: ParallelFor
  /// The weights in their packed integer form, where they stay in it.
  private let packed: DecoderWeights?
  let parameters: ParameterSet

  private var configuration: ModelConfiguration { checkpoint.configuration }

  init(
    _ checkpoint: ModelCheckpoint, training trained: TrainedPart, precision: ProductPrecision,
    storage: TrainingModel.FrozenStorage, parallel: ParallelFor
  ) throws(ModelFileError) {
    self.storage = storage
    self.checkpoint = checkpoint
    self.trained = trained
    self.precision = precision
    self.parallel = parallel
    packed =
      storage == .stored && trained != .everything
      ? try DecoderWeights(checkpoint, precision: .balanced, parallel: parallel) : nil
    parameters = ParameterSet(Self.declarations(checkpoint.configuration, trained))
  }

  /// What is trained, in the order of the model.
  private static func declarations(
    _ configuration: ModelConfiguration, _ trained: TrainedPart
  ) -> [ParameterSet.Declaration] {
    switch trained {
    case .everything:
      return configuration.requiredTensors.map {
        ParameterSet.Declaration($0.name, shape: $0.dimensions, decays: $0.dimensions.count > 1)
      }
    case .adapters(let settings):
      let suffix = ".weight"
      var declarations: [ParameterSet.Declaration] = []
      for (name, dimensions) in configuration.requiredTensors where name.hasSuffix(suffix) {
        let path = String(name.dropLast(suffix.count))
        guard isAdapted(path, settings) else { continue }
        declarations += [
          ParameterSet.Declaration(path + LoRANames.a, shape: [settings.rank, dimensions[1]], decays: true),
          ParameterSet.Declaration(path + LoRANames.b, shape: [dimensions[0], settings.rank], decays: true),
        ]
      }
      return declarations
    }
  }

  private static func isAdapted(_ path: String, _ settings: LoRASettings) -> Bool {
    path.hasPrefix("model.layers.") && settings.targets.contains { path.hasSuffix("." + $0.rawValue) }
  }

  // MARK: Layers

  func layer(_ index: Int) throws(ModelFileError) -> TrainingModel.Layer {
    let prefix = "model.layers.\(index)."
    let attention = prefix + "self_attn."
    let names = ["q_proj", "k_proj", "v_proj"].map { attention + $0 }
    let hidden = configuration.hiddenSize
    return TrainingModel.Layer(
      inputNorm: try vector([prefix + "input_layernorm.weight"]),
      queryKeyValue: try projection(names, inputs: hidden, packed: packed?.layers[index].queryKeyValue),
      queryKeyValueBias: configuration.attentionBias ? try vector(names.map { $0 + ".bias" }) : nil,
      attentionOutput: try projection(
        [attention + "o_proj"], inputs: configuration.headCount * configuration.headDim,
        packed: packed?.layers[index].attentionOutput),
      postAttentionNorm: try vector([prefix + "post_attention_layernorm.weight"]),
      gateUp: try projection(
        [prefix + "mlp.gate_proj", prefix + "mlp.up_proj"], inputs: hidden, packed: packed?.layers[index].gateUp),
      down: try projection(
        [prefix + "mlp.down_proj"], inputs: configuration.intermediateSize, packed: packed?.layers[index].down))
  }

  /// The embedding or the output head, which have no adapters.
  func projection(_ paths: [String], inputs: Int, adapts: Bool) throws(ModelFileError) -> Projection {
    try projection(
      paths, inputs: inputs, adapts: adapts,
      packed: paths == ["lm_head"] ? packed?.outputHead : packed?.embedding)
  }

  /// - Parameter paths: modules that read the same input; their outputs follow one another.
  private func projection(
    _ paths: [String], inputs: Int, adapts: Bool = true, packed: LinearLayer?
  ) throws(ModelFileError) -> Projection {
    var records: [TensorRecord] = []
    for path in paths { records.append(try checkpoint.record(path + ".weight")) }
    var (parts, adapters) = ([Projection.Part](), [Projection.Adapter]())
    var first = 0
    for (path, record) in zip(paths, records) {
      let outputs = first..<first + record.shape.dimensions[0]
      first = outputs.upperBound
      switch trained {
      case .everything:
        guard let parameter = parameters[path + ".weight"] else { preconditionFailure("\(path) was not declared") }
        try read(record, into: parameter)
        parts.append(Projection.Part(weight: parameter, outputs: outputs))
      case .adapters(let settings):
        guard adapts, let a = parameters[path + LoRANames.a], let b = parameters[path + LoRANames.b] else { continue }
        adapters.append(
          Projection.Adapter(
            a: a, b: b, outputs: outputs, scale: settings.scale, dropout: settings.dropout,
            stream: StableHash.hash(path)))
      }
    }
    let weight: Projection.Weight =
      trained == .everything ? .trained(parts) : .frozen(try frozen(records, outputs: first, packed: packed))
    return Projection(outputs: first, inputs: inputs, weight: weight, adapters: adapters)
  }

  private func frozen(
    _ records: [TensorRecord], outputs: Int, packed: LinearLayer?
  ) throws(ModelFileError) -> FrozenMatrix {
    let fill = { (rows: Range<Int>, target: UnsafeMutablePointer<Float>) throws(ModelFileError) in
      try read(records, rows: rows, into: target)
    }
    if let packed { return FrozenMatrix(packed, precision: precision) }
    return try FrozenMatrix(
      outputs: outputs, inputs: records[0].shape.dimensions[1], precision: precision, parallel: parallel, fill: fill)
  }

  /// Rows of several tensors, one below the other.
  private func read(
    _ records: [TensorRecord], rows: Range<Int>, into target: UnsafeMutablePointer<Float>
  ) throws(ModelFileError) {
    var first = 0
    for record in records {
      let inputs = record.shape.dimensions[1]
      let wanted = (first..<first + record.shape.dimensions[0]).clamped(to: rows)
      if !wanted.isEmpty {
        try read(
          record, rows: wanted.lowerBound - first..<wanted.upperBound - first,
          into: target + (wanted.lowerBound - rows.lowerBound) * inputs)
      }
      first += record.shape.dimensions[0]
    }
  }

  private func read(_ record: TensorRecord, into parameter: Parameter) throws(ModelFileError) {
    try read(record, rows: 0..<record.shape.rowCount, into: parameter.values)
  }

  private func read(
    _ record: TensorRecord, rows: Range<Int>, into target: UnsafeMutablePointer<Float>
  ) throws(ModelFileError) {
    let buffer = UnsafeMutableBufferPointer(start: target, count: rows.count * record.shape.rowLength)
    try checkpoint.readRows(record, rows: rows, into: buffer)
    guard buffer.allSatisfy(\.isFinite) else {
      throw .invalidTensor(
        file: checkpoint.paths[record.fileIndex], tensor: record.storedName, reason: "has weights that are not finite")
    }
  }

  /// One vector of the elements of several tensors, one after the other.
  func vector(_ names: [String]) throws(ModelFileError) -> TrainingModel.Vector {
    var records: [TensorRecord] = []
    for name in names { records.append(try checkpoint.record(name)) }
    if trained == .everything {
      var parts: [Parameter] = []
      for (name, record) in zip(names, records) {
        guard let parameter = parameters[name] else { preconditionFailure("\(name) was not declared") }
        try read(record, into: parameter)
        parts.append(parameter)
      }
      return TrainingModel.Vector(frozen: nil, parts: parts)
    }
    let values = FloatBuffer(count: records.reduce(0) { $0 + $1.shape.elementCount })
    var offset = 0
    for record in records {
      try read(record, rows: 0..<record.shape.rowCount, into: values.pointer + offset)
      offset += record.shape.elementCount
    }
    return TrainingModel.Vector(frozen: values, parts: [])
  }
}
