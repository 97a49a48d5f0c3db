import Foundation
import RemoteInference
import Testing

/// Addresses as people write them, and keys that never show.
@Suite struct ServerAddressTests {
  @Test(arguments: [
    ("", "/v1/chat/completions"), ("/", "/v1/chat/completions"), ("/v1", "/v1/chat/completions"),
    ("/v1/", "/v1/chat/completions"), ("/openai/v1beta", "/openai/v1beta/chat/completions"),
    ("/proxy", "/proxy/v1/chat/completions"), ("/x/chat/completions", "/x/chat/completions"),
    ("/v1?api-version=2", "/v1/chat/completions?api-version=2"),
  ]) func findsTheRouteFromWhateverIsGiven(path: String, expected: String) async throws {
    let server = try ScriptedServer([.answer(status: 200, body: ChatFixture.completion("ok"))])
    _ = try await ChatFixture.client(server.url + path).answer(to: ChatFixture.request("q"))
    #expect(server.asked.map(\.line) == ["POST \(expected) HTTP/1.1"])
  }

  @Test(arguments: [
    "", "127.0.0.1:8000", "localhost", "ftp://x/", "http://", "http://user:pass@x/", "http://x/#a", "http://x:0/",
    "http://x:99999/", "http://x y/",
  ]) func refusesWhatIsNoAddress(text: String) {
    do {
      _ = try ServerAddress(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(!"\(error)".contains("pass@"))
    }
  }

  @Test func doesNotShowAQuery() async throws {
    let address = try ServerAddress("http://x/v1?key=secret")
    #expect(address.shown("/a") == "http://x/v1/a" && address.route("/a") == "http://x/v1/a?key=secret")
  }

  @Test func aKeyHasNoDescription() throws {
    let key = try APIKey(" sk-1/2345\n", source: "x")
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped, "\(Optional(key) as Any)", "\([key])"] {
      #expect(!text.contains("sk-1"))
    }
    #expect(key.hidden(in: "a sk-1/2345 b sk-1\\/2345 c") == "a [key] b [key] c")
  }

  @Test func aWordForNoKeyIsNoSecret() throws {
    #expect(try APIKey("EMPTY", source: "x").hidden(in: "EMPTY body") == "EMPTY body")
  }

  @Test func aLongKeyIsHiddenAlsoWhereTheTextWouldBeCut() throws {
    let key = try APIKey(String(repeating: "k", count: 8_000), source: "x")
    #expect(Excerpt.text([UInt8](repeating: UInt8(ascii: "k"), count: 24_000), hiding: key) == "[key][key][key]")
  }

  @Test func aTextIsCutAfterItsKeyIsHidden() throws {
    let key = try APIKey(String(repeating: "k", count: 50), source: "x")
    for padding in 200...320 {
      let text = String(repeating: "x", count: padding) + String(repeating: "k", count: 50) + "\u{1B}[31m"
      #expect(!Excerpt.text(text, hiding: key).contains("k]k") && !Excerpt.text(text, hiding: key).contains("kk"))
      #expect(!Excerpt.text(Array(text.utf8), hiding: key).contains("kk"))
    }
  }

  @Test func readsAKeyFromAFileOrTheEnvironment() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("sk-from-file\n", to: "key")
    #expect(try APIKey(file: path) == APIKey("sk-from-file", source: "x"))
    #expect(try APIKey(environmentVariable: "PERSRM_NO_SUCH_VARIABLE") == nil)
    #expect(try APIKey(environmentVariable: "HOME") != nil)
    for (text, reason) in [("", "is empty"), ("a b", "visible ASCII"), ("sk-\u{E9}", "visible ASCII")] {
      let path = try folder.write(text, to: "bad")
      do {
        _ = try APIKey(file: path)
        Issue.record("taken")
      } catch {
        #expect("\(error)".hasPrefix("the key in \(path)") && "\(error)".contains(reason))
      }
    }
    let large = try folder.write(String(repeating: "k", count: 10_000), to: "large")
    #expect(throws: RemoteError.badKey(source: large, reason: "has more than 8192 bytes")) { try APIKey(file: large) }
    #expect(throws: RemoteError.self) { try APIKey(file: folder.path("none")) }
  }
}
