/// The 256 printable characters that spell bytes in a byte-level vocabulary.
///
/// Bytes that print in Latin-1 stand for themselves (0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF); the other 68, in
/// ascending order, are spelled U+0100, U+0101 and so on, so that a space is "Ġ" and a newline "Ċ".
///
/// - Source: Radford et al. 2019 (GPT-2), section 2.2; the character table is the one its vocabulary file uses.
enum ByteAlphabet {
  /// The scalar value that spells each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte -> UInt32 in
      if isPrintable(byte) { return UInt32(byte) }
      defer { next += 1 }
      return next
    }
  }()

  /// The byte that each scalar value below 0x144 spells; nil for those that spell none.
  private static let bytes: [UInt8?] = {
    var table = [UInt8?](repeating: nil, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = UInt8(byte) }
    return table
  }()

  private static func isPrintable(_ byte: Int) -> Bool {
    (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
  }

  /// The bytes a spelling stands for; nil where a character is not of the alphabet.
  static func bytes(spelled spelling: Substring) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(spelling.utf8.count)
    let table = bytes
    for scalar in spelling.unicodeScalars {
      guard scalar.value < 0x144, let byte = table[Int(scalar.value)] else { return nil }
      result.append(byte)
    }
    return result
  }

  /// The spelling of bytes.
  static func spelling(of bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes {
      if let scalar = Unicode.Scalar(scalars[Int(byte)]) { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}
