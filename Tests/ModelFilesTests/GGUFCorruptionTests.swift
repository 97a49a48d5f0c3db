import Foundation
import ModelFiles
import Testing

/// A GGUF file that is damaged or lies ends in a `ModelFileError`, or opens where the damage does no harm; it never
/// ends the process, and never makes room for what is not there.
@Suite struct GGUFCorruptionTests {
  /// Opens, reads and judges bytes as a file.
  private func problem(_ bytes: [UInt8]) throws -> ModelFileError? {
    let scratch = try Scratch()
    return problemOpening(try scratch.write("model.gguf", bytes))
  }

  private func problem(_ change: (inout GGUFBuilder) -> Void) throws -> ModelFileError? {
    var builder = GGUFBuilder.llama()
    change(&builder)
    return try problem(builder.bytes)
  }

  @Test func theModelThatIsDamagedBelowIsSound() throws {
    #expect(try problem { _ in } == nil)
    #expect(try problem { $0.version = 2 } == nil)
    #expect(
      try problem {
        $0.alignment = 64; $0.set("general.alignment", GGUFBuilder.uint32(64))
      } == nil)
  }

  @Test(arguments: ["tiny-llama.gguf", "tiny-qwen2.gguf"])
  func refusesAFileCutAtAnyByte(_ name: String) throws {
    let bytes = try Fixture.bytes(name)
    let scratch = try Scratch()
    let path = try scratch.write("model.gguf", bytes)
    // The last tensor ends before the file does: what follows is padding, which nobody needs.
    let last = try #require(ModelCheckpoint.open(path: path).tensors.values.map(\.byteRange.upperBound).max())
    for length in stride(from: bytes.count - 1, through: 0, by: -1) {
      try #require(truncate(path, off_t(length)) == 0)
      let error = problemOpening(path)
      #expect((error == nil) == (length >= last), "cut at \(length): \(error?.description ?? "opened")")
      if let error { #expect(error.description.contains("model.gguf")) }
    }
  }

  /// Every byte before the data, set to values that are likely to hurt and to a random one.
  @Test(arguments: ["tiny-llama.gguf", "tiny-qwen2.gguf"])
  func survivesEveryDamagedHeaderByte(_ name: String) throws {
    let bytes = try Fixture.bytes(name)
    let scratch = try Scratch()
    let path = try scratch.write("model.gguf", bytes)
    let first = try #require(ModelCheckpoint.open(path: path).tensors.values.map(\.byteRange.lowerBound).min())
    var random = SeededBytes(seed: 1)
    var refused = 0
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    for offset in 0..<first {
      let byte = bytes[offset]
      for value in [0, 0xFF, byte ^ 1, byte ^ 0x80, UInt8.random(in: 0...255, using: &random)] where value != byte {
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: [value])
        if problemOpening(path) != nil { refused += 1 }
      }
      try handle.seek(toOffset: UInt64(offset))
      try handle.write(contentsOf: [byte])
    }
    // Most damage is found; what is not lies in names, token texts and padding.
    #expect(refused > first)
    #expect(problemOpening(path) == nil)
  }

  /// Eight bytes at once, so that counts, lengths and offsets become anything.
  @Test(arguments: 0..<4)
  func survivesRandomWordsInTheHeader(_ seed: UInt64) throws {
    let bytes = GGUFBuilder.llama().bytes
    let scratch = try Scratch()
    var random = SeededBytes(seed: seed)
    for _ in 0..<500 {
      var damaged = bytes
      let offset = Int.random(in: 0..<1000, using: &random)
      let word = UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0..<64, using: &random)
      damaged.replaceSubrange(offset..<offset + 8, with: GGUFBuilder.little(word))
      _ = problemOpening(try scratch.write("model.gguf", damaged))
    }
  }

  @Test(arguments: [1 << 63, .max, 1 << 32, 1 << 60, 1000] as [UInt64])
  func refusesCountsThatLieWithoutMakingRoomForThem(_ lie: UInt64) throws {
    let before = peakBytes()
    let lies: [(inout GGUFBuilder) -> Void] = [
      { $0.tensorCount = lie },
      { $0.metadataCount = lie },
      { $0.metadata.append((Array("x".utf8), GGUFBuilder.little(UInt32(8)) + GGUFBuilder.little(lie))) },
      { $0.set("x", GGUFBuilder.array(type: 8, count: lie, [])) },
      { $0.set("x", GGUFBuilder.array(type: 0, count: lie, [])) },
      { $0.set("x", GGUFBuilder.array(type: 12, count: lie, [])) },
      { $0.set("tokenizer.ggml.tokens", GGUFBuilder.array(type: 8, count: lie, [])) },
      { $0.change("output_norm.weight") { $0.dimensions = [lie] } },
      { $0.change("output_norm.weight") { $0.offset = lie / 32 * 32 } },
    ]
    for (index, change) in lies.enumerated() {
      let error = try problem(change)
      #expect(error != nil, "lie \(index)")
    }
    #expect(peakBytes() - before < 256 << 20)
  }

  /// Bytes this process has had resident at most.
  private func peakBytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  @Test func namesTheTensorThatIsMisplaced() throws {
    #expect(
      try problem { $0.change("blk.0.attn_q.weight") { $0.offset = 4 } }?.description
        .hasSuffix("tensor 'blk.0.attn_q.weight' starts at 4, no multiple of 32") == true)
    #expect(
      try problem { $0.change("blk.0.attn_q.weight") { $0.offset = 0 } }?.description
        .contains("'blk.0.attn_q.weight'") == true)
    let overlap = try problem { $0.change("output_norm.weight") { $0.offset = 288 } }
    #expect(overlap?.description.hasSuffix("tensors 'token_embd.weight' and 'output_norm.weight' overlap") == true)
    let outside = try problem { $0.change("output_norm.weight") { $0.offset = 1 << 20 } }
    #expect(outside?.description.contains("tensor 'output_norm.weight' needs 32 bytes at offset 1048576") == true)
  }

  @Test func refusesTensorsThatContradictThemselves() throws {
    let name = "output_norm.weight"
    let rank = try problem { $0.change(name) { $0.rank = 9 } }
    #expect(rank?.description.hasSuffix("'output_norm.weight' has 9 dimensions") == true)
    #expect(try problem { $0.change(name) { $0.rank = 0 } } != nil)
    let zero = try problem { $0.change(name) { $0.dimensions = [0] } }
    #expect(zero?.description.contains("impossible shape [0]") == true)
    let huge = try problem { $0.change(name) { $0.dimensions = [1 << 31, 1 << 31, 1 << 31] } }
    #expect(huge?.description.contains("impossible shape") == true)
    let partial = try problem { $0.change(name) { $0.type = 8 } }
    #expect(partial?.description.contains("rows of 8 elements, no whole number of Q8_0 blocks") == true)
  }

  @Test(arguments: [(10, "Q2_K"), (23, "IQ4_XS"), (4, "number 4"), (999, "number 999"), (.max, "number 4294967295")])
  func namesTheElementTypeItCannotRead(_ type: UInt32, _ name: String) throws {
    let error = try problem { $0.change("blk.0.ffn_up.weight") { $0.type = type } }
    #expect(
      error?.description.hasSuffix("tensor 'blk.0.ffn_up.weight' has type \(name), which is not supported") == true)
  }

  @Test func refusesWhatIsThereTwice() throws {
    let tensor = try problem { $0.add("output_norm.weight", [8]) }
    #expect(tensor?.description.hasSuffix("tensor 'output_norm.weight' is there twice") == true)
    let canonical = try problem { $0.add("model.norm.weight", [8]) }
    #expect(canonical?.description.hasSuffix("tensor 'model.norm.weight' is there twice") == true)
    let key = try problem { $0.metadata.append((Array("llama.block_count".utf8), GGUFBuilder.uint32(1))) }
    #expect(key?.description.hasSuffix("key 'llama.block_count' is there twice") == true)
  }

  @Test func refusesUnknownValueTypesAndVersions() throws {
    let type = try problem { $0.set("x", GGUFBuilder.little(UInt32(13))) }
    #expect(type?.description.hasSuffix("key 'x' has the unknown value type 13") == true)
    let inside = try problem { $0.set("x", GGUFBuilder.array(type: 77, count: 0, [])) }
    #expect(inside?.description.hasSuffix("key 'x' has the unknown value type 77") == true)
    for version in [0, 1, 4, 0x0300_0000] as [UInt32] {
      #expect(try problem { $0.version = version }?.description.contains("version \(version) is not read") == true)
    }
    #expect(try problem { $0.magic = Array("GGML".utf8) } != nil)
    #expect(try problem { $0.set("x", GGUFBuilder.bool(2)) }?.description.hasSuffix("must be 0 or 1, not 2") == true)
  }

  @Test func readsNestedArraysToABound() throws {
    func nested(_ depth: Int) -> [UInt8] {
      let one = GGUFBuilder.little(UInt64(1))
      let outer = (1..<depth).flatMap { _ in GGUFBuilder.little(UInt32(9)) + one }
      return GGUFBuilder.little(UInt32(9)) + outer + GGUFBuilder.little(UInt32(0)) + one + [7]
    }
    #expect(try problem { $0.set("x", nested(4)) } == nil)
    #expect(try problem { $0.set("x", nested(5)) }?.description.contains("nesting of 'x' is 5, more than 4") == true)
    #expect(try problem { $0.set("x", nested(100_000)) } != nil)
  }

  @Test func refusesTextThatIsNotUTF8AndEscapesTheRest() throws {
    let value = GGUFBuilder.little(UInt32(8)) + GGUFBuilder.little(UInt64(2)) + [0xC3, 0x28]
    #expect(try problem { $0.set("general.name", value) }?.description.contains("is not UTF-8") == true)
    #expect(try problem { $0.metadata.append(([0xFF], GGUFBuilder.uint32(1))) }?.description.contains("UTF-8") == true)
    let hostile = try problem { $0.set("general.architecture", GGUFBuilder.string("\u{1B}[31m\nred\u{202E}")) }
    #expect(
      hostile?.description.hasSuffix(
        #"'general.architecture' is \u{1b}[31m\u{a}red\u{202e}, which is not supported"#) == true)
  }

  @Test(arguments: [0, 1, 7, 24, 1 << 17, .max] as [UInt32])
  func refusesAlignmentsThatAreNone(_ alignment: UInt32) throws {
    let error = try problem { $0.set("general.alignment", GGUFBuilder.uint32(alignment)) }
    #expect(error?.description.contains("key 'general.alignment' must be a power of two") == true)
  }
}
