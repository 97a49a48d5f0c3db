/// FNV-1a over 32-bit words: for each text its number of ids, then its ids.
package struct IDDigest {
  private var value: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  package mutating func add(_ ids: [Int32]) {
    add(UInt32(ids.count))
    for id in ids { add(UInt32(bitPattern: id)) }
  }

  /// 16 hexadecimal digits.
  package var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private mutating func add(_ word: UInt32) { value = (value ^ UInt64(word)) &* 0x100_0000_01B3 }
}
