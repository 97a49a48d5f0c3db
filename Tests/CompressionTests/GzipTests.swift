import Compression
import Testing

/// Round trips at every size of piece, files made by the gzip program, and every way a file can be damaged.
@Suite struct GzipTests {
  /// `printf 'hello\n' | gzip --no-name --best`, which no code of ours wrote.
  static let hello: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xE7, 0x02, 0x00, 0x20,
    0x30,
    0x3A, 0x36, 0x06, 0x00, 0x00, 0x00,
  ]
  /// Text-like bytes that compress, with a period that fits no block.
  static let sample: [UInt8] = (0..<200_000).map { UInt8(truncatingIfNeeded: 97 + ($0 * $0 / 7) % 23) }

  @Test func readsWhatTheGzipProgramWrote() throws {
    #expect(try Gzip.decompress(Self.hello, limits: .file) == Array("hello\n".utf8))
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 200_000])
  func whatIsWrittenIsReadBack(bytes: Int) throws {
    let text = Array(Self.sample.prefix(bytes))
    #expect(try Gzip.decompress(Gzip.compress(text), limits: .file) == text)
  }

  @Test func sameBytesGiveTheSameFile() {
    let file = Gzip.compress(Self.sample)
    #expect(file == Gzip.compress(Self.sample))
    #expect(file[4..<8].allSatisfy { $0 == 0 }, "the header carries no time")
    #expect(file.count < Self.sample.count)
  }

  @Test(arguments: [1, 2, 17, 4096, 65_536])
  func piecesGiveTheSameAsTheWhole(pieceBytes: Int) throws {
    var file: [UInt8] = []
    var writer = GzipWriter()
    for start in stride(from: 0, to: Self.sample.count, by: pieceBytes * 3) {
      writer.write(Array(Self.sample[start..<min(start + pieceBytes * 3, Self.sample.count)]), into: &file)
    }
    writer.finish(into: &file)
    var reader = GzipReader(limits: .file)
    var output: [UInt8] = []
    for start in stride(from: 0, to: file.count, by: pieceBytes) {
      try reader.read(Array(file[start..<min(start + pieceBytes, file.count)]), into: &output)
    }
    try reader.finish()
    #expect(output == Self.sample)
    #expect(reader.bytesIn == file.count && reader.bytesOut == output.count)
  }

  @Test func readsMembersOneAfterTheOther() throws {
    let file = Self.hello + Gzip.compress([]) + Gzip.compress(Self.sample) + Self.hello
    let hello = Array("hello\n".utf8)
    #expect(try Gzip.decompress(file, limits: .file) == hello + Self.sample + hello)
    var reader = GzipReader(limits: .file)
    var output: [UInt8] = []
    for byte in file { try reader.read([byte], into: &output) }
    try reader.finish()
    #expect(output == hello + Self.sample + hello)
  }

  @Test func refusesAFileCutAnywhere() {
    let file = Self.hello + Self.hello
    for length in 0..<file.count where length != Self.hello.count {
      #expect(throws: CompressionError.truncated(bytes: length)) {
        try Gzip.decompress(Array(file[..<length]), limits: .file)
      }
    }
  }

  @Test func aFlippedBitNeverChangesTheText() {
    var refused = 0
    for bit in 0..<(Self.hello.count * 8) {
      var file = Self.hello
      file[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        // Hints of the header and padding bits of the last block mean nothing, so the text may come out as it was.
        #expect(try Gzip.decompress(file, limits: .file) == Array("hello\n".utf8), "bit \(bit)")
      } catch {
        refused += 1
      }
    }
    #expect(refused > 130, "all of identification, data, checksum and length, out of 208 bits")
  }

  @Test func saysWhereItIsNotGzip() {
    #expect(throws: CompressionError.notGzip(offset: 0)) { try Gzip.decompress(Array("{}".utf8), limits: .file) }
    #expect(throws: CompressionError.notGzip(offset: 0)) { try Gzip.decompress([0x1F, 0x00, 0x08], limits: .file) }
    #expect(throws: CompressionError.notGzip(offset: 26)) { try Gzip.decompress(Self.hello + [0], limits: .file) }
    #expect(GzipReader.isGzip(Self.hello) && !GzipReader.isGzip([0x1F]) && !GzipReader.isGzip(Array("{\"".utf8)))
  }

  @Test func stopsAtTheLargestSize() throws {
    let file = Gzip.compress(Self.sample)
    let exact = GzipLimits(bytesMax: Self.sample.count, ratioMax: 1032)
    #expect(try Gzip.decompress(file, limits: exact).count == Self.sample.count)
    let less = GzipLimits(bytesMax: Self.sample.count - 1, ratioMax: 1032)
    #expect(throws: CompressionError.tooLarge(bytesMax: Self.sample.count - 1)) {
      try Gzip.decompress(file, limits: less)
    }
  }

  @Test func stopsABombEarly() throws {
    let bomb = Gzip.compress([UInt8](repeating: 0, count: 64 << 20))
    #expect(bomb.count < 70_000)
    var reader = GzipReader(limits: GzipLimits(bytesMax: 1 << 30, ratioMax: 100))
    var output: [UInt8] = []
    var failure: CompressionError?
    do throws(CompressionError) { try reader.read(bomb, into: &output) } catch { failure = error }
    #expect(failure == .ratioTooHigh(ratioMax: 100))
    #expect(output.count <= 2 << 20, "no more than the free part and one chunk is ever held")
    #expect(throws: CompressionError.ratioTooHigh(ratioMax: 100)) { try reader.finish() }
    #expect(try Gzip.decompress(bomb, limits: .file).count == 64 << 20)
  }
}
