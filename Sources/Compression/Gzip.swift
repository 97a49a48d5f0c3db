/// Whole values to and from gzip, for what fits in memory; `GzipReader` and `GzipWriter` do it in pieces.
package enum Gzip {
  /// - Throws: any `CompressionError`; nothing is returned of a stream that is damaged or too large.
  package static func decompress(_ bytes: [UInt8], limits: GzipLimits) throws(CompressionError) -> [UInt8] {
    var reader = GzipReader(limits: limits)
    var output: [UInt8] = []
    try reader.read(bytes, into: &output)
    try reader.finish()
    return output
  }

  /// The same bytes and level always give the same result with the same version of zlib.
  package static func compress(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
    var writer = GzipWriter(level: level)
    var output: [UInt8] = []
    writer.write(bytes, into: &output)
    writer.finish(into: &output)
    return output
  }
}
