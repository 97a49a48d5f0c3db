import BoundedJSON
import Testing

@Suite struct JSONReaderTests {
  private func read(_ text: String, limits: JSONLimits = .request) throws(JSONError) -> JSONValue {
    try JSONReader.value(Array(text.utf8), limits: limits)
  }

  @Test func readsEveryKindOfValue() throws {
    let value = try read(#" {"a":[1,2.5,-3e2,true,null,"x\u00e9\ud83d\ude00\n"],"b":{},"c":[]} "#)
    #expect(
      value
        == .object([
          "a": .array([.integer(1), .number(2.5), .integer(-300), .bool(true), .null, .string("xé😀\n")]),
          "b": .object([:]), "c": .array([]),
        ]))
    #expect(value["a"]?.array?[1].number == 2.5)
  }

  @Test func tellsWholeNumbersFromFractionsToTheLastDigit() throws {
    #expect(try read("9007199254740993") == .integer(9_007_199_254_740_993))
    #expect(try read("0.1") == .number(0.1))
    #expect(try read("3.0").integer == 3)
    #expect(try read("3.5").integer == nil)
  }

  @Test func refusesAMemberNamedTwiceAlsoWhenEscaped() {
    #expect(throws: JSONError.duplicateKey(pointer: "/a/b~1")) { try read(#"{"a":{"b/":1,"b\/":2}}"#) }
  }

  @Test func refusesNestingBeyondTheLimitAndNamesThePlace() throws {
    let limits = JSONLimits(bytesMax: 1000, depthMax: 3, valuesMax: 100)
    _ = try read("[[[1]]]", limits: limits)
    #expect(throws: JSONError.tooDeep(pointer: "/0/0/0", max: 3)) { try read("[[[[1]]]]", limits: limits) }
    let deep = String(repeating: "[", count: 500_000)
    #expect(throws: JSONError.self) { try read(deep) }
  }

  @Test func refusesSizeAndCountBeyondTheLimit() {
    let limits = JSONLimits(bytesMax: 10, depthMax: 3, valuesMax: 3)
    #expect(throws: JSONError.tooLarge(bytes: 11, max: 10)) { try read("[1,2,3,4,5]", limits: limits) }
    #expect(throws: JSONError.tooManyValues(max: 3)) { try read("[1,2,3]", limits: limits) }
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "01", "1.", ".5", "+1", "1e", "nul", "tru", "[1 2]", "1 2",
    "\"a", "\"\\x\"", "\"\u{1}\"", "NaN", "Infinity", "'a'", "{\"a\":1,}", "[", "]", "// c\n1", "\"\\u12\"",
    "\u{FEFF}1",
  ])
  func refusesWhatIsNotJSON(_ text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }

  @Test func refusesHalfASurrogatePair() {
    #expect(throws: JSONError.loneSurrogate(pointer: "/0", offset: 2)) { try read(#"["\ud800"]"#) }
    #expect(throws: JSONError.loneSurrogate(pointer: "/0", offset: 2)) { try read(#"["\ud800\u0041"]"#) }
    #expect(throws: JSONError.loneSurrogate(pointer: "", offset: 1)) { try read(#""\udc00""#) }
  }

  @Test func refusesNumbersThatOverflow() {
    #expect(throws: JSONError.numberNotFinite(pointer: "/x")) { try read(#"{"x":1e400}"#) }
  }

  @Test func refusesBytesThatAreNotUTF8AndSaysWhere() {
    #expect(throws: JSONError.invalidUTF8(offset: 2)) {
      try JSONReader.value([0x22, 0x61, 0xFF, 0x22], limits: .request)
    }
    #expect(throws: JSONError.invalidUTF8(offset: 1)) {
      try JSONReader.value([0x22, 0xED, 0xA0, 0x80, 0x22], limits: .request)
    }
  }

  @Test func saysWhichFieldOfATypeIsWrong() {
    struct Pair: Decodable { let left: Int, right: [String] }
    #expect(throws: JSONError.mismatch(pointer: "/right", reason: "is missing")) {
      try JSONReader.decode(Pair.self, from: Array(#"{"left":1}"#.utf8), limits: .request)
    }
    #expect(throws: JSONError.mismatch(pointer: "/right/1", reason: "must be a string")) {
      try JSONReader.decode(Pair.self, from: Array(#"{"left":1,"right":["a",2]}"#.utf8), limits: .request)
    }
  }

  @Test func writesSortedAndRefusesNaN() throws {
    #expect(
      try JSONWriter.text(JSONValue.object(["b": .number(0.5), "a": .string("x/\"é\n")])) == #"{"a":"x/\"é\n","b":0.5}"#
    )
    #expect(throws: JSONError.self) { try JSONWriter.bytes(["x": Double.nan]) }
  }
}
