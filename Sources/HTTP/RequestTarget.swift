/// The request target in its four forms (RFC 9112 section 3.2), with the path decoded for routing.
///
/// Decoding is done once, here. `%2F` stays as it is, so that an escaped slash never becomes a path separator; an
/// escape that is malformed, or stands for a control character or for octets that are not UTF-8, is refused. Dot
/// segments are not removed: routes are matched whole, so "/a/../b" is simply unknown.
package struct RequestTarget: Sendable, Hashable, CustomStringConvertible {
  /// As sent: printable ASCII without spaces.
  package let raw: String
  /// The path, percent-decoded; "*" in asterisk form.
  package let path: String
  /// What stands after the first "?", not decoded; `nil` without one.
  package let query: String?
  /// The authority of an absolute-form target. It then counts instead of the Host field.
  package let authority: String?

  package var description: String { raw }

  /// Reads a target for any method but CONNECT; `nil` when it is malformed.
  package init?(_ raw: String) {
    let bytes = Array(raw.utf8)
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
    self.raw = raw
    if bytes == [UInt8(ascii: "*")] {
      (path, query, authority) = ("*", nil, nil)
      return
    }
    var rest = bytes[...]
    if bytes[0] == ASCII.slash {
      authority = nil
    } else {
      guard let (host, remainder) = RequestTarget.absolute(bytes) else { return nil }
      authority = host
      rest = remainder
    }
    let mark = rest.firstIndex(of: ASCII.question)
    guard let path = RequestTarget.decode(rest[..<(mark ?? rest.endIndex)], keepingSlash: true) else { return nil }
    self.path = path.isEmpty ? "/" : path
    if let mark {
      let text = rest[(mark + 1)...]
      guard RequestTarget.decode(text, keepingSlash: false) != nil else { return nil }
      query = String(decoding: text, as: UTF8.self)
    } else {
      query = nil
    }
  }

  /// The pairs of the query, "+" read as a space, percent-decoded; a name without "=" has an empty value.
  package var queryItems: [(name: String, value: String)] {
    guard let query else { return [] }
    return query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
      let spaced = pair.map { $0 == UInt8(ascii: "+") ? ASCII.space : $0 }
      let parts = spaced.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = RequestTarget.decode(parts[0], keepingSlash: false) ?? ""
      let value = parts.count > 1 ? RequestTarget.decode(parts[1], keepingSlash: false) ?? "" : ""
      return (name, value)
    }
  }

  /// Splits "http://authority/path?query" behind its authority. Only http and https are known.
  private static func absolute(_ bytes: [UInt8]) -> (authority: String, rest: ArraySlice<UInt8>)? {
    for scheme in ["http://", "https://"]
    where bytes.count > scheme.utf8.count && ASCII.equalIgnoringCase(bytes.prefix(scheme.utf8.count), scheme.utf8) {
      let tail = bytes.dropFirst(scheme.utf8.count)
      let end = tail.firstIndex { $0 == ASCII.slash || $0 == ASCII.question } ?? tail.endIndex
      let host = tail[..<end]
      guard !host.isEmpty, HostField.isValid(host) else { return nil }
      return (String(decoding: host, as: UTF8.self), tail[end...])
    }
    return nil
  }

  private static func decode(_ bytes: ArraySlice<UInt8>, keepingSlash: Bool) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      guard bytes[index] == ASCII.percent else {
        decoded.append(bytes[index])
        index += 1
        continue
      }
      guard bytes.endIndex - index >= 3, let high = ASCII.hexValue(bytes[index + 1]),
        let low = ASCII.hexValue(bytes[index + 2])
      else { return nil }
      let value = high << 4 | low
      if value < 0x20 || value == 0x7F { return nil }
      if value == ASCII.slash && keepingSlash {
        decoded += [ASCII.percent, UInt8(ascii: "2"), UInt8(ascii: "F")]
      } else {
        decoded.append(value)
      }
      index += 3
    }
    return String(validating: decoded, as: UTF8.self)
  }
}
