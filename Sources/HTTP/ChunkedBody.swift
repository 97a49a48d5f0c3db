/// Takes chunked framing off a body (RFC 9112 section 7.1). Extensions are skipped and trailers dropped, both bounded.
struct ChunkedBody: Sendable {
  private enum Place: Sendable {
    case size
    case data(remaining: Int)
    case dataEnd
    case trailer
  }

  /// What one step yields.
  enum Step {
    case bytes([UInt8])
    case end
    case needsMore
  }

  private let limits: RequestLimits
  private var place = Place.size
  private var bodyBytes = 0
  private var extensionBytes = 0
  private var trailerBytes = 0
  private var trailerFields = 0

  init(limits: RequestLimits) { self.limits = limits }

  /// Uses what it can of `input`.
  mutating func step(_ input: inout InputBuffer) throws(HTTPParseError) -> Step {
    while true {
      switch place {
      case .size:
        let tooLong = HTTPParseError.chunk("chunk size line is longer than \(limits.chunkLineBytesMax) octets")
        guard let line = try input.line(max: limits.chunkLineBytesMax, tooLong: tooLong) else { return .needsMore }
        let size = try self.size(line)
        place = size == 0 ? .trailer : .data(remaining: size)
      case .data(let remaining):
        guard let bytes = input.take(remaining) else { return .needsMore }
        place = bytes.count == remaining ? .dataEnd : .data(remaining: remaining - bytes.count)
        return .bytes(bytes)
      case .dataEnd:
        switch input.lineEnd() {
        case nil: return .needsMore
        case false?: throw .chunk("chunk data is not followed by CRLF")
        case true?: place = .size
        }
      case .trailer:
        let tooLarge = HTTPParseError.trailerTooLarge(max: limits.trailerBytesMax)
        let room = max(0, limits.trailerBytesMax - trailerBytes)
        guard let line = try input.line(max: room, tooLong: tooLarge) else { return .needsMore }
        if line.isEmpty { return .end }
        trailerBytes += line.count + 2
        trailerFields += 1
        if trailerFields > limits.trailerFieldsMax { throw tooLarge }
        var dropped = Fields()
        try FieldLine.parse(line, into: &dropped)
      }
    }
  }

  /// `1*HEXDIG [ ";" extension ]`, nothing before, between or behind.
  private mutating func size(_ line: [UInt8]) throws(HTTPParseError) -> Int {
    let end = line.firstIndex(of: ASCII.semicolon) ?? line.endIndex
    guard end > 0 else { throw .chunk("chunk size is missing") }
    var size = 0
    for byte in line[..<end] {
      guard let digit = ASCII.hexValue(byte) else { throw .chunk("chunk size is not a hexadecimal number") }
      let (scaled, overflowed) = size.multipliedReportingOverflow(by: 16)
      if overflowed { throw .chunk("chunk size is too large for any machine") }
      size = scaled + Int(digit)
    }
    extensionBytes += line.endIndex - end
    if extensionBytes > limits.chunkExtensionBytesMax {
      throw .chunk("more than \(limits.chunkExtensionBytesMax) octets of chunk extensions")
    }
    if size > limits.bodyBytesMax - bodyBytes { throw .bodyTooLarge(max: limits.bodyBytesMax) }
    bodyBytes += size
    return size
  }
}
