import Digests
import Testing

/// Bytes to text and back, and what is refused.
@Suite struct HexadecimalTests {
  @Test func everyByteComesBack() {
    let bytes = Array(UInt8.min...UInt8.max)
    let text = Hexadecimal.text(bytes)
    #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.utf8.count == 512)
    #expect(Hexadecimal.bytes(text) == bytes)
    #expect(Hexadecimal.bytes(text.uppercased()) == bytes)
  }

  @Test(arguments: ["0", "0g", "g0", " 0", "0x", "é"])
  func refusesWhatIsNotHexadecimal(text: String) {
    #expect(Hexadecimal.bytes(text) == nil)
  }
}
