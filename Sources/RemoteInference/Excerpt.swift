/// What a peer wrote, made fit for a message: one line, control characters shown, cut.
package enum Excerpt {
  /// Characters shown of a peer's text: a sentence or two.
  package static let scalarsMax = 300

  /// - Parameters:
  ///   - text: of any length.
  ///   - secret: what must not be shown, wherever it stands; also where JSON wrote its slashes as `\/`.
  package static func text(_ text: String, hiding secret: APIKey? = nil) -> String {
    var shown = ""
    let safe = secret?.hidden(in: text) ?? text
    for (count, scalar) in safe.unicodeScalars.enumerated() {
      if count == scalarsMax { return shown + "…" }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
        shown += scalar.escaped(asASCII: true)
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// The start of bytes that may not be text.
  package static func text(_ bytes: [UInt8], hiding secret: APIKey? = nil) -> String {
    // All of them where there is a secret, so that no half of it is left at a cut.
    let start = secret == nil ? bytes.prefix(scalarsMax * 4) : bytes[...]
    return text(String(decoding: start, as: UTF8.self), hiding: secret)
  }
}
