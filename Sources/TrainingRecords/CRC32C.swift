/// The checksum of TensorBoard's files: CRC-32 with Castagnoli's polynomial, reflected.
///
/// - Source: RFC 3720, section 12.1 and appendix B.4 (test vectors).
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { state, _ in state & 1 == 1 ? state >> 1 ^ 0x82F6_3B78 : state >> 1 }
  }

  /// - Complexity: O(bytes), one table look-up for each; event files are small.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { state, byte in table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ state >> 8 }
  }

  /// As record files store it, so that a checksum over bytes that hold checksums is none of the usual kind: turned
  /// right by 15 bits, plus a constant.
  ///
  /// - Source: TensorFlow, `tensorflow/core/lib/hash/crc32c.h`.
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let checksum = checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }
}
