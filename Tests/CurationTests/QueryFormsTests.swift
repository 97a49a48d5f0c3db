import BoundedJSON
import Curation
import Testing

/// How queries are worded.
@Suite struct QueryFormsTests {
  @Test func fillsPlaceholdersOnceAndSearchesNoText() throws {
    let forms = QueryForms.common
    #expect(forms.neutral(genre: "newswire") == "Write a news agency article.")
    #expect(forms.query(genre: "blog", opening: "I {opening} it.").hasSuffix("following: I {opening} it."))
    #expect(forms.query(genre: nil, topic: "{topic} {opening}") == "Write a text about this topic: {topic} {opening}")
    #expect(forms.query(genre: "no such genre", topic: "tides") == "Write a text about this topic: tides")
  }

  @Test func takesAFilesOwnForms() throws {
    let json = #"{"blog":{"neutral":"Post.","topic":"On {topic}, post.","opening":"Go on: {opening}"}}"#
    let forms = try QueryForms(json: Array(json.utf8))
    #expect(forms.query(genre: "blog", topic: "tea") == "On tea, post.")
    #expect(forms.neutral(genre: "email") == QueryForms.common.neutral(genre: "email"))
  }

  @Test(arguments: [
    (
      #"{"blog":{"neutral":"P.","topic":"On it.","opening":"{opening}"}}"#,
      "\"topic\" of the genre \"blog\" has no {topic}"
    ),
    (#"{"blog":{"neutral":"P.","topic":"{topic}","opening":"{topic}"}}"#, "\"opening\" of the genre \"blog\" has no"),
    (
      #"{"blog":{"neutral":" ","topic":"{topic}","opening":"{opening}"}}"#, "\"neutral\" of the genre \"blog\" is blank"
    ),
    (#"{"blog":{"topic":"{topic}","opening":"{opening}"}}"#, "/blog"), (#"[1]"#, ""), (#"{"blog":"#, ""),
  ])
  func refuses(json: String, message: String) throws {
    let error = try #require(throws: QueryForms.Fault.self) { _ = try QueryForms(json: Array(json.utf8)) }
    #expect(message.isEmpty || error.description.contains(message), "\(error)")
  }
}
