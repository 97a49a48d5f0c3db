import DataParallel
import Testing

@Suite struct RankHandshakeTests {
  private let token = Array("a secret of the run".utf8)
  private let hello = RankHandshake.Hello(rank: 2, size: 3, nonce: [UInt8](repeating: 9, count: 32))

  @Test func bothSidesProveThemselves() throws {
    let hub = RankHandshake(token: token)
    let rank = try #require(RankHandshake(token: token, greeting: hub.greeting))
    let said = rank.encoded(hello)
    #expect(hub.greeting.count == RankHandshake.greetingBytes && said.count == RankHandshake.helloBytes)
    #expect(try hub.hello(said) == hello)
    let reply = hub.reply(.welcome, to: hello)
    #expect(reply.count == RankHandshake.replyBytes)
    try rank.check(reply: reply, to: hello)
  }

  @Test func theTokenItselfIsNeverSent() throws {
    let hub = RankHandshake(token: token)
    let rank = try #require(RankHandshake(token: token, greeting: hub.greeting))
    let all = hub.greeting + rank.encoded(hello) + hub.reply(.welcome, to: hello)
    #expect(!all.indices.contains { all[$0...].starts(with: token) })
  }

  @Test func anotherTokenIsRefusedOnBothSides() throws {
    let hub = RankHandshake(token: token)
    let stranger = try #require(RankHandshake(token: Array("another".utf8), greeting: hub.greeting))
    #expect(throws: RankHandshake.Fault.refused(.wrongToken, detail: 0)) { try hub.hello(stranger.encoded(hello)) }
    #expect(throws: RankHandshake.Fault.stranger) {
      try stranger.check(reply: hub.reply(.welcome, to: hello), to: hello)
    }
  }

  @Test func anAnswerToAnotherRunIsOfNoUse() throws {
    let hub = RankHandshake(token: token)
    let earlier = try #require(RankHandshake(token: token, greeting: RankHandshake(token: token).greeting))
    #expect(throws: RankHandshake.Fault.refused(.wrongToken, detail: 0)) { try hub.hello(earlier.encoded(hello)) }
  }

  @Test func aChangedByteAnywhereIsRefused() throws {
    let hub = RankHandshake(token: token)
    let said = try #require(RankHandshake(token: token, greeting: hub.greeting)).encoded(hello)
    for index in said.indices {
      var changed = said
      changed[index] ^= 1
      #expect(throws: RankHandshake.Fault.self) { try hub.hello(changed) }
    }
    #expect(throws: RankHandshake.Fault.stranger) { try hub.hello(Array(said.dropLast())) }
  }

  @Test func whatIsNoGreetingIsNotAnswered() {
    #expect(RankHandshake(token: token, greeting: [UInt8](repeating: 0, count: RankHandshake.greetingBytes)) == nil)
    #expect(RankHandshake(token: token, greeting: []) == nil)
  }

  @Test func aRefusalSaysWhy() throws {
    let hub = RankHandshake(token: token)
    let rank = try #require(RankHandshake(token: token, greeting: hub.greeting))
    #expect(throws: RankHandshake.Fault.refused(.wrongSize, detail: 4)) {
      try rank.check(reply: hub.reply(.wrongSize, detail: 4, to: hello), to: hello)
    }
    // A refusal with its first byte changed is no welcome.
    var reply = hub.reply(.wrongSize, detail: 4, to: hello)
    reply[0] = 0
    #expect(throws: RankHandshake.Fault.stranger) { try rank.check(reply: reply, to: hello) }
  }

  /// Test cases 1, 2 and 6 of RFC 4231.
  @Test func authenticatesAsTheStandardSays() {
    func hexadecimal(_ bytes: [UInt8]) -> String {
      bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    #expect(
      hexadecimal(RankHandshake.code(key: [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8)))
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      hexadecimal(RankHandshake.code(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let long = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
    #expect(
      hexadecimal(RankHandshake.code(key: [UInt8](repeating: 0xaa, count: 131), long))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }
}
