package import Tensors

/// Float32 values as a file stores them, little-endian: as they are, or rounded to 16 bits.
package enum FloatNarrowing {
  /// The types that values can be written in.
  package static let types: [ElementType] = [.f32, .bf16, .f16]

  /// The bytes of values in another type; nil where one is not finite, or rounds to what is not.
  ///
  /// Rounding is to nearest, ties to even, as PyTorch's `to` does it.
  ///
  /// - Precondition: `type` is one of `types`.
  package static func bytes(_ values: UnsafeBufferPointer<Float>, as type: ElementType) -> [UInt8]? {
    precondition(types.contains(type), "values are written as floats only")
    var isFinite = true
    // SAFETY: each of the `count` values takes `blockBytes` bytes, all of which are written; stores may be unaligned.
    let bytes = [UInt8](unsafeUninitializedCapacity: values.count * type.blockBytes) { buffer, count in
      count = values.count * type.blockBytes
      let target = UnsafeMutableRawBufferPointer(buffer)
      for (index, value) in values.enumerated() {
        switch type {
        case .f32:
          target.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
          isFinite = isFinite && value.isFinite
        case .bf16:
          let bits = brainHalf(value)
          target.storeBytes(of: bits.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
          isFinite = isFinite && bits & 0x7F80 != 0x7F80
        default:
          let half = Float16(value)
          target.storeBytes(of: half.bitPattern.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
          isFinite = isFinite && half.isFinite
        }
      }
    }
    return isFinite ? bytes : nil
  }

  /// The upper half of a float's bits, rounded to nearest even; not a number stays one.
  @inline(__always)
  static func brainHalf(_ value: Float) -> UInt16 {
    if value.isNaN { return 0x7FC0 }
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }
}
