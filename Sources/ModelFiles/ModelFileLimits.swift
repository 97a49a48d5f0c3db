/// The most of anything a model file may ask for. They bound time and memory against a file that lies; every real
/// model stays far below them. Counts are also checked against the bytes that are left before room is made for them.
package enum ModelFileLimits {
  /// Metadata pairs of a GGUF file. Real files have 20 to 60.
  static let metadataCountMax = 65_536
  /// Tensors of one model. 126 layers of 12 tensors are 1,512.
  static let tensorCountMax = 65_536
  /// Bytes of a metadata key: the bound of the GGUF specification.
  static let keyBytesMax = 65_535
  /// Bytes of a tensor's name. ggml stops at 64; Hugging Face names are up to 60.
  static let tensorNameBytesMax = 512
  /// Bytes of one metadata string. The longest are chat templates and licences, tens of kilobytes.
  static let stringBytesMax = 16 << 20
  /// Elements of one metadata array. The largest are a vocabulary and its merges, some hundred thousand.
  static let arrayCountMax = 1 << 24
  /// Arrays inside one another; no known key nests at all.
  static let arrayDepthMax = 4
  /// One dimension of a tensor; also keeps a row's bytes far from overflow.
  static let dimensionMax = 1 << 31
  /// Alignment of the tensors in a GGUF file. 32 is the default, a page would be 4,096.
  static let alignmentMax = 1 << 16
  /// Bytes of a safetensors header: the bound of its specification (100 MB).
  static let safetensorsHeaderBytesMax = 100_000_000
  /// Bytes of `config.json`, `generation_config.json` and the like: a few kilobytes in practice.
  static let configurationBytesMax = 4 << 20
  /// Bytes of `tokenizer.json` and of a shard index: 17 MB for a 256,000-entry vocabulary.
  static let tokenizerBytesMax = 100 << 20
  /// Shards of one model. Llama 3.1 405B has 191.
  static let shardCountMax = 4096
  /// Rank of an adapter. 4 to 256 in practice; above, its matrices are no smaller than what they change.
  static let adapterRankMax = 4096

  /// Transformer layers. Llama 3.1 405B has 126.
  static let layerCountMax = 1024
  /// Width of the residual stream and of the feed-forward layer. Llama 3.1 405B has 16,384 and 53,248.
  static let widthMax = 1 << 20
  /// Query heads. Llama 3.1 405B has 128.
  static let headCountMax = 4096
  /// Elements of a head. 64 to 256 in practice.
  static let headDimMax = 4096
  /// Entries of a vocabulary. 256,000 in practice.
  static let vocabSizeMax = 1 << 24
  /// Positions of the context. The longest claims are ten million.
  static let positionCountMax = 1 << 28
}
