import BoundedJSON
import DataFiles
private import Glibc
package import ModelFiles
import Models
package import Tensors
import Tokenization

/// Writes a model as a Hugging Face directory, with an adapter merged into its weights or with other weights in their
/// place, for other programs to load.
///
/// Theory of operation: weights are read some rows at a time, changed by the adapter in float32, rounded to the type
/// asked for and written, so memory stays small however large the model is. `config.json` comes last: until everything
/// else is on the disk, the directory is no model to anybody. What fails takes its files away again.
package struct HuggingFaceExport {
  /// Values read at a time.
  private static let chunkValues = 1 << 20
  /// Files of a Hugging Face directory that belong to the tokenizer or go with the weights, taken along as they are.
  private static let companions = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "chat_template.jinja", "generation_config.json", "LICENSE",
  ]
  /// Bytes of a shard unless something else is asked for: what `transformers` took for years.
  package static let shardBytesMax = 5_000_000_000

  private let checkpoint: ModelCheckpoint
  private let updates: LowRankUpdates?
  private let weights: SafetensorsReader?
  private let metadata: [String: String]
  private let type: ElementType
  private let shards: SafetensorsShards
  private let ropeScaling: ModelConfiguration.RopeScaling?

  /// Checks that the model has a Hugging Face form and the adapter belongs to it.
  ///
  /// - Parameters:
  ///   - weights: all weights, by their names in a Hugging Face directory, instead of the model's own: what training of
  ///     every weight left.
  ///   - type: what weights are stored as, one of `FloatNarrowing.types`.
  ///   - shardBytesMax: bytes of the tensors of one file at most.
  /// - Throws: `ExportError.model`, `.noForm`.
  package init(
    _ checkpoint: ModelCheckpoint, adapter: LoRAAdapter?, weights: SafetensorsReader? = nil,
    storedAs type: ElementType, shardBytesMax: Int = shardBytesMax
  ) throws(ExportError) {
    let configuration = checkpoint.configuration
    do throws(ModelFileError) {
      try adapter?.check(fits: configuration)
      for (name, dimensions) in configuration.requiredTensors { try weights?.check(name, shape: dimensions) }
    } catch {
      throw .model(error)
    }
    if configuration.architecture == .llama, configuration.attentionBias {
      throw .noForm(what: "a llama model with biases on queries, keys and values alone")
    }
    var scaling = configuration.ropeScaling
    if let factors = checkpoint.ropeFrequencyFactors {
      scaling = RotaryTables.scaling(of: factors, configuration)
      if scaling == nil { throw .noForm(what: "a list of rotary frequencies (rope_freqs.weight) of no published kind") }
    }
    ropeScaling = scaling
    let tensors = configuration.requiredTensors.compactMap { name, dimensions in
      TensorShape(dimensions).map { SafetensorsWriter.Tensor(name: name, shape: $0, elementType: type) }
    }
    self.checkpoint = checkpoint
    self.weights = weights
    self.type = type
    updates = adapter.map { LowRankUpdates($0) }
    metadata = (adapter?.metadata ?? [:]).merging(["format": "pt"]) { _, format in format }
    shards = SafetensorsShards(tensors, bytesMax: shardBytesMax)
  }

  /// Bytes of all weights as they will be written.
  package var byteCount: Int { shards.byteCount }

  /// Writes the directory.
  ///
  /// - Parameters:
  ///   - directory: made where it is missing; must be empty.
  ///   - progress: called with the bytes of weights written so far.
  /// - Returns: the names of the files written, in order.
  /// - Throws: every case of `ExportError`; what was written is removed then.
  @discardableResult package func write(
    to directory: String, progress: (Int) -> Void = { _ in }
  ) throws(ExportError) -> [String] {
    let isNew = try Self.prepare(directory)
    var written: [String] = []
    do throws(ExportError) {
      try writeAll(to: directory, written: &written, progress: progress)
    } catch {
      for name in written { unlink(directory + "/" + name) }
      if isNew { rmdir(directory) }
      throw error
    }
    return written
  }

  private func writeAll(
    to directory: String, written: inout [String], progress: (Int) -> Void
  ) throws(ExportError) {
    var bytes = 0
    for shard in shards.shards {
      do {
        try write(shard, to: directory, bytes: &bytes, progress: progress)
      } catch {
        throw .model(error)
      }
      written.append(shard.name)
    }
    func place(_ name: String, _ bytes: [UInt8]) throws(ExportError) {
      do {
        try AtomicFile.write(bytes, to: directory + "/" + name)
      } catch {
        throw .file(error)
      }
      written.append(name)
    }
    if let index = shards.index { try place("model.safetensors.index.json", Self.json(index, directory)) }
    for (name, bytes) in try companions() { try place(name, bytes) }
    if !written.contains("generation_config.json") {
      let members = JSONValue.object(checkpoint.configuration.generationMembers)
      try place("generation_config.json", Self.json(members, directory))
    }
    try place("config.json", Self.json(.object(configurationMembers()), directory))
  }

  private func write(
    _ shard: SafetensorsShards.Shard, to directory: String, bytes: inout Int, progress: (Int) -> Void
  ) throws(ModelFileError) {
    var writer = try SafetensorsWriter(path: directory + "/" + shard.name, tensors: shard.tensors, metadata: metadata)
    for tensor in writer.tensors {
      let record = try checkpoint.record(tensor.name)
      let (rowCount, rowLength) = (record.shape.rowCount, record.shape.rowLength)
      let step = max(1, min(rowCount, Self.chunkValues / rowLength))
      let values = FloatBuffer(count: step * rowLength)
      for first in stride(from: 0, to: rowCount, by: step) {
        let rows = first..<min(rowCount, first + step)
        if let weights {
          try weights.read(tensor.name, shape: record.shape.dimensions, rows: rows, into: values.pointer)
        } else {
          try checkpoint.readRows(record, rows: rows, into: values.values)
        }
        updates?.add(to: values.pointer, rows: rows, of: tensor.name)
        let count = rows.count * rowLength
        try writer.append(UnsafeBufferPointer(rebasing: values.values[..<count]), of: tensor.name)
        bytes += count * type.blockBytes
        progress(bytes)
      }
      withExtendedLifetime(values) {}
    }
    try writer.commit()
  }

  /// The tokenizer's files and what else goes with the weights: those of the source, or made from what it says.
  private func companions() throws(ExportError) -> [(name: String, bytes: [UInt8])] {
    let material: TokenizerMaterial
    do throws(ModelFileError) {
      material = try checkpoint.tokenizerMaterial()
      if checkpoint.format == .safetensors {
        var files: [(name: String, bytes: [UInt8])] = []
        for name in Self.companions where access(checkpoint.path + "/" + name, F_OK) == 0 {
          let file = try MappedFile(path: checkpoint.path + "/" + name)
          files.append((name, file.bytes(0..<file.count)))
        }
        return files
      }
    } catch {
      throw .model(error)
    }
    guard case .gguf(let vocabulary) = material else { return [] }
    do {
      let definition = try TokenizerDefinition(
        pre: vocabulary.pre, tokens: vocabulary.tokens, tokenTypes: vocabulary.tokenTypes, merges: vocabulary.merges,
        bosToken: vocabulary.bos.map(Int32.init), eosToken: vocabulary.eos.map(Int32.init),
        chatTemplate: vocabulary.chatTemplate)
      let beginsWithBOS = vocabulary.addBOS == true
      return [
        ("tokenizer.json", try definition.tokenizerJSON(beginsWithBOS: beginsWithBOS)),
        (
          "tokenizer_config.json",
          try definition.configurationJSON(positionCount: checkpoint.configuration.positionCount)
        ),
      ]
    } catch {
      throw .tokenizer(error)
    }
  }

  /// `config.json`: the source's own with the type of the weights, or made from what its metadata says.
  private func configurationMembers() throws(ExportError) -> [String: JSONValue] {
    var configuration = checkpoint.configuration
    configuration.ropeScaling = ropeScaling
    guard checkpoint.format == .safetensors else { return configuration.huggingFaceMembers(storedAs: type) }
    let path = checkpoint.path + "/config.json"
    do {
      let file = try MappedFile(path: path)
      var members = try JSONReader.value(file.bytes(0..<file.count), limits: .modelFile).object ?? [:]
      let name = JSONValue.string(ModelConfiguration.typeName(type))
      members[members["dtype"] == nil ? "torch_dtype" : "dtype"] = name
      members["tie_word_embeddings"] = .bool(configuration.tieWordEmbeddings)
      members["_name_or_path"] = nil
      return members
    } catch let error as ModelFileError {
      throw .model(error)
    } catch let error as JSONError {
      throw .json(file: path, error)
    } catch {
      throw .noForm(what: path)
    }
  }

  private static func json(_ value: JSONValue, _ directory: String) throws(ExportError) -> [UInt8] {
    do {
      return try JSONWriter.bytes(value, indented: true) + [UInt8(ascii: "\n")]
    } catch {
      throw .json(file: directory, error)
    }
  }

  /// Makes the directory, or sees that it is empty; says which.
  private static func prepare(_ directory: String) throws(ExportError) -> Bool {
    if mkdir(directory, 0o755) == 0 { return true }
    if errno != EEXIST { throw .file(.system(action: "make the directory", path: directory, errno: errno)) }
    guard let stream = opendir(directory) else {
      throw .file(.system(action: "open", path: directory, errno: errno))
    }
    defer { closedir(stream) }
    var entries = 0
    while readdir(stream) != nil { entries += 1 }
    // Every directory holds itself and the one above.
    if entries > 2 { throw .notEmpty(directory: directory) }
    return false
  }
}
