import DataFiles
import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct SafetensorsWriterTests {
  private func tensor(_ name: String, _ dimensions: [Int], _ type: ElementType) throws -> SafetensorsWriter.Tensor {
    SafetensorsWriter.Tensor(name: name, shape: try #require(TensorShape(dimensions)), elementType: type)
  }

  /// Appends values to a writer, as many at a time as is said.
  private func append(
    _ values: [Float], of name: String, to writer: inout SafetensorsWriter, atATime count: Int = .max
  ) throws {
    for start in stride(from: 0, to: values.count, by: count == .max ? values.count : count) {
      let end = count == .max ? values.count : min(values.count, start + count)
      try Array(values[start..<end]).withUnsafeBufferPointer { buffer throws(ModelFileError) in
        try writer.append(buffer, of: name)
      }
    }
  }

  @Test func writesTheBytesOfTheFormat() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/a.safetensors"
    var writer = try SafetensorsWriter(
      path: path, tensors: [tensor("b", [2], .bf16), tensor("c", [1, 2], .f32), tensor("a\"", [1], .f16)],
      metadata: ["format": "pt", "by": "us"])
    #expect(writer.tensors.map(\.name) == ["c", "b", "a\""])
    try append([1, -2], of: "c", to: &writer)
    try append([1, 0.1], of: "b", to: &writer, atATime: 1)
    try append([0.5], of: "a\"", to: &writer)
    #expect(!FileManager.default.fileExists(atPath: path))
    try writer.commit()
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let header =
      #"{"__metadata__":{"by":"us","format":"pt"},"c":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},"#
      + #""a\"":{"dtype":"F16","shape":[1],"data_offsets":[12,14]}}"#
    let padded = (header.utf8.count + 7) / 8 * 8
    #expect(bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) } == padded)
    #expect(
      String(decoding: bytes[8..<8 + padded], as: UTF8.self)
        == header + String(repeating: " ", count: padded - header.utf8.count))
    // 1 and -2; 1 and 0.1 rounded to 0x3DCD; a half.
    let data: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0x80, 0x3F, 0xCD, 0x3D, 0, 0x38]
    #expect(Array(bytes[(8 + padded)...]) == data)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["a.safetensors"])
  }

  @Test func roundsToNearestEvenAndRefusesWhatDoesNotFit() throws {
    func bits(_ value: Float, _ type: ElementType) -> Int? {
      [value].withUnsafeBufferPointer { FloatNarrowing.bytes($0, as: type) }.map { Int($0[0]) | Int($0[1]) << 8 }
    }
    // Halfway between two neighbours: the even one; a little more: the upper.
    #expect(bits(Float(bitPattern: 0x3F80_8000), .bf16) == 0x3F80)
    #expect(bits(Float(bitPattern: 0x3F81_8000), .bf16) == 0x3F82)
    #expect(bits(Float(bitPattern: 0x3F80_8001), .bf16) == 0x3F81)
    #expect(bits(-0.0, .bf16) == 0x8000)
    #expect(bits(2049, .f16) == 0x6800)
    #expect(bits(65504, .f16) == 0x7BFF)
    for value in [Float.nan, .infinity, -.infinity] {
      for type in FloatNarrowing.types { #expect(bits(value, type) == nil) }
    }
    #expect(bits(65520, .f16) == nil)
    #expect(bits(.greatestFiniteMagnitude, .bf16) == nil)
    #expect(bits(.greatestFiniteMagnitude, .f32) != nil)
  }

  /// Every 16-bit pattern that is a finite number comes back from its Float32 as itself.
  @Test func narrowingUndoesWidening() throws {
    for type in [ElementType.bf16, .f16] {
      let exponent = type == .bf16 ? 0x7F80 : 0x7C00
      let patterns = (0..<65_536).filter { $0 & exponent != exponent }
      let bytes = patterns.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      let values = try #require(Dequantiser.values(type, bytes))
      #expect(values.withUnsafeBufferPointer { FloatNarrowing.bytes($0, as: type) } == bytes)
    }
  }

  @Test func whatCannotBeWrittenLeavesTheOldFile() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.safetensors", "old")
    let values: [Float] = [1, 1e6]
    #expect(throws: ModelFileError.notStorable(file: path, tensor: "x", type: .f16)) {
      var writer = try SafetensorsWriter(path: path, tensors: [tensor("x", [2], .f16)], metadata: [:])
      try append(values, of: "x", to: &writer)
    }
    do {
      var writer = try SafetensorsWriter(path: path, tensors: [tensor("x", [2], .f32)], metadata: [:])
      try append(values, of: "x", to: &writer)
      // Given up before `commit`.
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["a.safetensors"])
  }

  @Test func aFullDiskIsSaid() throws {
    #expect(throws: ModelFileError.cannotWrite(.system(action: "write to", path: "/dev/full", errno: 28))) {
      _ = try SafetensorsWriter(path: "/dev/full", tensors: [tensor("x", [2], .f32)], metadata: [:])
    }
    let error = ModelFileError.cannotWrite(.system(action: "write to", path: "/dev/full", errno: 28))
    #expect("\(error)" == "cannot write to /dev/full: No space left on device")
  }

  @Test func refusesANameTwice() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/a.safetensors"
    #expect(throws: ModelFileError.duplicateTensor(file: path, tensor: "x")) {
      _ = try SafetensorsWriter(path: path, tensors: [tensor("x", [2], .f32), tensor("x", [1], .f16)], metadata: [:])
    }
  }
}
