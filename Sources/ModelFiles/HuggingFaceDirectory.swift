import BoundedJSON
import Glibc

/// A directory as `transformers` writes it: `config.json`, the weights as one safetensors file or as shards with an
/// index, and the tokenizer.
struct HuggingFaceDirectory: Sendable {
  let path: String
  /// `config.json`.
  let config: ConfigurationFields
  /// `generation_config.json`.
  let generation: ConfigurationFields?
  let weights: [SafetensorsFile]

  init(path: String) throws(ModelFileError) {
    self.path = path
    guard Self.exists(path + "/config.json") else {
      throw .notAModel(path: path, reason: "is a directory without config.json")
    }
    config = try Self.fields(path + "/config.json")
    let generationPath = path + "/generation_config.json"
    generation = Self.exists(generationPath) ? try Self.fields(generationPath) : nil
    weights = try Self.openWeights(path)
  }

  private static func fields(_ path: String) throws(ModelFileError) -> ConfigurationFields {
    let value = try ModelJSON.value(path: path, bytesMax: ModelFileLimits.configurationBytesMax)
    return ConfigurationFields(value, file: path)
  }

  /// Whether there is a regular file (or a link to one).
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func openWeights(_ path: String) throws(ModelFileError) -> [SafetensorsFile] {
    let single = path + "/model.safetensors"
    if exists(single) { return [try SafetensorsFile(MappedFile(path: single))] }
    let index = single + ".index.json"
    guard exists(index) else {
      let pickle = exists(path + "/pytorch_model.bin") || exists(path + "/pytorch_model.bin.index.json")
      let hint = pickle ? "; pytorch_model.bin is not read, convert it to safetensors" : ""
      throw .notAModel(path: path, reason: "has neither model.safetensors nor model.safetensors.index.json\(hint)")
    }
    return try openShards(path, index: index)
  }

  /// Opens every shard the index names, and checks that each tensor is where the index says.
  private static func openShards(_ path: String, index: String) throws(ModelFileError) -> [SafetensorsFile] {
    let value = try ModelJSON.value(path: index, bytesMax: ModelFileLimits.tokenizerBytesMax)
    guard let map = value["weight_map"]?.object else { throw .missingKey(file: index, key: "weight_map") }
    var tensorsOfShard: [String: [String]] = [:]
    for (tensor, shard) in map {
      // A plain name: the index must not reach outside its directory.
      guard let shard = shard.string, !shard.isEmpty, shard != ".", shard != "..", !shard.utf8.contains(0x2F),
        !shard.utf8.contains(0)
      else {
        throw .invalidValue(file: index, key: "weight_map.\(tensor)", reason: "must be the name of a file beside it")
      }
      tensorsOfShard[shard, default: []].append(tensor)
    }
    if tensorsOfShard.count > ModelFileLimits.shardCountMax {
      throw .limitExceeded(
        file: index, what: "number of shards", value: UInt64(tensorsOfShard.count), max: ModelFileLimits.shardCountMax)
    }
    var shards: [SafetensorsFile] = []
    for (shard, tensors) in tensorsOfShard.sorted(by: { $0.key < $1.key }) {
      let file = try SafetensorsFile(MappedFile(path: path + "/" + shard))
      let present = Set(file.tensors.map(\.name))
      for tensor in tensors.sorted() where !present.contains(tensor) {
        throw .missingTensor(file: file.file.path, tensor: tensor)
      }
      shards.append(file)
    }
    return shards
  }

  /// The files a tokenizer is built from.
  static func tokenizerMaterial(_ path: String) throws(ModelFileError) -> TokenizerMaterial {
    let tokenizer = try ModelJSON.bytes(
      path: path + "/tokenizer.json", bytesMax: ModelFileLimits.tokenizerBytesMax)
    let configurationPath = path + "/tokenizer_config.json"
    let templatePath = path + "/chat_template.jinja"
    var configuration: [UInt8]?
    var template: String?
    if exists(configurationPath) {
      let bytes = try ModelJSON.bytes(path: configurationPath, bytesMax: ModelFileLimits.tokenizerBytesMax)
      configuration = bytes
      do {
        template = chatTemplate(try JSONReader.value(bytes, limits: .modelFile))
      } catch {
        throw .json(file: configurationPath, error: error)
      }
    }
    if exists(templatePath) {
      let bytes = try ModelJSON.bytes(path: templatePath, bytesMax: ModelFileLimits.stringBytesMax)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw .invalidText(file: templatePath, offset: 0)
      }
      template = text
    }
    return .json(
      TokenizerMaterial.TokenizerFiles(tokenizer: tokenizer, configuration: configuration, chatTemplate: template))
  }

  /// The template, or of several named ones the default.
  private static func chatTemplate(_ configuration: JSONValue) -> String? {
    guard let entry = configuration["chat_template"] else { return nil }
    return entry.string ?? entry.array?.first { $0["name"]?.string == "default" }?["template"]?.string
  }
}
