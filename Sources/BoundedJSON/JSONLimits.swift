/// Bounds on a JSON document, checked before anything is built from it.
package struct JSONLimits: Sendable, Equatable {
  /// Bytes of the whole document.
  package var bytesMax: Int
  /// Arrays and objects inside one another; the outermost counts as one.
  package var depthMax: Int
  /// Values of every kind in the whole document, so that a small body cannot ask for a large tree.
  package var valuesMax: Int

  package init(bytesMax: Int, depthMax: Int, valuesMax: Int) {
    self.bytesMax = bytesMax
    self.depthMax = depthMax
    self.valuesMax = valuesMax
  }

  /// A request body: 8 MiB as the HTTP body limit, 64 levels, and far more values than any request has fields.
  package static let request = JSONLimits(bytesMax: 8 << 20, depthMax: 64, valuesMax: 65_536)
  /// A model's file: `tokenizer.json` of a 256,000-entry vocabulary takes about 17 MB and a million values; a
  /// safetensors header may take 100 MB.
  package static let modelFile = JSONLimits(bytesMax: 100 << 20, depthMax: 64, valuesMax: 8_000_000)
}
