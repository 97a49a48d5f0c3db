/// Names of requests: a client's own where it is harmless, else a made one.
package enum RequestID {
  /// The longest name taken from a client.
  package static let lengthMax = 128

  /// `text` when it matches `[A-Za-z0-9._-]{1,128}`, so that it may stand in logs, fields and documents as it is.
  package static func accepted(_ text: String?) -> String? {
    guard let text, !text.isEmpty, text.utf8.count <= lengthMax else { return nil }
    let harmless = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
    return harmless ? text : nil
  }

  /// 128 random bits as 32 hexadecimal digits.
  package static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    return hex(generator.next()) + hex(generator.next())
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
