/// Makes what a peer sent harmless before it reaches a log or a message.
package enum Escaping {
  /// Printable ASCII stays, the backslash is doubled, all else becomes `\xNN`; cut after `max` octets with "…".
  package static func printable(_ bytes: some Collection<UInt8>, max: Int = 200) -> String {
    var text = ""
    for byte in bytes.prefix(max) {
      switch byte {
      case 0x5C: text += "\\\\"
      case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "\\x" + hex(byte)
      }
    }
    return bytes.count > max ? text + "…" : text
  }

  /// `text` as a JSON string with its quotes. Everything outside printable ASCII is escaped, so that a terminal or a
  /// line-oriented reader of the log is never led astray.
  package static func json(_ text: String) -> String {
    var json = "\""
    for unit in text.utf16 {
      switch unit {
      case 0x22: json += "\\\""
      case 0x5C: json += "\\\\"
      case 0x0A: json += "\\n"
      case 0x0D: json += "\\r"
      case 0x09: json += "\\t"
      case 0x20...0x7E: json.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      default: json += "\\u" + hex(UInt8(unit >> 8)) + hex(UInt8(unit & 0xFF))
      }
    }
    return json + "\""
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return byte < 16 ? "0" + digits : digits
  }
}
