/// `GramTable` as a look-up.
struct GramRarity: Sendable {
  private static let table = GramRarity()

  private var grams: [UInt64] = []
  private var rarities: [Double] = []
  /// As in `GramVector`; room for the listed grams and as many free slots.
  private var slots: [Int32]

  private init() {
    let listed = GramTable.levels.map { level in (level.tenths, level.grams.split(separator: "|")) }
    var capacity = 16
    while capacity < 2 * listed.reduce(0, { $0 + $1.1.count }) { capacity *= 2 }
    slots = [Int32](repeating: -1, count: capacity)
    for (tenths, names) in listed {
      for name in names {
        let gram = Self.gram(name)
        slots[GramVector.slot(of: gram, slots: slots, grams: grams)] = Int32(truncatingIfNeeded: grams.count)
        grams.append(gram)
        rarities.append(Double(tenths) / 10)
      }
    }
  }

  private static func gram(_ name: Substring) -> UInt64 {
    var gram: UInt64 = 0
    for (place, scalar) in name.unicodeScalars.enumerated() {
      let value = scalar == "\u{B6}" ? 10 : UInt64(scalar.value)
      gram |= value << UInt64(48 - 16 * place)
    }
    return gram
  }

  /// How rare a gram is in English prose, at least 1.
  static func of(_ gram: UInt64) -> Double {
    let found = table.slots[GramVector.slot(of: gram, slots: table.slots, grams: table.grams)]
    return found >= 0 ? table.rarities[Int(found)] : GramTable.restRarity
  }
}
