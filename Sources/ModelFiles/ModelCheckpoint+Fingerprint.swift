import Digests

/// What tells one model's weights from another's.
extension ModelCheckpoint {
  /// SHA-256, hexadecimal, of the files that hold tensors, one after the other in the order of `paths`: of a GGUF file,
  /// or of a single safetensors file, what `sha256sum` prints.
  ///
  /// - Complexity: reads every byte, about 2 GB/s from the page cache.
  package func fileFingerprint() throws(ModelFileError) -> String {
    var hash = SHA256()
    let chunk = 64 << 20
    for file in files {
      for start in stride(from: 0, to: file.count, by: chunk) {
        file.withBytes(start..<min(file.count, start + chunk)) { hash.update($0.bytes) }
      }
    }
    return Hexadecimal.text(hash.finish())
  }
}
