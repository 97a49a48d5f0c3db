import HTTP
import Testing

/// Answers read whole and octet by octet, and refused alike.
@Suite struct ResponseParserTests {
  /// What a stream comes to: the head's code, the body, and whether it came to its end.
  struct Reading: Equatable {
    var code = 0
    var body: [UInt8] = []
    var hasEnded = false
    var error: ResponseParseError?
  }

  private func read(_ text: String, pieces: Int) -> Reading {
    var reading = Reading()
    var parser = ResponseParser()
    func take(_ event: ResponseParser.Event) {
      switch event {
      case .head(let head): reading.code = head.code
      case .body(let bytes): reading.body += bytes
      case .end: reading.hasEnded = true
      }
    }
    do throws(ResponseParseError) {
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        parser.receive(rest.prefix(pieces))
        rest = rest.dropFirst(pieces)
        while let event = try parser.next() { take(event) }
      }
      if let event = try parser.finish() { take(event) }
    } catch {
      reading.error = error
    }
    return reading
  }

  private func check(_ text: String, code: Int, body: String) {
    let expected = Reading(code: code, body: Array(body.utf8), hasEnded: true)
    for pieces in [1, 2, 3, 7, 10_000] { #expect(read(text, pieces: pieces) == expected, "\(text) by \(pieces)") }
    // Whatever is missing at the end is missed, but for a body that ends with its connection.
    guard text.contains("Content-Length") || text.contains("chunked") else { return }
    for length in 0..<text.utf8.count {
      let cut = read(String(decoding: text.utf8.prefix(length), as: UTF8.self), pieces: 10_000)
      #expect(cut.error != nil && !cut.hasEnded, "\(text) cut at \(length)")
    }
  }

  @Test func readsEveryFraming() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", code: 200, body: "abc")
    check("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", code: 200, body: "")
    check("HTTP/1.0 404 Not Found\r\n\r\nabc", code: 404, body: "abc")
    check("HTTP/1.1 999 \r\n\r\n", code: 999, body: "")
    check(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: 1\r\n\r\n", code: 200,
      body: "abcd")
    check(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      code: 200, body: "x")
  }

  @Test func leavesWhatFollowsAlone() {
    let two = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 500 Oops\r\n\r\n"
    for pieces in [1, 10_000] {
      #expect(read(two, pieces: pieces) == Reading(code: 200, body: [UInt8(ascii: "x")], hasEnded: true))
    }
    let empty = "HTTP/1.1 204 No Content\r\n\r\nabc"
    #expect(read(empty, pieces: 1) == Reading(code: 204, hasEnded: true))
  }

  @Test(arguments: [
    "SSH-2.0-x\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 101 Switch\r\n\r\n", "HTTP/1.1 200 OK\n\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "HTTP/1.1 200 OK\r\nA: \u{0}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: " + String(repeating: "b", count: 20_000) + "\r\n\r\n",
    "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 200) + "\r\n",
    String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20) + "HTTP/1.1 200 OK\r\n\r\n",
  ]) func refusesWhatIsNoAnswerHoweverItIsCut(text: String) {
    let whole = read(text, pieces: 100_000)
    #expect(whole.error != nil)
    if case .truncated = whole.error { Issue.record("only because it ended") }
    #expect(read(text, pieces: 1).error == whole.error)
  }
}
