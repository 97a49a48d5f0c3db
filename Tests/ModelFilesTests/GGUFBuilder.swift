/// Writes GGUF files, wrong ones as readily as right ones: every count, offset and type can be set to a lie.
struct GGUFBuilder {
  struct Tensor {
    var name: String
    /// Innermost first, as in the file.
    var dimensions: [UInt64]
    var type: UInt32 = 0
    /// From the start of the data; nil places it after the one before.
    var offset: UInt64?
    var bytes: [UInt8]
    var rank: UInt32?
  }

  var magic = Array("GGUF".utf8)
  var version: UInt32 = 3
  var alignment = 32
  var tensorCount: UInt64?
  var metadataCount: UInt64?
  /// Key, then type and value as they are written.
  var metadata: [(key: [UInt8], value: [UInt8])] = []
  var tensors: [Tensor] = []

  /// A sound `llama` model: one layer, width 8, two query heads and one key/value head of 4, ten tokens, every weight
  /// 0.5.
  static func llama() -> GGUFBuilder {
    var builder = GGUFBuilder()
    builder.set("general.architecture", string("llama"))
    for (key, value) in [
      ("block_count", 1), ("context_length", 64), ("embedding_length", 8), ("feed_forward_length", 12),
      ("attention.head_count", 2), ("attention.head_count_kv", 1),
    ] as [(String, UInt32)] {
      builder.set("llama." + key, uint32(value))
    }
    builder.set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
    builder.set("tokenizer.ggml.model", string("gpt2"))
    builder.set("tokenizer.ggml.tokens", strings((0..<10).map { "t\($0)" }))
    builder.set("tokenizer.ggml.merges", strings(["t 0"]))
    builder.add("token_embd.weight", [8, 10])
    builder.add("output_norm.weight", [8])
    for (name, dimensions) in [
      ("attn_norm", [8]), ("attn_q", [8, 8]), ("attn_k", [8, 4]), ("attn_v", [8, 4]), ("attn_output", [8, 8]),
      ("ffn_norm", [8]), ("ffn_gate", [8, 12]), ("ffn_up", [8, 12]), ("ffn_down", [12, 8]),
    ] as [(String, [UInt64])] {
      builder.add("blk.0.\(name).weight", dimensions)
    }
    return builder
  }

  /// Sets a key, or replaces it.
  mutating func set(_ key: String, _ value: [UInt8]) {
    remove(key)
    metadata.append((Array(key.utf8), value))
  }

  mutating func remove(_ key: String) { metadata.removeAll { $0.key == Array(key.utf8) } }

  /// Adds a tensor of Float32, every element 0.5.
  mutating func add(_ name: String, _ dimensions: [UInt64]) {
    let count = dimensions.reduce(1, *)
    let bytes = (0..<count).flatMap { _ in Self.little(Float(0.5).bitPattern) }
    tensors.append(Tensor(name: name, dimensions: dimensions, bytes: bytes))
  }

  /// Changes the tensor of a name.
  mutating func change(_ name: String, _ body: (inout Tensor) -> Void) {
    for index in tensors.indices where tensors[index].name == name { body(&tensors[index]) }
  }

  var bytes: [UInt8] {
    var file = magic + Self.little(version)
    file += Self.little(tensorCount ?? UInt64(tensors.count))
    file += Self.little(metadataCount ?? UInt64(metadata.count))
    for (key, value) in metadata { file += Self.little(UInt64(key.count)) + key + value }
    var data: [UInt8] = []
    for tensor in tensors {
      file += Self.text(tensor.name) + Self.little(tensor.rank ?? UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { file += Self.little(dimension) }
      file += Self.little(tensor.type) + Self.little(tensor.offset ?? UInt64(data.count))
      data += tensor.bytes
      while data.count % alignment != 0 { data.append(0) }
    }
    while file.count % alignment != 0 { file.append(0) }
    return file + data
  }

  static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }
  static func uint32(_ value: UInt32) -> [UInt8] { little(UInt32(4)) + little(value) }
  static func uint64(_ value: UInt64) -> [UInt8] { little(UInt32(10)) + little(value) }
  static func float32(_ value: Float) -> [UInt8] { little(UInt32(6)) + little(value.bitPattern) }
  static func bool(_ value: UInt8) -> [UInt8] { little(UInt32(7)) + [value] }
  static func string(_ value: String) -> [UInt8] { little(UInt32(8)) + text(value) }
  static func strings(_ values: [String]) -> [UInt8] {
    array(type: 8, count: UInt64(values.count), values.flatMap { text($0) })
  }
  static func array(type: UInt32, count: UInt64, _ elements: [UInt8]) -> [UInt8] {
    little(UInt32(9)) + little(type) + little(count) + elements
  }
}
