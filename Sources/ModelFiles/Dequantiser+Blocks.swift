/// Blocks of 32 elements. Nibbles: byte j holds element j low and element j + 16 high.
///
/// In all of these, `source` has the block's bytes and `target` room for 32 elements.
extension Dequantiser {
  /// d: half, q: 32 signed bytes. x = d q.
  static func q8_0(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    // SAFETY: 2 + 32 bytes are read, 32 elements written.
    let scale = half(source)
    let quants = (source + 2).assumingMemoryBound(to: Int8.self)
    for index in 0..<32 { target[index] = scale * Float(quants[index]) }
  }

  /// d: half, q: 16 bytes of nibbles. x = d (q - 8).
  static func q4_0(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    // SAFETY: 2 + 16 bytes are read, 32 elements written.
    let scale = half(source)
    let nibbles = (source + 2).assumingMemoryBound(to: UInt8.self)
    for index in 0..<16 {
      let byte = Int32(nibbles[index])
      target[index] = scale * Float(byte & 15 - 8)
      target[index + 16] = scale * Float(byte >> 4 - 8)
    }
  }

  /// d, m: halves, q: 16 bytes of nibbles. x = d q + m.
  static func q4_1(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    // SAFETY: 4 + 16 bytes are read, 32 elements written.
    let (scale, minimum) = (half(source), half(source, at: 2))
    let nibbles = (source + 4).assumingMemoryBound(to: UInt8.self)
    for index in 0..<16 {
      let byte = Int32(nibbles[index])
      target[index] = scale * Float(byte & 15) + minimum
      target[index + 16] = scale * Float(byte >> 4) + minimum
    }
  }

  /// d: half, fifth bits: 32 bits, element by element, q: 16 bytes of nibbles. x = d (q - 16).
  static func q5_0(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    // SAFETY: 6 + 16 bytes are read, 32 elements written.
    let scale = half(source)
    let fifths = UInt32(littleEndian: source.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
    let nibbles = (source + 6).assumingMemoryBound(to: UInt8.self)
    for index in 0..<16 {
      let byte = Int32(nibbles[index])
      let low = Int32(truncatingIfNeeded: fifths >> UInt32(index) & 1) << 4
      let high = Int32(truncatingIfNeeded: fifths >> UInt32(index + 16) & 1) << 4
      target[index] = scale * Float((byte & 15 | low) - 16)
      target[index + 16] = scale * Float((byte >> 4 | high) - 16)
    }
  }

  /// d, m: halves, fifth bits, q: 16 bytes of nibbles. x = d q + m.
  static func q5_1(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    // SAFETY: 8 + 16 bytes are read, 32 elements written.
    let (scale, minimum) = (half(source), half(source, at: 2))
    let fifths = UInt32(littleEndian: source.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    let nibbles = (source + 8).assumingMemoryBound(to: UInt8.self)
    for index in 0..<16 {
      let byte = Int32(nibbles[index])
      let low = Int32(truncatingIfNeeded: fifths >> UInt32(index) & 1) << 4
      let high = Int32(truncatingIfNeeded: fifths >> UInt32(index + 16) & 1) << 4
      target[index] = scale * Float(byte & 15 | low) + minimum
      target[index + 16] = scale * Float(byte >> 4 | high) + minimum
    }
  }
}

/// Super-blocks of 256 elements, in sub-blocks with small integer scales of their own.
///
/// In all of these, `source` has the block's bytes and `target` room for 256 elements.
extension Dequantiser {
  /// The 6-bit scale and minimum of sub-block `index` of 8, out of 12 bytes: the first four of each lie in the low six
  /// bits of bytes 0-3 and 4-7; the others have four bits in bytes 8-11 and their upper two above the first ones.
  @inline(__always)
  private static func scaleAndMinimum(_ packed: UnsafePointer<UInt8>, _ index: Int) -> (scale: Float, minimum: Float) {
    // SAFETY: `packed` has 12 bytes, `index` is below 8.
    if index < 4 { return (Float(packed[index] & 63), Float(packed[index + 4] & 63)) }
    let both = packed[index + 4]
    return (
      Float(both & 15 | (packed[index - 4] >> 6) << 4),
      Float(both >> 4 | (packed[index] >> 6) << 4)
    )
  }

  /// d, dmin: halves, 12 bytes of scales and minima, 4 groups of 32 bytes of nibbles: 32 elements low, 32 high.
  /// x = (d scale) q - (dmin minimum).
  static func q4_K(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    // SAFETY: 4 + 12 + 128 bytes are read, 256 elements written.
    let (scale, minimumScale) = (half(source), half(source, at: 2))
    let packed = (source + 4).assumingMemoryBound(to: UInt8.self)
    for group in 0..<4 {
      let nibbles = (source + 16 + 32 * group).assumingMemoryBound(to: UInt8.self)
      let output = target + 64 * group
      let low = scaleAndMinimum(packed, 2 * group)
      let high = scaleAndMinimum(packed, 2 * group + 1)
      let (lowScale, lowMinimum) = (scale * low.scale, minimumScale * low.minimum)
      let (highScale, highMinimum) = (scale * high.scale, minimumScale * high.minimum)
      for index in 0..<32 {
        let byte = Int32(nibbles[index])
        output[index] = lowScale * Float(byte & 15) - lowMinimum
        output[index + 32] = highScale * Float(byte >> 4) - highMinimum
      }
    }
  }

  /// As `q4_K`, with 32 bytes of fifth bits before the nibbles: bit s of byte j belongs to element j of sub-block s.
  static func q5_K(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    // SAFETY: 4 + 12 + 32 + 128 bytes are read, 256 elements written.
    let (scale, minimumScale) = (half(source), half(source, at: 2))
    let packed = (source + 4).assumingMemoryBound(to: UInt8.self)
    let fifths = (source + 16).assumingMemoryBound(to: UInt8.self)
    for group in 0..<4 {
      let nibbles = (source + 48 + 32 * group).assumingMemoryBound(to: UInt8.self)
      let output = target + 64 * group
      let low = scaleAndMinimum(packed, 2 * group)
      let high = scaleAndMinimum(packed, 2 * group + 1)
      let (lowScale, lowMinimum) = (scale * low.scale, minimumScale * low.minimum)
      let (highScale, highMinimum) = (scale * high.scale, minimumScale * high.minimum)
      for index in 0..<32 {
        let byte = Int32(nibbles[index])
        let bits = Int32(fifths[index]) >> Int32(2 * group)
        output[index] = lowScale * Float(byte & 15 | (bits & 1) << 4) - lowMinimum
        output[index + 32] = highScale * Float(byte >> 4 | (bits & 2) << 3) - highMinimum
      }
    }
  }

  /// 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, d: half. Each half of the block has
  /// 64 and 32 of those bytes: four runs of 32 elements take the low nibbles of both 32s, then the high ones, and the
  /// bit pairs from the lowest up. x = (d scale) (q - 32), a scale for every 16 elements.
  static func q6_K(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    // SAFETY: 128 + 64 + 16 + 2 bytes are read, 256 elements written.
    let scale = half(source, at: 208)
    for part in 0..<2 {
      let nibbles = (source + 64 * part).assumingMemoryBound(to: UInt8.self)
      let pairs = (source + 128 + 32 * part).assumingMemoryBound(to: UInt8.self)
      let scales = (source + 192 + 8 * part).assumingMemoryBound(to: Int8.self)
      let output = target + 128 * part
      for start in [0, 16] {
        let run = start / 16
        let (first, second) = (scale * Float(scales[run]), scale * Float(scales[run + 2]))
        let (third, fourth) = (scale * Float(scales[run + 4]), scale * Float(scales[run + 6]))
        for index in start..<start + 16 {
          let (one, two, upper) = (Int32(nibbles[index]), Int32(nibbles[index + 32]), Int32(pairs[index]))
          output[index] = first * Float((one & 15 | (upper & 3) << 4) - 32)
          output[index + 32] = second * Float((two & 15 | (upper & 12) << 2) - 32)
          output[index + 64] = third * Float((one >> 4 | (upper & 48)) - 32)
          output[index + 96] = fourth * Float((two >> 4 | (upper & 192) >> 2) - 32)
        }
      }
    }
  }
}
