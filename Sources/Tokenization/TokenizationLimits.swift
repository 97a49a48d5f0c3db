/// Bounds on a vocabulary read from a file, checked before anything is built from it.
package enum TokenizationLimits {
  /// Four times the largest vocabulary in use (262,144 entries); ids must lie below.
  package static let tokensMax = 1 << 20
  /// Byte-level vocabularies have at most one merge per token; twice that leaves room for repeated merges.
  package static let mergesMax = 2 << 20
  /// The longest ordinary tokens are runs of 128 spaces, 256 bytes in the byte alphabet.
  package static let tokenBytesMax = 4096
}
