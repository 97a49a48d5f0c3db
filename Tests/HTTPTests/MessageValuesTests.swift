import HTTP
import Testing

@Suite struct RequestTargetTests {
  @Test func decodesThePathOnceAndKeepsEscapedSlashes() throws {
    let target = try #require(RequestTarget("/a%20b/%2Fc%2f%25%C3%A9?x=%41+b&y&=z"))
    #expect(target.path == "/a b/%2Fc%2F%é")
    #expect(target.query == "x=%41+b&y&=z")
    #expect(target.queryItems.map(\.name) == ["x", "y", ""])
    #expect(target.queryItems.map(\.value) == ["A b", "", "z"])
    #expect(RequestTarget("/a")?.query == nil)
    #expect(RequestTarget("/a?")?.query == "")
  }

  @Test func takesTheAuthorityOfAbsoluteForm() throws {
    let target = try #require(RequestTarget("HTTP://[::1]:80?q"))
    #expect(target.authority == "[::1]:80")
    #expect(target.path == "/")
    #expect(target.query == "q")
    #expect(RequestTarget("ftp://a/") == nil)
    #expect(RequestTarget("http:///") == nil)
  }
}

@Suite struct ResponseSerializerTests {
  private func text(
    _ response: Response, to method: Method? = .get, version: Version = .http11, keepsAlive: Bool = true
  ) -> String {
    let bytes = ResponseSerializer.bytes(
      response, to: method, version: version, keepsAlive: keepsAlive, date: "D")
    return String(decoding: bytes, as: UTF8.self)
  }

  private let hello = Response(status: .ok, contentType: "text/plain", body: Array("hello".utf8))

  @Test func writesLengthAndDate() {
    #expect(
      text(hello) == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
  }

  @Test func headGetsTheFieldsWithoutTheBody() {
    #expect(
      text(hello, to: .head) == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n")
  }

  @Test func noContentHasNeitherLengthNorBody() {
    #expect(text(Response(status: .noContent, body: [1])) == "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n")
    #expect(text(Response(status: .notModified, body: [1])) == "HTTP/1.1 304 Not Modified\r\nDate: D\r\n\r\n")
  }

  @Test func saysWhatBecomesOfTheConnection() {
    let empty = Response(status: .ok)
    #expect(text(empty, keepsAlive: false).hasSuffix("Content-Length: 0\r\nConnection: close\r\n\r\n"))
    #expect(text(empty, version: .http10).hasSuffix("Connection: keep-alive\r\n\r\n"))
    #expect(text(empty, version: .http10, keepsAlive: false).hasSuffix("Connection: close\r\n\r\n"))
  }

  @Test func whatAResponderSaysOfTheConnectionIsNotWritten() {
    let response = Response(
      status: .ok, fields: ["content-length": "9", "Transfer-Encoding": "chunked", "connection": "x", "X": "y"])
    #expect(text(response) == "HTTP/1.1 200 OK\r\nDate: D\r\nX: y\r\nContent-Length: 0\r\n\r\n")
  }

  @Test func aReasonPhraseCannotEndTheLineAndIsCut() {
    let status = Status(422, reason: "bad\r\nX: y é" + String(repeating: "z", count: 80))
    #expect(status.reason.utf8.count == 60)
    #expect(status.reason.hasPrefix("bad??X: y ?zzz"))
    #expect(status == Status(422))
    #expect(Status(599).reason == "Status 599")
  }
}

@Suite struct HTTPDateTests {
  @Test func writesKnownDates() {
    #expect(HTTPDate.text(secondsSinceEpoch: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(HTTPDate.text(secondsSinceEpoch: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(secondsSinceEpoch: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    #expect(HTTPDate.text(secondsSinceEpoch: 4_107_542_399) == "Sun, 28 Feb 2100 23:59:59 GMT")
    #expect(HTTPDate.text(secondsSinceEpoch: 4_107_542_400) == "Mon, 01 Mar 2100 00:00:00 GMT")
  }
}

@Suite struct MethodTests {
  @Test func isATokenWithCase() {
    #expect(Method("GET") == .get)
    #expect(Method("get") != .get)
    #expect(Method("a b") == nil)
    #expect(Method("") == nil)
    #expect(Method.trace.isImplemented == false)
  }
}
