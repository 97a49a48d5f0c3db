private import CZlib

/// Compresses to gzip (RFC 1952), piece by piece. The same bytes always give the same file: the header carries no
/// time and no name.
package struct GzipWriter: ~Copyable {
  // SAFETY: zlib keeps the address of its stream, so it lives on the heap; this value alone owns it, from init to
  // deinit.
  private let stream: UnsafeMutablePointer<z_stream>
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)

  /// - Parameter level: 1 (fast) to 9 (small); 6 is zlib's own choice.
  package init(level: Int = 6) {
    precondition((1...9).contains(level))
    // SAFETY: freed in deinit; zlib reads the zeroed fields as "use malloc".
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 is the largest window, 16 asks for the gzip wrapper, 8 is zlib's default memory level.
    let size = Int32(MemoryLayout<z_stream>.size)
    let status = deflateInit2_(
      stream, Int32(level), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    precondition(status == Z_OK, "zlib is another version than its header, or memory is exhausted")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Compresses the next bytes, appending what zlib gives out so far to `output`.
  package mutating func write(_ input: [UInt8], into output: inout [UInt8]) {
    run(input, flush: Z_NO_FLUSH, into: &output)
  }

  /// Ends the stream, appending the rest and the checksum to `output`. Nothing may be written afterwards.
  package consuming func finish(into output: inout [UInt8]) {
    run([], flush: Z_FINISH, into: &output)
  }

  private mutating func run(_ input: [UInt8], flush: Int32, into output: inout [UInt8]) {
    precondition(input.count <= Int(UInt32.max), "one piece is at most 4 GiB")
    let stream = stream
    // SAFETY: zlib reads `input` and writes to `chunk`, both alive for the whole loop; it never writes through
    // `next_in`, and the pointers are cleared before they end.
    input.withUnsafeBufferPointer { source in
      chunk.withUnsafeMutableBufferPointer { target in
        stream.pointee.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0) }
        stream.pointee.avail_in = UInt32(source.count)
        repeat {
          stream.pointee.next_out = target.baseAddress
          stream.pointee.avail_out = UInt32(target.count)
          let status = deflate(stream, flush)
          precondition(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR, "zlib status \(status)")
          output.append(contentsOf: target[..<(target.count - Int(stream.pointee.avail_out))])
        } while stream.pointee.avail_out == 0
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
      }
    }
  }
}
