import HTTP
import Testing

@Suite struct FieldsTests {
  @Test func findsNamesWhateverTheirCaseAndKeepsOrder() {
    let fields: Fields = ["Accept": "a", "X-One": "1", "ACCEPT": "b"]
    #expect(fields.first(named: "accept") == "a")
    #expect(fields.all(named: "aCCept") == ["a", "b"])
    #expect(fields.map(\.name) == ["Accept", "X-One", "ACCEPT"])
    #expect(fields.first(named: "accep") == nil)
  }

  @Test func setPutsOneLineInThePlaceOfAll() {
    var fields: Fields = ["A": "1", "B": "2", "a": "3"]
    fields.set("a", "4")
    #expect(fields.map(\.value) == ["4", "2"])
    fields.remove("A")
    #expect(fields.map(\.name) == ["B"])
  }

  @Test func aValueCanNeverSplitAMessage() {
    var fields = Fields()
    fields.append("X", "a\r\nSet-Cookie: b\u{0}c\u{7F}\td\n")
    #expect(fields.first(named: "X") == "a  Set-Cookie: b c \td")
    fields.set("X", " caf\u{E9} \u{20AC}")
    #expect(fields.first(named: "X") == "caf\u{E9} ?")
  }

  @Test func readsListsAcrossLines() {
    let fields: Fields = ["Connection": "close, , Upgrade ", "connection": "\tkeep-alive"]
    #expect(fields.members(named: "Connection") == ["close", "Upgrade", "keep-alive"])
    #expect(fields.hasMember("KEEP-ALIVE", named: "connection"))
    #expect(!fields.hasMember("keep", named: "connection"))
  }
}
