import BoundedJSON

/// Reads the members of an object that a server wrote, and names the one that is not what it should be.
struct MemberReader {
  private let value: JSONValue
  /// Where the object stands, as in `usage/prompt_tokens`; empty for the document.
  private let path: String

  /// Counts of anything: far more than there can be, and sums do not overflow.
  private static let countMax: Int64 = 1 << 40
  /// A year.
  private static let millisecondsMax = 3.2e10

  init(_ value: JSONValue, at path: String) {
    self.value = value
    self.path = path
  }

  func place(_ name: String) -> String { path.isEmpty ? name : "\(path)/\(name)" }

  private func wrong(_ name: String, _ expected: String) -> RemoteFault {
    .malformed(reason: "\(place(name)) must be \(expected), not \(value[name]?.kind ?? "missing")")
  }

  /// The member; nil where it is null. It must be there.
  private func member(_ name: String, _ expected: String) throws(RemoteFault) -> JSONValue? {
    guard let member = value[name] else { throw wrong(name, expected) }
    return member == .null ? nil : member
  }

  func optionalText(_ name: String) throws(RemoteFault) -> String? {
    guard let member = try member(name, "a string or null") else { return nil }
    guard let text = member.string else { throw wrong(name, "a string or null") }
    return text
  }

  func text(_ name: String) throws(RemoteFault) -> String {
    guard let text = value[name]?.string else { throw wrong(name, "a string") }
    return text
  }

  func optionalFlag(_ name: String) throws(RemoteFault) -> Bool? {
    guard let member = try member(name, "true, false or null") else { return nil }
    guard let flag = member.bool else { throw wrong(name, "true, false or null") }
    return flag
  }

  func flag(_ name: String) throws(RemoteFault) -> Bool {
    guard let flag = value[name]?.bool else { throw wrong(name, "true or false") }
    return flag
  }

  func optionalNumber(_ name: String, in range: ClosedRange<Double>) throws(RemoteFault) -> Double? {
    guard let member = try member(name, "a number or null") else { return nil }
    guard let number = member.number else { throw wrong(name, "a number or null") }
    guard range.contains(number) else {
      throw .malformed(reason: "\(place(name)) is \(number), outside \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func count(_ name: String) throws(RemoteFault) -> Int {
    guard let count = value[name]?.integer, (0...Self.countMax).contains(count) else { throw wrong(name, "a count") }
    return Int(count)
  }

  func milliseconds(_ name: String) throws(RemoteFault) -> Double {
    guard let number = value[name]?.number, (0...Self.millisecondsMax).contains(number) else {
      throw wrong(name, "milliseconds")
    }
    return number
  }

  func optionalChoice<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String
  ) throws(RemoteFault) -> Word? {
    guard let text = try optionalText(name) else { return nil }
    guard let word = Word(rawValue: text) else {
      let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
      throw .malformed(reason: "\(place(name)) is \(Excerpt.text(text)), none of \(known)")
    }
    return word
  }

  func choice<Word: RawRepresentable<String>>(_ name: String) throws(RemoteFault) -> Word {
    let text = try text(name)
    guard let word = Word(rawValue: text) else {
      throw .malformed(reason: "\(place(name)) is \(Excerpt.text(text)), which is not known here")
    }
    return word
  }

  func optionalObject(_ name: String) throws(RemoteFault) -> MemberReader? {
    guard let member = value[name], member != .null else { return nil }
    guard member.object != nil else { throw wrong(name, "an object") }
    return MemberReader(member, at: place(name))
  }

  func object(_ name: String) throws(RemoteFault) -> MemberReader {
    guard let object = try optionalObject(name) else { throw wrong(name, "an object") }
    return object
  }

  func objects(_ name: String) throws(RemoteFault) -> [MemberReader] {
    guard let list = value[name]?.array else { throw wrong(name, "an array") }
    var readers: [MemberReader] = []
    for (index, element) in list.enumerated() {
      guard element.object != nil else {
        throw .malformed(reason: "\(place(name))/\(index) must be an object, not \(element.kind)")
      }
      readers.append(MemberReader(element, at: "\(place(name))/\(index)"))
    }
    return readers
  }
}
