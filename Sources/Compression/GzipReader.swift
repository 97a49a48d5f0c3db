private import CZlib

/// Decompresses gzip (RFC 1952), piece by piece, within limits.
///
/// Theory of operation: compressed bytes go in as they arrive, in pieces of any size, and what they decode to is
/// appended to the caller's array at once, so memory is bound by one piece's output. A stream may have several
/// members, one after the other, as `cat a.gz b.gz` makes them. zlib verifies each member's CRC-32 and length; this
/// type adds the limits and says what is wrong in terms of the input. After an error the reader is spent: it throws
/// the same error again.
///
/// - Source: RFC 1952 sections 2.2 (members) and 2.3.1 (identification, checksum).
package struct GzipReader: ~Copyable {
  /// Bytes decoded at a time; any size works, this one keeps the call overhead below one percent.
  private static let chunkBytes = 64 << 10

  private let limits: GzipLimits
  // SAFETY: zlib keeps the address of its stream, so it lives on the heap; this value alone owns it, from init to
  // deinit.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isInsideMember = false
  private var failure: CompressionError?
  private var chunk = [UInt8](repeating: 0, count: GzipReader.chunkBytes)
  /// Compressed bytes consumed and decompressed bytes produced so far.
  package private(set) var bytesIn = 0
  package private(set) var bytesOut = 0

  /// Whether data begins like gzip does; two bytes are enough to tell.
  package static func isGzip(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  package init(limits: GzipLimits) {
    self.limits = limits
    // SAFETY: freed in deinit; zlib reads the zeroed fields as "use malloc".
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 is the largest window; 16 asks for the gzip wrapper and no other.
    let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib is another version than its header, or memory is exhausted")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Decodes the next piece of the stream, appending to `output`.
  ///
  /// - Parameters:
  ///   - input: the next compressed bytes; may be empty, may end anywhere.
  ///   - output: receives the decoded bytes. On an error it holds what was decoded before it.
  package mutating func read(_ input: [UInt8], into output: inout [UInt8]) throws(CompressionError) {
    if let failure { throw failure }
    do {
      var start = 0
      while start < input.count {
        if !isInsideMember { try startMember(first: input[start]) }
        start = try decode(input, from: start, into: &output)
      }
    } catch {
      failure = error
      throw error
    }
  }

  /// Says that the input is complete.
  ///
  /// - Throws: `truncated` where it ends inside a member, or is empty.
  package mutating func finish() throws(CompressionError) {
    if let failure { throw failure }
    if isInsideMember || bytesIn == 0 { throw .truncated(bytes: bytesIn) }
  }

  private mutating func startMember(first: UInt8) throws(CompressionError) {
    guard first == 0x1F else { throw .notGzip(offset: bytesIn) }
    inflateReset(stream)
    isInsideMember = true
  }

  /// Decodes until the input or the member ends, and returns where the rest of the input starts.
  private mutating func decode(_ input: [UInt8], from start: Int, into output: inout [UInt8]) throws(CompressionError)
    -> Int
  {
    var position = start
    while position < input.count {
      let (status, consumed, produced) = inflateOnce(input, from: position)
      position += consumed
      bytesIn += consumed
      bytesOut += produced
      try checkLimits()
      output.append(contentsOf: chunk[..<produced])
      switch status {
      case Z_OK: continue
      // No progress was possible, which with room for output only means that more input is needed.
      case Z_BUF_ERROR: return input.count
      case Z_STREAM_END:
        isInsideMember = false
        return position
      case Z_MEM_ERROR: preconditionFailure("memory is exhausted")
      default: throw corruption(status: status)
      }
    }
    // The last piece may have filled the chunk exactly: what zlib still holds comes out with the next call or member
    // end.
    return try drain(into: &output, position: position)
  }

  /// Takes out what zlib still holds after the last byte of a piece.
  private mutating func drain(into output: inout [UInt8], position: Int) throws(CompressionError) -> Int {
    while true {
      let (status, _, produced) = inflateOnce([], from: 0)
      bytesOut += produced
      try checkLimits()
      output.append(contentsOf: chunk[..<produced])
      switch status {
      case Z_OK where produced > 0: continue
      case Z_OK, Z_BUF_ERROR: return position
      case Z_STREAM_END:
        isInsideMember = false
        return position
      default: throw corruption(status: status)
      }
    }
  }

  private mutating func inflateOnce(_ input: [UInt8], from start: Int) -> (status: Int32, consumed: Int, produced: Int)
  {
    let available = min(input.count - start, Int(UInt32.max))
    let stream = stream
    // SAFETY: zlib reads `available` bytes of input and writes at most `chunkBytes`, both alive for the call; the
    // pointers are cleared before they end, and zlib never writes through `next_in`.
    return input.withUnsafeBufferPointer { source in
      chunk.withUnsafeMutableBufferPointer { target in
        stream.pointee.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0 + start) }
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(target.count)
        let status = inflate(stream, Z_NO_FLUSH)
        let consumed = available - Int(stream.pointee.avail_in)
        let produced = target.count - Int(stream.pointee.avail_out)
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        return (status, consumed, produced)
      }
    }
  }

  private func checkLimits() throws(CompressionError) {
    if bytesOut > limits.bytesMax { throw .tooLarge(bytesMax: limits.bytesMax) }
    if bytesOut > limits.ratioFreeBytes, bytesOut / limits.ratioMax > bytesIn {
      throw .ratioTooHigh(ratioMax: limits.ratioMax)
    }
  }

  private func corruption(status: Int32) -> CompressionError {
    // SAFETY: zlib's messages are static C strings.
    let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
    // A wrong second byte of the identification says that this is no gzip, not that it is damaged.
    if reason == "incorrect header check" { return .notGzip(offset: max(0, bytesIn - 2)) }
    return .corrupted(offset: bytesIn, reason: reason)
  }
}
