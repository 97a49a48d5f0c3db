/// `GramTable` as a look-up.
enum GramRarity {
  private static let keys: [UInt64] = table.keys
  private static let rarities: [Double] = table.rarities

  private struct Table {
    var keys = [UInt64](repeating: 0, count: 8192)
    var rarities = [Double](repeating: GramTable.restRarity, count: 8192)
  }

  private static let table: Table = {
    var table = Table()
    for level in GramTable.levels {
      for gram in level.grams.split(separator: "|") {
        var key: UInt64 = 0
        for (place, scalar) in gram.unicodeScalars.enumerated() {
          let value = scalar == "\u{B6}" ? 10 : UInt64(scalar.value)
          key |= value << UInt64(48 - 16 * place)
        }
        let slot = GramVector.slot(of: key, in: table.keys)
        table.keys[slot] = key
        table.rarities[slot] = Double(level.tenths) / 10
      }
    }
    return table
  }()

  /// How rare a gram is in English prose, at least 1.
  static func of(_ gram: UInt64) -> Double { rarities[GramVector.slot(of: gram, in: keys)] }
}
