private import Digests

/// How a rank proves to rank 0, and rank 0 to it, that both belong to the run: each shows that it knows the run's token
/// without sending it.
///
/// 1. Rank 0, to whoever connects: a mark and 32 random bytes.
/// 2. The rank: mark, its number, its idea of the size, 32 random bytes of its own, and HMAC-SHA256 over all of these
///    and rank 0's bytes with the token as key.
/// 3. Rank 0: welcome, or why not, and its own HMAC over the same.
///
/// This keeps strangers and other runs out. It does not encrypt: what follows can be read and changed by whoever owns
/// the network between the machines.
package struct RankHandshake: Sendable, Hashable {
  package static let nonceBytes = 32
  package static let greetingBytes = 8 + nonceBytes
  package static let helloBytes = 24 + nonceBytes + SHA256.digestBytes
  package static let replyBytes = 16 + SHA256.digestBytes
  /// The protocol and, in the last digits, its version.
  private static let mark: UInt64 = 0x5052_4d72_0000_0001

  /// Rank 0's answer.
  package enum Verdict: UInt64 {
    case welcome = 0
    case wrongToken
    /// The ranks differ in how many they are; comes with rank 0's number.
    case wrongSize
    /// The rank has joined already.
    case takenRank
    /// No rank above 0 of this size.
    case noSuchRank
  }

  /// Why bytes are not accepted.
  package enum Fault: Error, Hashable {
    /// No greeting, hello or reply of this version.
    case stranger
    case refused(Verdict, detail: UInt64)
  }

  package let token: [UInt8]
  package let hubNonce: [UInt8]

  package static func nonce() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<nonceBytes / 8).flatMap { _ in LittleEndian.bytes(of: generator.next()) }
  }

  /// What a rank says of itself.
  package struct Hello: Sendable, Hashable {
    package let rank: UInt64
    package let size: UInt64
    package let nonce: [UInt8]

    package init(rank: UInt64, size: UInt64, nonce: [UInt8] = RankHandshake.nonce()) {
      self.rank = rank
      self.size = size
      self.nonce = nonce
    }
  }

  // MARK: Rank 0

  package init(token: [UInt8], hubNonce: [UInt8] = nonce()) {
    self.token = token
    self.hubNonce = hubNonce
  }

  package var greeting: [UInt8] { LittleEndian.bytes(of: Self.mark) + hubNonce }

  /// Reads a hello of 88 bytes.
  ///
  /// - Throws: `.stranger`, or `.refused(.wrongToken)` where the proof does not fit.
  package func hello(_ bytes: [UInt8]) throws(Fault) -> Hello {
    guard bytes.count == Self.helloBytes, LittleEndian.word(bytes, at: 0) == Self.mark else { throw .stranger }
    let hello = Hello(
      rank: LittleEndian.word(bytes, at: 8), size: LittleEndian.word(bytes, at: 16),
      nonce: Array(bytes[24..<24 + Self.nonceBytes]))
    guard Self.areEqual(bytes.suffix(SHA256.digestBytes), proof("rank", hello)) else {
      throw .refused(.wrongToken, detail: 0)
    }
    return hello
  }

  /// The answer to a hello; without a proof where that did not prove itself either.
  package func reply(_ verdict: Verdict, detail: UInt64 = 0, to hello: Hello?) -> [UInt8] {
    let proof = hello.map { self.proof("hub\(verdict.rawValue)", $0) }
    return LittleEndian.bytes(of: verdict.rawValue) + LittleEndian.bytes(of: detail)
      + (proof ?? [UInt8](repeating: 0, count: SHA256.digestBytes))
  }

  // MARK: Other ranks

  /// What came from rank 0, or nil where that is no greeting.
  package init?(token: [UInt8], greeting: [UInt8]) {
    guard greeting.count == Self.greetingBytes, LittleEndian.word(greeting, at: 0) == Self.mark else { return nil }
    self.init(token: token, hubNonce: Array(greeting.dropFirst(8)))
  }

  package func encoded(_ hello: Hello) -> [UInt8] {
    [Self.mark, hello.rank, hello.size].flatMap(LittleEndian.bytes(of:)) + hello.nonce + proof("rank", hello)
  }

  /// Checks rank 0's answer of 48 bytes.
  ///
  /// - Throws: `.refused` as rank 0 says; `.stranger` for a welcome by somebody who does not know the token.
  package func check(reply bytes: [UInt8], to hello: Hello) throws(Fault) {
    guard bytes.count == Self.replyBytes, let verdict = Verdict(rawValue: LittleEndian.word(bytes, at: 0)) else {
      throw .stranger
    }
    if verdict != .welcome { throw .refused(verdict, detail: LittleEndian.word(bytes, at: 8)) }
    guard Self.areEqual(bytes.suffix(SHA256.digestBytes), proof("hub\(verdict.rawValue)", hello)) else {
      throw .stranger
    }
  }

  // MARK: Proofs

  private func proof(_ side: String, _ hello: Hello) -> [UInt8] {
    let numbers = [Self.mark, hello.rank, hello.size].flatMap(LittleEndian.bytes(of:))
    return Self.code(key: token, Array(side.utf8) + [0] + numbers + hubNonce + hello.nonce)
  }

  /// HMAC-SHA256 (RFC 2104).
  package static func code(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let blockBytes = 64
    var block = key.count > blockBytes ? SHA256.hash(key) : key
    block += [UInt8](repeating: 0, count: blockBytes - block.count)
    return SHA256.hash(block.map { $0 ^ 0x5c } + SHA256.hash(block.map { $0 ^ 0x36 } + message))
  }

  /// Whether two proofs are equal, in a time that does not tell where they differ.
  private static func areEqual(_ one: ArraySlice<UInt8>, _ other: [UInt8]) -> Bool {
    one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
