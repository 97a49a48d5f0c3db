private import COpenSSL

/// SHA-256 (FIPS 180-4), for telling one file or version from another. OpenSSL computes it, with the CPU's own
/// instructions where there are any: about 2 GB/s.
///
/// Bytes may come in pieces of any size; the digest depends on their sequence only.
package struct SHA256: ~Copyable {
  /// Bytes of a digest.
  package static let digestBytes = 32

  private let context: OpaquePointer

  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("OpenSSL has no SHA-256, or memory is exhausted")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Takes in the next bytes.
  package mutating func update(_ bytes: RawSpan) {
    // SAFETY: OpenSSL reads exactly `count` bytes, which the span keeps alive for the call.
    let status = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(status == 1, "OpenSSL refused to hash")
  }

  /// Takes in the next bytes.
  package mutating func update(_ bytes: [UInt8]) { update(bytes.span.bytes) }

  /// The digest of everything taken in, 32 bytes.
  package consuming func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Self.digestBytes)
    // SAFETY: OpenSSL writes exactly the 32 bytes of this algorithm.
    let status = digest.withUnsafeMutableBufferPointer { EVP_DigestFinal_ex(context, $0.baseAddress, nil) }
    precondition(status == 1, "OpenSSL refused to hash")
    return digest
  }

  /// The digest of one whole value, 32 bytes.
  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hasher = SHA256()
    hasher.update(bytes)
    return hasher.finish()
  }
}
