import Foundation
import ModelFiles
import Testing

/// A Hugging Face directory that is damaged or lies ends in a `ModelFileError`, or opens where the damage does no
/// harm; it never ends the process, and never makes room for what is not there.
@Suite struct SafetensorsCorruptionTests {
  /// Header length, header, data.
  private func file(_ header: String, data: Int) -> [UInt8] {
    GGUFBuilder.little(UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  private func entry(_ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
  }

  /// The tiny model with weights of one's own making.
  private func problem(_ header: String, data: Int) throws -> String {
    let scratch = try Fixture.copy("tiny-llama")
    try scratch.write("model.safetensors", file(header, data: data))
    return problemOpening(scratch.path)?.description ?? "opened"
  }

  @Test func refusesWeightsThatAreCutOff() throws {
    let scratch = try Fixture.copy("tiny-llama")
    let path = scratch.path + "/model.safetensors"
    let bytes = try Fixture.bytes("tiny-llama/model.safetensors")
    let dataStart = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
    for length in stride(from: bytes.count - 1, through: 0, by: -1) {
      // Inside the data one cut is like the next, and each costs the whole header: every fifth, and the edges.
      if length > dataStart + 8 && length < bytes.count - 8 && !length.isMultiple(of: 5) { continue }
      try #require(truncate(path, off_t(length)) == 0)
      let error = problemOpening(scratch.path)
      #expect(error?.description.contains("model.safetensors") == true, "cut at \(length)")
    }
  }

  @Test(arguments: [
    ("tiny-llama", "config.json"), ("tiny-qwen2", "model.safetensors.index.json"),
    ("tiny-qwen2", "generation_config.json"),
  ])
  func refusesJSONCutAtAnyByte(_ name: String, _ file: String) throws {
    let scratch = try Fixture.copy(name)
    let length = try Fixture.bytes(name + "/" + file).count
    for length in stride(from: length - 3, through: 0, by: -1) {  // The last two close the document.
      try #require(truncate(scratch.path + "/" + file, off_t(length)) == 0)
      #expect(problemOpening(scratch.path)?.description.contains(file) == true, "cut at \(length)")
    }
  }

  @Test(arguments: [
    ("tiny-llama", "model.safetensors", 1400), ("tiny-llama", "config.json", 500),
    ("tiny-qwen2", "model.safetensors.index.json", 1000),
  ])
  func survivesDamagedBytes(_ name: String, _ file: String, _ count: Int) throws {
    let bytes = try Fixture.bytes(name + "/" + file)
    let scratch = try Fixture.copy(name)
    var random = SeededBytes(seed: 2)
    var refused = 0
    for offset in 0..<min(count, bytes.count) {
      var damaged = bytes
      damaged[offset] = [bytes[offset] ^ 1, 0xFF, UInt8.random(in: 0...255, using: &random)][offset % 3]
      try scratch.write(file, damaged)
      if problemOpening(scratch.path) != nil { refused += 1 }
    }
    #expect(refused > count / 2)
  }

  @Test(arguments: [1 << 63, .max, 1 << 40, 100_000_001, 1 << 20] as [UInt64])
  func refusesHeaderLengthsThatLie(_ length: UInt64) throws {
    let scratch = try Fixture.copy("tiny-llama")
    try scratch.write("model.safetensors", GGUFBuilder.little(length) + Array("{}".utf8))
    let text = try #require(problemOpening(scratch.path)).description
    #expect(text.contains("header length is \(length), more than") || text.contains("the file is cut off"))
  }

  @Test func refusesOverlapsAndHolesAndWhatLiesOutside() throws {
    let (one, two) = (entry("F32", "[2]", 0, 8), entry("F32", "[2]", 4, 12))
    #expect(try problem(#"{"a":\#(one),"b":\#(two)}"#, data: 12).hasSuffix("tensors 'a' and 'b' overlap"))
    let hole = try problem(#"{"a":\#(one),"b":\#(entry("F32", "[1]", 12, 16))}"#, data: 16)
    #expect(hole.hasSuffix("4 bytes at offset 8 of the data belong to no tensor"))
    let rest = try problem(#"{"a":\#(one)}"#, data: 9)
    #expect(rest.hasSuffix("1 bytes at offset 8 of the data belong to no tensor"))
    let outside = try problem(#"{"a":\#(one)}"#, data: 7)
    #expect(outside.contains("tensor 'a' needs 8 bytes at offset 0 of the data, which has 7"))
    let same = try problem(#"{"a":\#(one),"b":\#(one)}"#, data: 8)
    #expect(same.hasSuffix("overlap"))
  }

  @Test func refusesEntriesThatContradictThemselves() throws {
    let cases: [(String, String)] = [
      (entry("F32", "[2]", 0, 7), "takes 7 bytes, where F32 [2] takes 8"),
      (entry("F32", "[9223372036854775807]", 0, 8), "is 9223372036854775807, more than 2147483648"),
      (entry("F32", "[2147483648,2147483648]", 0, 8), "takes 8 bytes, where F32 [2147483648, 2147483648] takes more"),
      (entry("F32", "[9223372036854775807,2]", 0, 8), "impossible shape"),
      (entry("F32", "[-1]", 0, 8), "impossible shape [-1]"),
      (entry("F32", "[2.5]", 0, 8), "impossible shape [-1]"),
      (entry("F32", "[18446744073709551616]", 0, 8), "impossible shape"),
      (entry("F32", "[0]", 0, 0), "impossible shape [0]"),
      (entry("F32", "[1,1,1,1,2]", 0, 8), "impossible shape"),
      (entry("F32", "[2]", 8, 0), "no data_offsets of the form [begin, end]"),
      (entry("F32", "[2]", -8, 0), "no data_offsets of the form [begin, end]"),
      (entry("F4", "[2]", 0, 8), "has type F4, which is not supported"),
      (#"{"shape":[2],"data_offsets":[0,8]}"#, "has no dtype"),
      (#"{"dtype":"F32","data_offsets":[0,8]}"#, "has no shape"),
      (#"{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}"#, "no data_offsets"),
      ("3", "has no dtype"),
    ]
    for (entry, reason) in cases {
      let text = try problem(#"{"weird \u001b name":\#(entry)}"#, data: 8)
      #expect(text.contains(reason) && text.contains(#"'weird \u{1b} name'"#), "\(text)")
    }
  }

  @Test func refusesHeadersThatAreNoObject() throws {
    for header in ["", "[]", "{", "{\"a\":1,\"a\":2}", "null", String(repeating: "[", count: 10_000)] {
      #expect(try problem(header, data: 0).contains("model.safetensors"), "\(header.prefix(20))")
    }
  }

  @Test func passesOverTypesThatAreNoWeightsUnlessOneIsNeeded() throws {
    let bytes = try Fixture.bytes("tiny-llama/model.safetensors")
    let length = Int(bytes[0]) + Int(bytes[1]) << 8
    let header = try #require(
      String(bytes: bytes[8..<8 + length], encoding: .utf8)?.trimmingCharacters(in: .whitespaces))
    let data = Array(bytes[(8 + length)...])
    func open(_ header: String, _ data: [UInt8]) throws -> ModelFileError? {
      let scratch = try Fixture.copy("tiny-llama")
      try scratch.write("model.safetensors", GGUFBuilder.little(UInt64(header.utf8.count)) + Array(header.utf8) + data)
      return problemOpening(scratch.path)
    }
    let steps = entry("I64", "[1]", data.count, data.count + 8)
    let extended = String(header.dropLast()) + #","steps":\#(steps)}"#
    #expect(try open(header, data) == nil)
    #expect(try open(extended, data + [UInt8](repeating: 0, count: 8)) == nil)
    let inside = extended.replacingOccurrences(of: "steps", with: "model.layers.0.self_attn.k_scale")
    let scale = try open(inside, data + [UInt8](repeating: 0, count: 8))
    #expect(scale?.description.contains("k_scale' has type I64, which is not supported") == true)
    let integers = try open(header.replacingOccurrences(of: "F16", with: "I16"), data)
    #expect(integers?.description.contains("has type I16, which is not supported") == true)
  }

  @Test(arguments: ["../model.safetensors", "/etc/passwd", "", ".", "..", "a\u{0}b"])
  func neverFollowsAnIndexOutOfItsDirectory(_ shard: String) throws {
    let scratch = try Fixture.copy("tiny-qwen2")
    let index = try JSONSerialization.data(withJSONObject: ["weight_map": ["model.norm.weight": shard]])
    try scratch.write("model.safetensors.index.json", Array(index))
    let text = try #require(problemOpening(scratch.path)).description
    #expect(text.hasSuffix("key 'weight_map.model.norm.weight' must be the name of a file beside it"))
  }

  @Test func holdsTheIndexToItsShards() throws {
    let scratch = try Fixture.copy("tiny-qwen2")
    let first = "model-00001-of-00002.safetensors"
    try scratch.write("model.safetensors.index.json", #"{"weight_map":{"model.norm.weight":"\#(first)"}}"#)
    let elsewhere = try #require(problemOpening(scratch.path)).description
    #expect(elsewhere.hasSuffix("\(first): tensor 'model.norm.weight' is missing"))
    try scratch.write("model.safetensors.index.json", #"{"weight_map":{"x":"none.safetensors"}}"#)
    #expect(problemOpening(scratch.path)?.description.contains("none.safetensors: No such file") == true)
    try scratch.write("model.safetensors.index.json", "{}")
    #expect(problemOpening(scratch.path)?.description.hasSuffix("key 'weight_map' is missing") == true)
  }

  @Test func refusesATensorThatTwoShardsHave() throws {
    let scratch = try Fixture.copy("tiny-qwen2")
    let first = "model-00001-of-00002.safetensors"
    try scratch.write("copy.safetensors", Fixture.bytes("tiny-qwen2/" + first))
    let index = String(decoding: try Fixture.bytes("tiny-qwen2/model.safetensors.index.json"), as: UTF8.self)
    let position = try #require(index.range(of: first))
    try scratch.write("model.safetensors.index.json", index.replacingCharacters(in: position, with: "copy.safetensors"))
    #expect(problemOpening(scratch.path)?.description.hasSuffix("is there twice") == true)
  }
}
