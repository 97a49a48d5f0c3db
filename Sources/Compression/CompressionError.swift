/// Why gzip data was not accepted. Offsets count compressed bytes from the start of the stream.
package enum CompressionError: Error, Sendable, Equatable {
  /// What stands at `offset` is not a gzip member: at 0 the data is something else, later it is garbage behind a
  /// member.
  case notGzip(offset: Int)
  /// A member does not decode, or its checksum or length disagrees with its content.
  case corrupted(offset: Int, reason: String)
  /// The data ends inside a member, after `bytes` compressed bytes.
  case truncated(bytes: Int)
  /// More than `bytesMax` bytes would come out.
  case tooLarge(bytesMax: Int)
  /// More than `ratioMax` bytes came out per byte put in, which text does not do and an attack does.
  case ratioTooHigh(ratioMax: Int)
}

extension CompressionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notGzip(0): "not gzip data"
    case .notGzip(let offset): "something that is not gzip data follows at compressed byte \(offset)"
    case .corrupted(let offset, let reason): "gzip data is corrupted near compressed byte \(offset): \(reason)"
    case .truncated(let bytes): "gzip data ends too early, after \(bytes) compressed bytes"
    case .tooLarge(let bytesMax): "gzip data holds more than \(bytesMax) bytes"
    case .ratioTooHigh(let ratioMax): "gzip data expands more than \(ratioMax) times"
    }
  }
}
