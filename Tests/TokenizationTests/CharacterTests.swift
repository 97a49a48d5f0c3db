import Testing
import Tokenization

/// Character classes and form C against the reference, over all of Unicode.
@Suite struct CharacterTests {
  @Test func everyCharacterIsOfTheClassTheReferenceSees() throws {
    let golden = try Golden.characters()
    let letters = bitmap(golden.letters)
    let numbers = bitmap(golden.numbers)
    let spaces = bitmap(golden.spaces)
    let digits = bitmap(golden.digits)
    var wrong: [UInt32] = []
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let at = Int(value)
      let byPattern: ScalarClass = letters[at] ? .letter : numbers[at] ? .number : spaces[at] ? .space : .other
      let bySplitter: ScalarClass = digits[at] ? .number : byPattern
      if ScalarClasses.pattern.of(scalar) != byPattern || ScalarClasses.digitSplitter.of(scalar) != bySplitter {
        wrong.append(value)
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count) characters, first \(wrong.prefix(5).map { String($0, radix: 16) })")
    #expect(letters.count { $0 } == 141_028)
    #expect(numbers.count { $0 } == 1_911)
    #expect(digits.count { $0 } == 1_924)
  }

  @Test func formCIsTheReferences() throws {
    let golden = try Golden.characters()
    #expect(golden.nfc.count > 2_000)
    for pair in golden.nfc {
      let composed = CanonicalComposition.composed(pair[0])
      #expect(Array(composed.utf8) == Array(pair[1].utf8), "\(scalars(pair[0])): \(scalars(composed))")
    }
  }

  @Test func formCOfHangulFollowsTheRule() throws {
    for syllable in stride(from: UInt32(0xAC00), to: 0xD7A4, by: 13) {
      let index = syllable - 0xAC00
      var parts = [0x1100 + index / 588, 0x1161 + index / 28 % 21]
      if index % 28 != 0 { parts.append(0x11A7 + index % 28) }
      var text = String.UnicodeScalarView()
      for part in parts { text.append(try #require(Unicode.Scalar(part))) }
      #expect(Array(CanonicalComposition.composed(String(text)).unicodeScalars).map(\.value) == [syllable])
    }
  }

  @Test func textThatChangesIsNeverPassedOver() throws {
    for pair in try Golden.characters().nfc where Array(pair[0].utf8) != Array(pair[1].utf8) {
      #expect(!pair[0].unicodeScalars.allSatisfy(CanonicalComposition.isUnaffected), "\(scalars(pair[0]))")
    }
    for value in UInt32(0)..<0x20000 {
      guard let scalar = Unicode.Scalar(value), CanonicalComposition.isUnaffected(scalar) else { continue }
      #expect(scalar.properties.canonicalCombiningClass == .notReordered, "\(String(value, radix: 16))")
    }
  }

  @Test func formCIsIdempotent() throws {
    for pair in try Golden.characters().nfc {
      #expect(Array(CanonicalComposition.composed(pair[1]).utf8) == Array(pair[1].utf8), "\(scalars(pair[1]))")
    }
  }

  private func bitmap(_ ranges: [UInt32]) -> [Bool] {
    var map = [Bool](repeating: false, count: 0x110000)
    for start in stride(from: 0, to: ranges.count, by: 2) {
      for value in ranges[start]...ranges[start + 1] { map[Int(value)] = true }
    }
    return map
  }

  private func scalars(_ text: String) -> [String] { text.unicodeScalars.map { String($0.value, radix: 16) } }
}
