/// A drawing in SVG, element after element. Lengths are in its own units, of which one is a pixel at full size; y grows
/// downwards.
struct Canvas {
  let width: Double
  let height: Double
  private(set) var elements = ""

  init(width: Double = 720, height: Double) {
    self.width = width
    self.height = height
  }

  enum Anchor: String {
    case start
    case middle
    case end
  }

  /// One decimal is a tenth of a pixel: finer is not seen and makes files larger.
  static func length(_ value: Double) -> String {
    let text = NumberText.fixed(value, digits: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String, dash: String = "") {
    let dash = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
    elements += "<line x1=\"\(Self.length(x1))\" y1=\"\(Self.length(y1))\" x2=\"\(Self.length(x2))\""
    elements += " y2=\"\(Self.length(y2))\" class=\"\(style)\"\(dash)/>\n"
  }

  /// - Parameter note: shown by browsers while the pointer rests on the shape.
  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ style: String, opacity: Double? = nil, note: String? = nil
  ) {
    elements += "<rect x=\"\(Self.length(x))\" y=\"\(Self.length(y))\" width=\"\(Self.length(max(width, 0)))\""
    elements += " height=\"\(Self.length(max(height, 0)))\" class=\"\(style)\""
    if let opacity { elements += " fill-opacity=\"\(NumberText.fixed(opacity, digits: 3))\"" }
    close("rect", note: note)
  }

  mutating func circle(x: Double, y: Double, radius: Double, _ style: String, note: String? = nil) {
    elements += "<circle cx=\"\(Self.length(x))\" cy=\"\(Self.length(y))\" r=\"\(Self.length(radius))\""
    elements += " class=\"\(style)\""
    close("circle", note: note)
  }

  /// Through the points; nothing for fewer than two.
  mutating func path(_ points: [(x: Double, y: Double)], closed: Bool = false, _ style: String, dash: String = "") {
    guard points.count > 1 else { return }
    let steps = points.map { "\(Self.length($0.x)) \(Self.length($0.y))" }.joined(separator: "L")
    let dash = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
    elements += "<path d=\"M\(steps)\(closed ? "Z" : "")\" class=\"\(style)\"\(dash)/>\n"
  }

  /// - Parameters:
  ///   - text: escaped here.
  ///   - turned: degrees, clockwise, about the point itself.
  mutating func text(
    _ text: String, x: Double, y: Double, _ style: String = "pr-ink", anchor: Anchor = .start, turned: Double = 0
  ) {
    elements += "<text x=\"\(Self.length(x))\" y=\"\(Self.length(y))\" class=\"\(style)\""
    if anchor != .start { elements += " text-anchor=\"\(anchor.rawValue)\"" }
    if turned != 0 {
      elements += " transform=\"rotate(\(Self.length(turned)) \(Self.length(x)) \(Self.length(y)))\""
    }
    elements += ">\(Markup.escapedLine(text))</text>\n"
  }

  private mutating func close(_ tag: String, note: String?) {
    elements += note.map { "><title>\(Markup.escapedLine($0))</title></\(tag)>\n" } ?? "/>\n"
  }

  /// About how wide a text is in the plots' font at 12 units.
  static func width(of text: String) -> Double {
    text.reduce(0.0) { sum, character in
      guard character.isASCII else { return sum + (character.utf8.count > 2 ? 11 : 7.2) }
      return sum + ("ijlt.,:;'|!()[] ".contains(character) ? 3.9 : "mwMW%@".contains(character) ? 10.4 : 6.9)
    }
  }

  /// The text cut so that it is at most this wide.
  static func cut(_ text: String, to widthMax: Double) -> String {
    guard width(of: text) > widthMax else { return text }
    var text = text
    while !text.isEmpty, width(of: text) > widthMax - 10 { text.removeLast() }
    return text + "…"
  }
}
