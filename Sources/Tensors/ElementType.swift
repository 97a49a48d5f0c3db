/// How a tensor's elements are stored: plain floats, or blocks of small integers with shared scales.
///
/// The block layouts are those of ggml, little-endian; `ModelFiles` turns them into Float32.
package enum ElementType: Sendable, Equatable, CaseIterable {
  case f32, f16, bf16
  case q8_0, q4_0, q4_1, q5_0, q5_1
  case q4_K, q5_K, q6_K

  /// The name users know it by, as in file names: "F32", "Q4_K".
  package var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    case .q8_0: "Q8_0"
    case .q4_0: "Q4_0"
    case .q4_1: "Q4_1"
    case .q5_0: "Q5_0"
    case .q5_1: "Q5_1"
    case .q4_K: "Q4_K"
    case .q5_K: "Q5_K"
    case .q6_K: "Q6_K"
    }
  }

  /// Elements that are stored together; a row's length is a multiple of it.
  package var blockElements: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1: 32
    case .q4_K, .q5_K, .q6_K: 256
    }
  }

  /// Bytes of one block.
  package var blockBytes: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q8_0: 34  // scale, 32 bytes
    case .q4_0: 18  // scale, 16 bytes of nibbles
    case .q4_1: 20  // scale, minimum, 16 bytes of nibbles
    case .q5_0: 22  // scale, 4 bytes of fifth bits, 16 bytes of nibbles
    case .q5_1: 24  // scale, minimum, 4 bytes of fifth bits, 16 bytes of nibbles
    case .q4_K: 144  // scale, scale of minima, 12 bytes of 6-bit scales, 128 bytes of nibbles
    case .q5_K: 176  // as q4_K, and 32 bytes of fifth bits
    case .q6_K: 210  // 128 bytes of low nibbles, 64 bytes of high bits, 16 scales, scale
    }
  }

  /// Bytes that this many elements take; nil where they are no whole number of blocks, or the product overflows.
  package func bytes(elements: Int) -> Int? {
    guard elements >= 0, elements.isMultiple(of: blockElements) else { return nil }
    let (bytes, overflow) = (elements / blockElements).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }
}
