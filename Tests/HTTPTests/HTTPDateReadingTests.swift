import HTTP
import Testing

/// Dates of the three forms, and what is none.
@Suite struct HTTPDateReadingTests {
  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
    ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
  ])
  func readsEachForm(text: String, seconds: Int) {
    #expect(HTTPDate.secondsSinceEpoch(text) == seconds)
  }

  @Test(arguments: [
    "", "soon", "120", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Jun 2020 00:00:00 GMT",
    "Wed, 29 Feb 2023 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1969 00:00:00 GMT",
    "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov +994 08:49:37 GMT", String(repeating: "x ", count: 40),
  ])
  func refusesWhatIsNoDate(text: String) {
    #expect(HTTPDate.secondsSinceEpoch(text) == nil)
  }

  @Test func readsWhatIsWritten() {
    for seconds in stride(from: 0, to: 8_000_000_000, by: 86_400 * 17 + 12_345) {
      #expect(HTTPDate.secondsSinceEpoch(HTTPDate.text(secondsSinceEpoch: seconds)) == seconds)
    }
  }
}
