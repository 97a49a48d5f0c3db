/// One pass over a document that builds nothing: it holds the bounds and refuses what Foundation's decoder lets
/// through (a member named twice, a number that overflows, an escaped half surrogate pair) and keeps the place.
///
/// The bytes must be UTF-8 already. Grammar: RFC 8259.
struct JSONScanner {
  private let bytes: [UInt8]
  private let limits: JSONLimits
  private var offset = 0
  private var values = 0
  private var path: [String] = []

  init(_ bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// Checks the whole document.
  mutating func check() throws(JSONError) {
    try value()
    skipSpace()
    if offset != bytes.count { throw .syntax(offset: offset, reason: "text after the document") }
  }

  private var pointer: String { JSONReader.pointer(path) }

  private func byte() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let next = byte(), next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { offset += 1 }
  }

  private mutating func expect(_ character: Character, _ code: UInt8) throws(JSONError) {
    guard byte() == code else { throw .syntax(offset: offset, reason: "expected '\(character)'") }
    offset += 1
  }

  private mutating func value() throws(JSONError) {
    skipSpace()
    values += 1
    if values > limits.valuesMax { throw .tooManyValues(max: limits.valuesMax) }
    switch byte() {
    case nil: throw .syntax(offset: offset, reason: "document ends where a value should be")
    case UInt8(ascii: "{"): try object()
    case UInt8(ascii: "["): try array()
    case UInt8(ascii: "\""): _ = try string(collect: false)
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try number()
    }
  }

  private mutating func object() throws(JSONError) {
    try enter()
    offset += 1
    var seen: Set<[UInt8]> = []
    skipSpace()
    if byte() == UInt8(ascii: "}") {
      offset += 1
      path.removeLast()
      return
    }
    while true {
      skipSpace()
      guard byte() == UInt8(ascii: "\"") else { throw .syntax(offset: offset, reason: "expected a member name") }
      let name = try string(collect: true)
      path[path.count - 1] = String(decoding: name, as: UTF8.self)
      if !seen.insert(name).inserted { throw .duplicateKey(pointer: pointer) }
      skipSpace()
      try expect(":", UInt8(ascii: ":"))
      try value()
      skipSpace()
      if byte() == UInt8(ascii: ",") {
        offset += 1
      } else {
        try expect("}", UInt8(ascii: "}"))
        path.removeLast()
        return
      }
    }
  }

  private mutating func array() throws(JSONError) {
    try enter()
    offset += 1
    skipSpace()
    if byte() == UInt8(ascii: "]") {
      offset += 1
      path.removeLast()
      return
    }
    var index = 0
    while true {
      path[path.count - 1] = String(index)
      try value()
      skipSpace()
      if byte() == UInt8(ascii: ",") {
        offset += 1
        index += 1
      } else {
        try expect("]", UInt8(ascii: "]"))
        path.removeLast()
        return
      }
    }
  }

  private mutating func enter() throws(JSONError) {
    if path.count >= limits.depthMax { throw .tooDeep(pointer: pointer, max: limits.depthMax) }
    path.append("")
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    for code in String(describing: word).utf8 {
      guard byte() == code else { throw .syntax(offset: offset, reason: "expected '\(word)'") }
      offset += 1
    }
  }

  /// Scans a string from its opening quote; returns its bytes, escapes resolved, where `collect` asks for them.
  private mutating func string(collect: Bool) throws(JSONError) -> [UInt8] {
    var collected: [UInt8] = []
    offset += 1
    while let next = byte() {
      switch next {
      case UInt8(ascii: "\""):
        offset += 1
        return collected
      case UInt8(ascii: "\\"):
        let scalar = try escape()
        if collect { collected.append(contentsOf: Array(String(scalar).utf8)) }
      case 0..<0x20:
        throw .syntax(offset: offset, reason: "control character in a string")
      default:
        if collect { collected.append(next) }
        offset += 1
      }
    }
    throw .syntax(offset: offset, reason: "document ends inside a string")
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = offset
    offset += 1
    guard let kind = byte() else { throw .syntax(offset: offset, reason: "document ends inside an escape") }
    offset += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try hexadecimal()
      if let scalar = Unicode.Scalar(first) { return scalar }
      guard first < 0xDC00, byte() == UInt8(ascii: "\\"), offset + 1 < bytes.count,
        bytes[offset + 1] == UInt8(ascii: "u")
      else { throw .loneSurrogate(pointer: pointer, offset: start) }
      offset += 2
      let second = try hexadecimal()
      guard (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      else { throw .loneSurrogate(pointer: pointer, offset: start) }
      return scalar
    default: throw .syntax(offset: start, reason: "unknown escape")
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let next = byte(), let digit = Character(Unicode.Scalar(next)).hexDigitValue, next < 0x80 else {
        throw .syntax(offset: offset, reason: "expected four hexadecimal digits")
      }
      code = code << 4 + UInt32(digit)
      offset += 1
    }
    return code
  }

  private mutating func number() throws(JSONError) {
    let start = offset
    if byte() == UInt8(ascii: "-") { offset += 1 }
    if byte() == UInt8(ascii: "0") { offset += 1 } else { try digits() }
    if byte() == UInt8(ascii: ".") {
      offset += 1
      try digits()
    }
    if byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E") {
      offset += 1
      if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { offset += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let parsed = Double(text), parsed.isFinite else { throw .numberNotFinite(pointer: pointer) }
  }

  private mutating func digits() throws(JSONError) {
    let start = offset
    while let next = byte(), (0x30...0x39).contains(next) { offset += 1 }
    if offset == start { throw .syntax(offset: offset, reason: "expected a value") }
  }
}
