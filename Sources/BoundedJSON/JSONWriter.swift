import FoundationEssentials

/// Writes JSON by Foundation's encoder: members sorted by name, so that equal values are equal bytes.
package enum JSONWriter {
  /// The value as one line of UTF-8, or indented over several.
  ///
  /// - Throws: `JSONError.notEncodable` where a number is not finite.
  package static func bytes(_ value: some Encodable, indented: Bool = false) throws(JSONError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      indented ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch EncodingError.invalidValue(let value, let context) {
      let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
      throw .notEncodable(pointer: JSONReader.pointer(path), reason: "\(value) has no JSON form")
    } catch {
      throw .notEncodable(pointer: "", reason: "cannot be written")
    }
  }

  /// The value as text.
  package static func text(_ value: some Encodable, indented: Bool = false) throws(JSONError) -> String {
    String(decoding: try bytes(value, indented: indented), as: UTF8.self)
  }
}
