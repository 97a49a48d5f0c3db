/// Unicode normalization form C, as the reference engine computes it, in time O(n log n) for any text.
///
/// Foundation's own is quadratic in the number of compositions (a megabyte of "e" and an acute accent takes seconds,
/// eight take minutes), which a request could use against a server; and its Unicode version moves with the
/// toolchain. The normalizer of Python `tokenizers` 0.23.3 is of Unicode 9.0: it reorders no mark and composes no pair
/// of a later version. So is this one, by `CompositionData` and by taking newer characters for ones that nothing
/// combines with, which is what an older table does.
///
/// Text without a character that form C could change, which is nearly all text, is returned after one pass.
///
/// - Source: Unicode Standard Annex 15; Hangul by section 3.12 of the Unicode Standard.
package enum CanonicalComposition {
  private static let version: Unicode.Version = (9, 0)

  /// The text in form C.
  package static func composed(_ text: String) -> String {
    if text.unicodeScalars.allSatisfy(isUnaffected) { return text }
    var result = String.UnicodeScalarView()
    result.reserveCapacity(text.utf8.count)
    // A segment begins at an unaffected character, which never combines with what is before it.
    var segment: [UInt32] = []
    for scalar in text.unicodeScalars {
      if isUnaffected(scalar) {
        flush(&segment, to: &result)
      }
      segment.append(scalar.value)
    }
    flush(&segment, to: &result)
    return String(result)
  }

  /// Whether a character is in blocks of which none is a combining mark, combines with one before it, or changes alone.
  ///
  /// The blocks are chosen for what text is made of: Latin with its accented letters, Cyrillic, dashes and quotation
  /// marks, kana without their voicing marks, CJK ideographs, whole Hangul syllables, emoji.
  package static func isUnaffected(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x300, 0x400..<0x483, 0x2002..<0x2070, 0x20A0..<0x20C0, 0x2190..<0x219A, 0x2500..<0x2600,
      0x3000..<0x302A, 0x3041..<0x3099, 0x30A0..<0x3100, 0x4E00..<0xA000, 0xAC00..<0xD7A4, 0xFE0F, 0xFF00..<0xFFF0,
      0x1F300..<0x1FB00:
      true
    default: false
    }
  }

  private static func flush(_ segment: inout [UInt32], to result: inout String.UnicodeScalarView) {
    let isUnaffectedAlone = segment.count == 1 && segment.allSatisfy { Unicode.Scalar($0).map(isUnaffected) == true }
    let composed = isUnaffectedAlone ? segment : compose(decompose(segment))
    for value in composed {
      if let scalar = Unicode.Scalar(value) { result.append(scalar) }
    }
    segment.removeAll(keepingCapacity: true)
  }

  /// A character with its canonical combining class.
  private struct Element {
    var value: UInt32
    var combiningClass: UInt8
  }

  /// Full decomposition, marks in canonical order.
  private static func decompose(_ segment: [UInt32]) -> [Element] {
    let tables = CompositionTables.shared
    var elements: [Element] = []
    elements.reserveCapacity(segment.count * 2)
    for value in segment {
      tables.forEachPart(of: value) { elements.append(Element(value: $0, combiningClass: combiningClass($0))) }
    }
    var start = 0
    while start < elements.count {
      if elements[start].combiningClass == 0 {
        start += 1
        continue
      }
      let end = elements[start...].firstIndex { $0.combiningClass == 0 } ?? elements.count
      order(&elements, start..<end)
      start = end
    }
    return elements
  }

  /// Sorts marks by class, equal ones left in order.
  private static func order(_ elements: inout [Element], _ range: Range<Int>) {
    let isOrdered = range.dropFirst().allSatisfy { elements[$0 - 1].combiningClass <= elements[$0].combiningClass }
    if isOrdered { return }
    let sorted = elements[range].enumerated().sorted {
      ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
    }
    elements.replaceSubrange(range, with: sorted.map(\.element))
  }

  private static func combiningClass(_ value: UInt32) -> UInt8 {
    guard value >= 0x300, let scalar = Unicode.Scalar(value) else { return 0 }
    let combiningClass = scalar.properties.canonicalCombiningClass.rawValue
    return combiningClass != 0 && ScalarClasses.isAssigned(scalar, in: version) ? combiningClass : 0
  }

  /// Each character joins the last starter where a pair is known and no mark of the same or a higher class, nor a
  /// starter, stands between.
  private static func compose(_ elements: [Element]) -> [UInt32] {
    let tables = CompositionTables.shared
    var result: [UInt32] = []
    result.reserveCapacity(elements.count)
    var starter: Int?
    var lastClass: UInt8 = 0
    for element in elements {
      if let starter, lastClass == 0 || lastClass < element.combiningClass,
        let composite = tables.composite(result[starter], element.value)
      {
        result[starter] = composite
        continue
      }
      if element.combiningClass == 0 { starter = result.count }
      lastClass = element.combiningClass
      result.append(element.value)
    }
    return result
  }
}

/// Look-up tables made from `CompositionData` once, and the rule for Hangul.
private struct CompositionTables: Sendable {
  static let shared = CompositionTables()

  private var decompositions: [UInt32: [UInt32]] = [:]
  /// By first part in the upper and second part in the lower 32 bits.
  private var composites: [UInt64: UInt32] = [:]

  private static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
  private static let leads: Range<UInt32> = 0x1100..<0x1113
  private static let vowels: Range<UInt32> = 0x1161..<0x1176
  /// The first stands for "no trail" and never occurs in text as one.
  private static let trails: Range<UInt32> = 0x11A7..<0x11C3

  private init() {
    var pairs: [UInt32: [UInt32]] = [:]
    for entry in String(describing: CompositionData.entries).split(separator: " ") {
      let values = entry.split { "=~+".contains($0) }.compactMap { UInt32($0, radix: 16) }
      guard let value = values.first else { continue }
      pairs[value] = Array(values.dropFirst())
      if values.count == 3, !entry.utf8.contains(UInt8(ascii: "~")) {
        composites[UInt64(values[1]) << 32 | UInt64(values[2])] = value
      }
    }
    func full(_ value: UInt32) -> [UInt32] { pairs[value].map { $0.flatMap(full) } ?? [value] }
    for value in pairs.keys { decompositions[value] = full(value) }
  }

  func forEachPart(of value: UInt32, _ body: (UInt32) -> Void) {
    if value < 0xC0 {
      body(value)
    } else if Self.syllables.contains(value) {
      let index = value - Self.syllables.lowerBound
      let trailCount = UInt32(Self.trails.count)
      let vowelCount = UInt32(Self.vowels.count)
      body(Self.leads.lowerBound + index / (trailCount * vowelCount))
      body(Self.vowels.lowerBound + index / trailCount % vowelCount)
      if index % trailCount != 0 { body(Self.trails.lowerBound + index % trailCount) }
    } else if let parts = decompositions[value] {
      parts.forEach(body)
    } else {
      body(value)
    }
  }

  func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    let trailCount = UInt32(Self.trails.count)
    if Self.leads.contains(first), Self.vowels.contains(second) {
      let lead = first - Self.leads.lowerBound
      let vowel = second - Self.vowels.lowerBound
      return Self.syllables.lowerBound + (lead * UInt32(Self.vowels.count) + vowel) * trailCount
    }
    if Self.syllables.contains(first), (first - Self.syllables.lowerBound) % trailCount == 0,
      Self.trails.dropFirst().contains(second)
    {
      return first + second - Self.trails.lowerBound
    }
    return composites[UInt64(first) << 32 | UInt64(second)]
  }
}
