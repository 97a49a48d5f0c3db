/// The grammar of the Host field: `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2).
enum HostField {
  /// The longest host name there is in the DNS, with room for an IPv6 literal and a port.
  static let bytesMax = 300

  /// True for a registered name, IPv4 address or bracketed IP literal with at most one port of at most five digits;
  /// user information, white space and a second port are refused. An empty host is allowed
  /// by the grammar, a port alone is not.
  static func isValid(_ host: ArraySlice<UInt8>) -> Bool {
    guard host.count <= bytesMax else { return false }
    if host.first == UInt8(ascii: "[") {
      guard let close = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let literal = host[host.startIndex + 1..<close]
      return isLiteral(literal) && isPort(host[(close + 1)...])
    }
    let colon = host.firstIndex(of: ASCII.colon) ?? host.endIndex
    let hasOnlyPort = colon == host.startIndex && colon != host.endIndex
    return !hasOnlyPort && isName(host[..<colon]) && isPort(host[colon...])
  }

  /// Empty, or ":" and up to five digits that make at most 65535.
  private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return true }
    let digits = bytes.dropFirst()
    guard first == ASCII.colon, digits.count <= 5, digits.allSatisfy({ ASCII.isDigit($0) }) else { return false }
    return digits.reduce(0) { $0 * 10 + Int($1 - ASCII.zero) } <= 65_535
  }

  /// `reg-name`: unreserved, sub-delims and complete percent escapes.
  private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
    var index = bytes.startIndex
    while index < bytes.endIndex {
      switch bytes[index] {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: index += 1
      // - . _ ~ ! $ & ' ( ) * + ; =   The comma is left out: a list of hosts is an attack, not a name.
      case 0x2D, 0x2E, 0x5F, 0x7E, 0x21, 0x24, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x2B, 0x3B, 0x3D: index += 1
      case ASCII.percent:
        guard bytes.endIndex - index >= 3, ASCII.hexValue(bytes[index + 1]) != nil,
          ASCII.hexValue(bytes[index + 2]) != nil
        else { return false }
        index += 3
      default: return false
      }
    }
    return true
  }

  /// An IPv6 address (hexadecimal groups, colons, dots of an embedded IPv4 address), or `v1.…`.
  private static func isLiteral(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return false }
    if first == UInt8(ascii: "v") || first == UInt8(ascii: "V") {
      guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")) else { return false }
      let version = bytes[(bytes.startIndex + 1)..<dot]
      let address = bytes[(dot + 1)...]
      return !version.isEmpty && version.allSatisfy { ASCII.hexValue($0) != nil }
        && !address.isEmpty && address.allSatisfy { $0 == ASCII.colon || (ASCII.isToken($0) && $0 != ASCII.percent) }
    }
    return bytes.contains(ASCII.colon)
      && bytes.allSatisfy { ASCII.hexValue($0) != nil || $0 == ASCII.colon || $0 == UInt8(ascii: ".") }
  }
}
