import Foundation
import Logging
import Telemetry
import Testing

@Suite struct LogTests {
  /// What `body` writes through a handler of this format.
  private func lines(_ format: LineLogHandler.Format, _ body: (Logger) -> Void) throws -> [String] {
    let pipe = Pipe()
    let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    var logger = Logger(label: "test") { label in
      LineLogHandler(label: label, format: format, sink: sink, clock: { WallTime(milliseconds: 1_769_850_300_007) })
    }
    logger[metadataKey: "request_id"] = "r-1"
    body(logger)
    try pipe.fileHandleForWriting.close()
    let data = try #require(try pipe.fileHandleForReading.readToEnd())
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func oneObjectALineWithNumbersAsNumbers() throws {
    let written = try lines(.json) { logger in
      logger.info(
        "scored\n\"it\" é\u{1B}",
        metadata: [
          "status": .stringConvertible(200), "ok": .stringConvertible(true), "queue_ms": .stringConvertible(3.5),
          "nan": .stringConvertible(Double.nan), "a": ["b": "c", "d": ["e": "f"]],
          "list": ["x", .stringConvertible(1)],
          "ts": "mine",
        ])
      logger.debug("not written")
    }
    #expect(
      written == [
        #"{"ts":"2026-01-31T09:05:00.007Z","level":"info","msg":"scored\n\"it\" \u00e9\u001b","logger":"test","#
          + #""a.b":"c","a.d.e":"f","list":["x",1],"nan":"nan","ok":true,"queue_ms":3.5,"request_id":"r-1","#
          + #""status":200,"meta.ts":"mine"}"#
      ])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(written[0].utf8)) as? [String: Any])
    #expect(object["msg"] as? String == "scored\n\"it\" é\u{1B}")
  }

  @Test func textNeverLetsAPeerStartALine() throws {
    let written = try lines(.text) { logger in
      logger.warning("bad\n2026 info forged", metadata: ["x": "a\r\nb"])
    }
    #expect(
      written == [
        #"2026-01-31T09:05:00.007Z warning test: bad\x0a2026 info forged request_id="r-1" x="a\r\nb""#
      ])
  }

  @Test func linesOfManyThreadsAreNeverMixed() async throws {
    let pipe = Pipe()
    let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    let long = String(repeating: "x", count: 5_000)
    async let writing: Void = withTaskGroup(of: Void.self) { group in
      for task in 0..<4 { group.addTask { for _ in 0..<50 { sink.write("\(task)\(long)\(task)") } } }
    }
    var data = Data()
    while data.count < 200 * 5_003 { data += pipe.fileHandleForReading.availableData }
    await writing
    let written = String(decoding: data, as: UTF8.self).split(separator: "\n")
    #expect(written.count == 200)
    #expect(written.allSatisfy { $0.count == 5_002 && $0.first == $0.last })
  }

  @Test func aLineThatCannotBeWrittenIsCounted() {
    let sink = LogSink(descriptor: -1)
    sink.write("lost")
    #expect(sink.dropped.value == 1)
  }

  @Test func quietRoutesAreLoggedOnlyWhenTheyFail() throws {
    let written = try lines(.json) { logger in
      let log = RequestLog(logger, quietRoutes: ["/livez"])
      var record = AccessRecord(
        requestID: "r-2", client: "127.0.0.1", method: "GET", route: "/livez", status: 200, requestBytes: 0,
        responseBytes: 3, seconds: 0.00123)
      log.request(record)
      record.status = 503
      log.request(record)
    }
    #expect(written.count == 1)
    #expect(
      written[0].hasSuffix(
        #""level":"warning","msg":"request","logger":"test","client":"127.0.0.1","duration_ms":1.2,"method":"GET","#
          + #""request_bytes":0,"request_id":"r-2","response_bytes":3,"route":"/livez","status":503}"#))
  }
}

@Suite struct RequestIDTests {
  @Test func takesOnlyHarmlessNames() {
    #expect(RequestID.accepted("a.B_9-") == "a.B_9-")
    #expect(RequestID.accepted(String(repeating: "a", count: 128)) != nil)
    for refused in [nil, "", "a b", "é", "a\n", "a\"", String(repeating: "a", count: 129)] {
      #expect(RequestID.accepted(refused) == nil)
    }
  }

  @Test func makesNamesThatItWouldTake() {
    let names = Set((0..<1_000).map { _ in RequestID.make() })
    #expect(names.count == 1_000)
    #expect(names.allSatisfy { $0.utf8.count == 32 && RequestID.accepted($0) != nil })
  }
}

@Suite struct ClockTests {
  @Test func addsAndSubtractsSeconds() {
    let start = MonotonicTime(nanoseconds: 5_000_000_000)
    let later = start.advanced(bySeconds: 1.5)
    #expect(later.seconds(since: start) == 1.5)
    #expect(start.seconds(since: later) == -1.5)
    #expect(start < later)
    #expect(MonotonicTime(nanoseconds: .max).advanced(bySeconds: 1).nanoseconds == .max)
    #expect(start.advanced(bySeconds: .infinity) > start)
    #expect(MonotonicTime.now() <= MonotonicTime.now())
  }

  @Test func writesRFC3339() {
    #expect(WallTime(milliseconds: 0).rfc3339 == "1970-01-01T00:00:00.000Z")
    #expect(WallTime(milliseconds: 951_782_400_999).rfc3339 == "2000-02-29T00:00:00.999Z")
  }

  @Test func escapesOctets() {
    #expect(Escaping.printable([0x41, 0x0A, 0x5C, 0xFF]) == "A\\x0a\\\\\\xff")
    #expect(Escaping.printable(Array("abcdef".utf8), max: 3) == "abc…")
    #expect(Escaping.json("😀\u{7F}") == "\"\\ud83d\\ude00\\u007f\"")
  }
}
