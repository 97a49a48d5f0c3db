import Digests
import Testing

/// The examples of FIPS 180-4 and the empty message, and that pieces do not matter.
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func agreesWithThePublishedExamples(message: String, digest: String) {
    #expect(Hexadecimal.text(SHA256.hash(Array(message.utf8))) == digest)
  }

  @Test func hashesAMillionLetters() {
    let digest = SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
    #expect(Hexadecimal.text(digest) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test(arguments: [1, 7, 63, 64, 65, 1000])
  func piecesGiveTheSameAsTheWhole(pieceBytes: Int) {
    let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var hasher = SHA256()
    for start in stride(from: 0, to: message.count, by: pieceBytes) {
      hasher.update(Array(message[start..<min(start + pieceBytes, message.count)]))
      hasher.update([])
    }
    #expect(hasher.finish() == SHA256.hash(message))
  }

  @Test func hashesABorrowedSpan() {
    let message = Array("abc".utf8)
    var hasher = SHA256()
    hasher.update(message.span.bytes)
    #expect(hasher.finish() == SHA256.hash(message))
  }
}
