/// A place in `VerdictGrammar`: what has been written so far, as far as it matters for what may follow.
///
/// A small value without text lengths: there are `count` of them, so an adapter can keep token masks per state. Equal
/// states accept equal continuations.
///
/// - Complexity: `advance` is O(1) and allocates nothing.
package struct VerdictState: Sendable, Hashable {
  /// The two free texts.
  package enum Section: Sendable, Hashable {
    case criteria
    case eval
  }

  /// Where in a number the next byte falls.
  package enum NumberPosition: Sendable, Hashable {
    /// Nothing yet: `1`...`9`.
    case first
    /// After a lone `1`: `0` makes it ten; `.` or the text after the number are possible too.
    case afterOne
    /// After `2`...`9`: `.` or the text after the number.
    case afterDigit
    /// After `10`: `.` or the text after the number.
    case afterTen
    /// After `.`: one digit.
    case decimal
    /// After `10.`: `0` only.
    case decimalOfTen
    /// After the decimal: the text after the number only.
    case complete
  }

  /// What is being written.
  package enum Stage: Sendable, Hashable {
    /// Fixed text with no choice in it; see `forcedBytes`.
    case literal
    /// A free text. `hasInk` says whether it has a byte that is not white space yet; only then it may be closed.
    case text(Section, hasInk: Bool)
    /// The number of response A (`index` 0) or B (`index` 1).
    case score(index: Int, NumberPosition)
    /// The verdict is whole; only the end of the turn may follow.
    case done
  }

  private enum Place: Hashable {
    case literal(VerdictGrammar.Literal, offset: Int)
    case text(Section, hasInk: Bool, UTF8Position)
    case score(index: Int, NumberPosition)
    case done
  }

  /// Where inside a character a text stands: how many bytes are missing and what the next may be (RFC 3629; the byte
  /// after C2 also excludes the control characters U+0080...U+009F).
  private enum UTF8Position: Hashable {
    case boundary
    case one, two, three
    case afterC2, afterE0, afterED, afterF0, afterF4

    /// The values the next byte of an unfinished character may have; empty at a boundary.
    var range: ClosedRange<UInt8>? {
      switch self {
      case .boundary: nil
      case .one, .two, .three: 0x80...0xBF
      case .afterC2, .afterE0: 0xA0...0xBF
      case .afterED: 0x80...0x9F
      case .afterF0: 0x90...0xBF
      case .afterF4: 0x80...0x8F
      }
    }

    /// The position after a byte in `range`.
    var next: UTF8Position {
      switch self {
      case .boundary, .one, .afterC2: .boundary
      case .two, .afterE0, .afterED: .one
      case .three, .afterF0, .afterF4: .two
      }
    }

    /// The position after a byte that begins a character of a text; nil where none begins so.
    static func begin(_ byte: UInt8) -> UTF8Position? {
      switch byte {
      case 0x09, 0x0A, 0x20...0x3B, 0x3D...0x7E: .boundary
      case 0xC2: .afterC2
      case 0xC3...0xDF: .one
      case 0xE0: .afterE0
      case 0xED: .afterED
      case 0xE1...0xEC, 0xEE...0xEF: .two
      case 0xF0: .afterF0
      case 0xF1...0xF3: .three
      case 0xF4: .afterF4
      default: nil
      }
    }
  }

  /// How many states there are.
  package static let count = 92

  private var place: Place = .literal(.openCriteria, offset: 0)

  /// The state before the first byte.
  package init() {}

  /// Whether the verdict is whole. Nothing but the end of the turn may follow, and it may come nowhere else.
  package var isComplete: Bool { place == .done }

  package var stage: Stage {
    switch place {
    case .literal: .literal
    case .text(let section, let hasInk, _): .text(section, hasInk: hasInk)
    case .score(let index, let position): .score(index: index, position)
    case .done: .done
    }
  }

  /// Whether the bytes so far end inside a character.
  package var isInsideCharacter: Bool {
    if case .text(_, _, let position) = place { position != .boundary } else { false }
  }

  /// Takes the next byte.
  ///
  /// - Returns: false where the grammar refuses it; the state is then unchanged.
  package mutating func advance(_ byte: UInt8) -> Bool {
    guard let next = Self.next(place, byte) else { return false }
    place = next
    return true
  }

  /// Takes all the bytes or none.
  package mutating func advance(_ bytes: some Sequence<UInt8>) -> Bool {
    var state = self
    for byte in bytes where !state.advance(byte) { return false }
    self = state
    return true
  }

  /// Whether `advance` would take the byte.
  package func allows(_ byte: UInt8) -> Bool { Self.next(place, byte) != nil }

  /// Every byte that may come next, ascending.
  package var allowedBytes: [UInt8] { (UInt8.min...UInt8.max).filter { allows($0) } }

  private static func next(_ place: Place, _ byte: UInt8) -> Place? {
    switch place {
    case .literal(let literal, let offset):
      let bytes = literal.bytes
      guard bytes[offset] == byte else { return nil }
      return offset + 1 < bytes.count ? .literal(literal, offset: offset + 1) : after(literal)
    case .text(let section, let hasInk, let position):
      if let range = position.range {
        return range.contains(byte) ? .text(section, hasInk: hasInk, position.next) : nil
      }
      if byte == VerdictGrammar.textEnd {
        return hasInk ? .literal(section == .criteria ? .closeCriteria : .closeEval, offset: 1) : nil
      }
      guard let position = UTF8Position.begin(byte) else { return nil }
      let isSpace = byte == 0x09 || byte == 0x0A || byte == 0x20
      return .text(section, hasInk: hasInk || !isSpace, position)
    case .score(let index, let position):
      if let position = next(position, byte) { return .score(index: index, position) }
      let end = numberEnd(index)
      return position.canEnd && byte == end.bytes[0] ? .literal(end, offset: 1) : nil
    case .done:
      return nil
    }
  }

  private static func next(_ position: NumberPosition, _ byte: UInt8) -> NumberPosition? {
    switch (position, byte) {
    case (.first, UInt8(ascii: "1")): .afterOne
    case (.first, UInt8(ascii: "2")...UInt8(ascii: "9")): .afterDigit
    case (.afterOne, UInt8(ascii: "0")): .afterTen
    case (.afterOne, UInt8(ascii: ".")), (.afterDigit, UInt8(ascii: ".")): .decimal
    case (.afterTen, UInt8(ascii: ".")): .decimalOfTen
    case (.decimal, UInt8(ascii: "0")...UInt8(ascii: "9")), (.decimalOfTen, UInt8(ascii: "0")): .complete
    default: nil
    }
  }

  private static func after(_ literal: VerdictGrammar.Literal) -> Place {
    switch literal {
    case .openCriteria: .text(.criteria, hasInk: false, .boundary)
    case .closeCriteria: .text(.eval, hasInk: false, .boundary)
    case .closeEval: .score(index: 0, .first)
    case .secondScore: .score(index: 1, .first)
    case .closeScores: .done
    }
  }

  private static func numberEnd(_ index: Int) -> VerdictGrammar.Literal { index == 0 ? .secondScore : .closeScores }
}

extension VerdictState.NumberPosition {
  /// Whether what is written is a whole number already.
  package var canEnd: Bool {
    switch self {
    case .first, .decimal, .decimalOfTen: false
    case .afterOne, .afterDigit, .afterTen, .complete: true
    }
  }
}

extension VerdictState {
  /// The bytes that must come next, up to the next place with a choice; empty where there is a choice now, and when the
  /// verdict is complete. They may be appended without asking the model.
  package var forcedBytes: [UInt8] {
    switch place {
    case .literal(let literal, let offset): Array(literal.bytes[offset...])
    case .score(_, .decimalOfTen): [UInt8(ascii: "0")] + Self.numberEndBytes(place)
    case .score(_, .complete): Self.numberEndBytes(place)
    case .text, .score, .done: []
    }
  }

  private static func numberEndBytes(_ place: Place) -> [UInt8] {
    if case .score(let index, _) = place { numberEnd(index).bytes } else { [] }
  }

  /// The shortest text from here to the first byte of the next number, or to the end where no number is left: finishes
  /// an unfinished character (with its lowest continuation) or number, closes the open text, and writes
  /// `VerdictGrammar.emptyTextFiller` for each text that would be empty. Empty where a number's first byte is next.
  ///
  /// An adapter that keeps a token from ending inside a character while the budget is short never sees a made-up
  /// character.
  package var closingBytes: [UInt8] {
    var state = self
    var bytes: [UInt8] = []
    while let byte = state.shortestNextByte {
      if case .score(_, .first) = state.place { return bytes }
      bytes.append(byte)
      _ = state.advance(byte)  // `shortestNextByte` is allowed by its definition.
    }
    return bytes
  }

  /// The shortest text from here to a complete verdict, with `1` for each number not begun. Its length is a lower
  /// bound; its numbers are nobody's opinion and must never be used as scores.
  package var shortestCompletion: [UInt8] {
    var state = self
    var bytes: [UInt8] = []
    while let byte = state.shortestNextByte {
      bytes.append(byte)
      _ = state.advance(byte)  // As above.
    }
    return bytes
  }

  /// A byte that is allowed here and leads to the end in the fewest bytes; nil at the end.
  private var shortestNextByte: UInt8? {
    switch place {
    case .literal(let literal, let offset): literal.bytes[offset]
    case .text(_, let hasInk, let position):
      position.range?.lowerBound ?? (hasInk ? VerdictGrammar.textEnd : VerdictGrammar.emptyTextFiller)
    case .score(_, .first): UInt8(ascii: "1")
    case .score(_, .decimal), .score(_, .decimalOfTen): UInt8(ascii: "0")
    case .score(let index, _): Self.numberEnd(index).bytes[0]
    case .done: nil
    }
  }
}
