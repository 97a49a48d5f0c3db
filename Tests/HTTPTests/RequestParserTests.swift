import HTTP
import Testing

@Suite struct RequestParserTests {
  /// Feeds `pieces` one after another and writes down what came, as `RequestFixture.outcome` has it.
  private func outcome(_ pieces: [[UInt8]], limits: RequestLimits = RequestLimits()) -> [String] {
    var parser = RequestParser(limits: limits)
    var lines: [String] = []
    var head: RequestHead?
    var body: [UInt8] = []
    do {
      for piece in pieces {
        parser.receive(piece)
        while let event = try parser.next() {
          switch event {
          case .head(let next): (head, body) = (next, [])
          case .body(let bytes):
            #expect(!bytes.isEmpty)
            body += bytes
          case .end:
            guard let ended = head else { return ["end without head"] }
            lines.append("\(ended.method) \(ended.target.raw) \(String(decoding: body, as: UTF8.self))")
            if !ended.keepsAlive { lines.append("close") }
            head = nil
          }
        }
      }
    } catch {
      lines.append("\(error.status.code) \(error.code)")
      #expect(throws: error) { try parser.next() }
      parser.receive(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
      #expect(throws: error) { try parser.next() }
      return lines
    }
    if head != nil || lines.isEmpty { lines.append("…") }
    return lines
  }

  @Test(arguments: RequestFixture.accepted + RequestFixture.incomplete + RequestFixture.refused)
  func treatsTheFixtureAsWritten(_ fixture: RequestFixture) {
    #expect(outcome([fixture.bytes]) == fixture.outcome)
  }

  @Test(arguments: RequestFixture.accepted + RequestFixture.incomplete + RequestFixture.refused)
  func byteByByteEqualsWhole(_ fixture: RequestFixture) {
    #expect(outcome(fixture.bytes.map { [$0] }) == fixture.outcome)
  }

  @Test(arguments: RequestFixture.accepted + RequestFixture.incomplete + RequestFixture.refused)
  func cutAnywhereEqualsWhole(_ fixture: RequestFixture) {
    let bytes = fixture.bytes
    for cut in 0...bytes.count where bytes.count < 400 || cut % 97 == 0 {
      let parts = [Array(bytes[..<cut]), Array(bytes[cut...])]
      #expect(outcome(parts) == fixture.outcome, "cut at \(cut)")
    }
  }

  /// Octets put in, taken out or changed at random places of the fixtures: whatever comes of it, how the input was cut
  /// must not matter.
  @Test func randomDamageIsTreatedAlikeHoweverItIsCut() {
    let seed: UInt64 = 20_251_123
    var random = Generator(state: seed)
    let fixtures = (RequestFixture.accepted + RequestFixture.refused).filter { $0.raw.utf8.count < 400 }
    for round in 0..<3_000 {
      var bytes = fixtures[random.below(fixtures.count)].bytes
      for _ in 0...random.below(3) where !bytes.isEmpty {
        let place = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(UInt8(random.below(256)), at: place)
        case 2: bytes[place] = Array("\r\n :;,0aA\t".utf8)[random.below(10)]
        default: bytes.insert(contentsOf: bytes[place...].prefix(random.below(30)), at: place)
        }
      }
      var pieces: [[UInt8]] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let size = min(rest.count, 1 + random.below(20))
        pieces.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      let whole = outcome([bytes])
      #expect(outcome(pieces) == whole, "seed \(seed) round \(round)")
      #expect(outcome(bytes.map { [$0] }) == whole, "seed \(seed) round \(round)")
    }
  }

  @Test func refusesATooLargeBodyBeforeAnyOfItCame() {
    var limits = RequestLimits()
    limits.bodyBytesMax = 10
    let text = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n"
    #expect(outcome([Array(text.utf8)], limits: limits) == ["413 body-too-large"])
    let chunks = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n"
    #expect(outcome([Array(chunks.utf8)], limits: limits) == ["413 body-too-large"])
  }

  @Test func tellsWhenTheClientWaitsForContinue() throws {
    func waits(_ text: String) throws -> Bool? {
      var parser = RequestParser()
      parser.receive(Array(text.utf8))
      guard case .head(let head) = try parser.next() else { return nil }
      return head.expectsContinue
    }
    #expect(try waits("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n") == true)
    #expect(try waits("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n") == false)
    #expect(try waits("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n") == false)
  }

  @Test func keepsWhatARefusalCanEcho() {
    var parser = RequestParser()
    parser.receive(Array("HEAD / HTTP/1.1\r\nX-Request-ID: r-1\r\nHost: a\r\nContent-Length: x\r\n\r\n".utf8))
    #expect(throws: HTTPParseError.self) { try parser.next() }
    #expect(parser.fields.first(named: "x-request-id") == "r-1")
    #expect(parser.method == .head)
  }

  @Test func knowsWhenItStandsBetweenRequests() throws {
    var parser = RequestParser()
    #expect(parser.isBetweenRequests)
    parser.receive(Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8))
    #expect(try parser.next() == nil)
    #expect(!parser.isBetweenRequests)
    parser.receive(Array("\r\nG".utf8))
    while try parser.next() != nil {}
    #expect(!parser.isBetweenRequests)
    #expect(parser.bufferedCount == 1)
  }

  @Test func aLargeBodyInSmallPiecesTakesLinearTime() throws {
    var parser = RequestParser()
    parser.receive(Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n".utf8))
    var received = 0
    let piece = [UInt8](repeating: 0x61, count: 1_000)
    for _ in 0..<1_000 {
      parser.receive(piece)
      while let event = try parser.next() {
        if case .body(let bytes) = event { received += bytes.count }
      }
    }
    #expect(received == 1_000_000)
    #expect(parser.isBetweenRequests)
  }
}

/// xorshift64*: small, seeded, the same everywhere.
private struct Generator {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return Int((state &* 0x2545_F491_4F6C_DD1D) >> 33) % bound
  }
}
