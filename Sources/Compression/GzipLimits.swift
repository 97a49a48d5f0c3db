/// Bounds on what a gzip stream may become, because a few kilobytes of it can hold gigabytes.
package struct GzipLimits: Sendable, Equatable {
  /// Most bytes that may come out in all.
  package var bytesMax: Int
  /// Most bytes out per byte in. Deflate itself cannot exceed 1032.
  package var ratioMax: Int
  /// Output up to here is not held to the ratio: short inputs of repeated characters are harmless.
  package var ratioFreeBytes: Int

  package init(bytesMax: Int, ratioMax: Int, ratioFreeBytes: Int = 1 << 20) {
    self.bytesMax = bytesMax
    self.ratioMax = ratioMax
    self.ratioFreeBytes = ratioFreeBytes
  }

  /// A request's body: as large as a plain one may be. English text compresses about 3 times, JSON of it rarely over
  /// 20.
  package static let request = GzipLimits(bytesMax: 8 << 20, ratioMax: 100)

  /// A file that its user named, read in pieces: a terabyte is a mistake, and the ratio is deflate's own.
  package static let file = GzipLimits(bytesMax: 1 << 40, ratioMax: 1032)
}
