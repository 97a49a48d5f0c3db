import BoundedJSON
import Foundation
import RemoteInference
import Synchronization
import Testing

/// Many requests over a server that misbehaves, killed and resumed: nothing asked twice that was answered, nothing
/// lost, and the same results whatever the order.
@Suite struct ResumeTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("requests.jsonl")
  }

  /// Every question fails one to three times, each in its own way, and is then answered; every ninth is refused.
  private static func step(_ question: String, tries: Int) -> ScriptedServer.Step {
    let number = Int(question.dropFirst()) ?? 0
    if number % 9 == 4 { return .answer(status: 422, body: "{\"error\":{\"message\":\"not \(question)\"}}") }
    let good = ChatFixture.completion("answer to \(question)", completion: number)
    if tries > number % 4 { return .answer(status: 200, body: good) }
    let faults: [ScriptedServer.Step] = [
      .answer(status: 429, fields: [("Retry-After", "1")], body: "{}"), .answer(status: 500, body: "<html>"),
      .answer(status: 503, body: ""), .reset(after: ""), .cut(body: good, after: 40),
      .answer(status: 200, body: "{\"choices\":[{\"mess"), .answer(status: 200, body: "{\"choices\":[]}"),
      .slow(milliseconds: 5_000, body: good), .answer(status: 200, body: "[1,2]"),
    ]
    return faults[(number * 3 + tries) % faults.count]
  }

  /// How often each question was asked, and how often it was given a whole good answer.
  private final class Tally: Sendable {
    let asked = Mutex<[String: Int]>([:])
    let answered = Mutex<[String: Int]>([:])

    func next(_ question: String) -> ScriptedServer.Step {
      let tries = asked.withLock { asked in
        asked[question, default: 0] += 1
        return asked[question] ?? 0
      }
      let step = ResumeTests.step(question, tries: tries)
      if case .answer(200, _, let body) = step, body.contains("answer to") {
        answered.withLock { $0[question, default: 0] += 1 }
      }
      return step
    }
  }

  private func run(
    _ client: ChatClient, count: Int, stopAfter: Int = .max
  ) async -> [String: Result<String, RemoteError>] {
    await withTaskGroup(of: Named.self, returning: [String: Result<String, RemoteError>].self) { group in
      for number in 0..<count {
        group.addTask {
          do throws(RemoteError) {
            let answer = try await client.answer(to: ChatFixture.request("q\(number)"), label: "pair \(number)")
            return Named(name: "q\(number)", result: .success(answer.text))
          } catch {
            return Named(name: "q\(number)", result: .failure(error))
          }
        }
      }
      var results: [String: Result<String, RemoteError>] = [:]
      for await named in group {
        results[named.name] = named.result
        if results.count == stopAfter { group.cancelAll() }
      }
      return results
    }
  }

  private struct Named: Sendable {
    let name: String
    let result: Result<String, RemoteError>
  }

  private func expected(_ count: Int) -> [String: Result<String, RemoteError>] {
    var results: [String: Result<String, RemoteError>] = [:]
    for number in 0..<count {
      let refusal = RemoteError.refused(Refusal(status: 422, reason: "status 422: not q\(number)"))
      results["q\(number)"] = number % 9 == 4 ? .failure(refusal) : .success("answer to q\(number)")
    }
    return results
  }

  private func client(
    _ server: ScriptedServer, concurrency: Int = 4, seed: UInt64 = 1,
    transport: any HTTPTransport = WebTransport(connectionsMax: 8)
  ) throws -> ChatClient {
    try ChatFixture.client(server.url, journal: try RequestJournal(path: path), transport: transport) {
      $0.concurrency = concurrency
      $0.timeout = .seconds(1)
      $0.policy.seed = seed
    }
  }

  /// The questions that the journal has an answer or a refusal of.
  private func settled() throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try folder.read("requests.jsonl").split(separator: UInt8(ascii: "\n")).compactMap { line in
      let record = try JSONReader.value(Array(line), limits: .request)
      guard let kind = record["kind"]?.string, kind == "answer" || kind == "refused" else { return nil }
      return record["label"]?.string.map { "q" + $0.dropFirst(5) }
    }
  }

  @Test func everyRequestIsAnsweredOrRefusedWhateverTheConcurrency() async throws {
    for (concurrency, seed) in [(1, UInt64(1)), (3, 2), (8, 3)] {
      let tally = Tally()
      let server = try ScriptedServer { _, asked in tally.next(ChatFixture.question(asked)) }
      try? FileManager.default.removeItem(atPath: path)
      let transport = CountingTransport(WebTransport(connectionsMax: 8))
      let client = try client(server, concurrency: concurrency, seed: seed, transport: transport)
      #expect(await run(client, count: 18) == expected(18))
      #expect(transport.underWayMax == concurrency)
      #expect(tally.answered.withLock { $0.values.max() } == 1)
      let counters = client.counters
      #expect(counters.requests == server.asked.count)
      #expect(counters.answers == 16 && counters.refusals == 2)
      #expect(counters.completionTokens == (0..<18).filter { $0 % 9 != 4 }.reduce(0, +))
    }
  }

  @Test func resumesAfterADeathBetweenAnyTwoRecordsWithoutAskingTwice() async throws {
    let tally = Tally()
    let server = try ScriptedServer { _, asked in tally.next(ChatFixture.question(asked)) }
    let count = 27
    for stopAfter in [1, 3, 4, 8, 15, 20, 26] {
      let settled = try settled()
      let before = tally.asked.withLock { $0 }
      // The client and its journal are gone after each run, as after a kill.
      _ = await run(try client(server), count: count, stopAfter: stopAfter)
      for name in settled { #expect(tally.asked.withLock { $0[name] } == before[name], "\(name) was asked again") }
    }
    #expect(try settled().count >= 20)
    let resumed = try client(server)
    #expect(await run(resumed, count: count) == expected(count))
    let total = server.asked.count
    #expect(resumed.counters.answers == 24 && resumed.counters.refusals == 3)
    #expect(resumed.counters.completionTokens == (0..<count).filter { $0 % 9 != 4 }.reduce(0, +))
    #expect(await run(resumed, count: count) == expected(count))
    #expect(server.asked.count == total)
    let journal = String(decoding: try folder.read("requests.jsonl"), as: UTF8.self)
    // A task that is cancelled before it has its connection counts a request that the server never saw.
    #expect(resumed.counters.requests >= total && resumed.counters.requests <= total + 7 * 4)
    #expect(!journal.contains("secret") && !journal.contains("Judge."))
  }

  @Test func resumesFromAJournalCutAtEveryByteOfItsLastRecord() async throws {
    let server = try ScriptedServer { _, asked in
      .answer(status: 200, body: ChatFixture.completion("to \(ChatFixture.question(asked))"))
    }
    do {
      let client = try client(server)
      for name in ["q0", "q1", "q2"] { _ = try await client.answer(to: ChatFixture.request(name)) }
    }
    let whole = try folder.read("requests.jsonl")
    let start = try #require(whole.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
    for length in start...whole.count {
      try folder.write(whole[..<length], to: "requests.jsonl")
      let before = server.asked.count
      let client = try client(server)
      for name in ["q0", "q1", "q2"] {
        #expect(try await client.answer(to: ChatFixture.request(name)).text == "to \(name)")
      }
      let again = server.asked.dropFirst(before).map { ChatFixture.question($0) }
      #expect(again == (length >= whole.count - 1 ? [] : ["q2"]), "cut at \(length)")
    }
  }

  @Test func asksRefusedRequestsAgainOnlyWhenTold() async throws {
    let server = try ScriptedServer([
      .answer(status: 400, body: "{\"detail\":\"no\"}"), .answer(status: 200, body: ChatFixture.completion("yes")),
    ])
    let refusal = RemoteError.refused(Refusal(status: 400, reason: "status 400: no"))
    for _ in 0..<3 {
      let client = try client(server)
      await #expect(throws: refusal) { try await client.answer(to: ChatFixture.request("q")) }
    }
    #expect(server.asked.count == 1)
    let client = try ChatFixture.client(server.url, journal: try RequestJournal(path: path)) {
      $0.retriesRefused = true
    }
    #expect(try await client.answer(to: ChatFixture.request("q")).text == "yes")
  }

  @Test func asksAgainWhatWasStoppedOrGivenUp() async throws {
    let server = try ScriptedServer([
      .answer(status: 401, body: ""), .answer(status: 404, body: ""), .answer(status: 500, body: ""),
      .answer(status: 200, body: ChatFixture.completion("yes")),
    ])
    for _ in 0..<3 {
      let client = try ChatFixture.client(server.url, journal: try RequestJournal(path: path)) {
        $0.policy.attemptsMax = 1
      }
      await #expect(throws: RemoteError.self) { try await client.answer(to: ChatFixture.request("q")) }
    }
    let client = try client(server)
    #expect(try await client.answer(to: ChatFixture.request("q")).text == "yes")
    #expect(client.counters.requests == 4)
  }

  @Test func asksOnceForAllThatAskTheSameAtOneTime() async throws {
    let server = try ScriptedServer([.slow(milliseconds: 100, body: ChatFixture.completion("one"))])
    let client = try ChatFixture.client(server.url)
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<10 { group.addTask { try await client.answer(to: ChatFixture.request("same")).text } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(texts == Array(repeating: "one", count: 10))
    #expect(server.asked.count == 1)
  }

  @Test func anotherTakesOverWhenTheFirstToAskIsCancelled() async throws {
    let server = try ScriptedServer([
      .slow(milliseconds: 30_000, body: ""), .answer(status: 200, body: ChatFixture.completion("two")),
    ])
    let client = try ChatFixture.client(server.url)
    let first = Task { try await client.answer(to: ChatFixture.request("same")).text }
    while server.asked.isEmpty { await Task.yield() }
    let second = Task { try await client.answer(to: ChatFixture.request("same")).text }
    for _ in 0..<10 { await Task.yield() }
    first.cancel()
    await #expect(throws: RemoteError.cancelled) { try await first.value }
    #expect(try await second.value == "two")
    #expect(server.asked.count == 2)
  }
}
