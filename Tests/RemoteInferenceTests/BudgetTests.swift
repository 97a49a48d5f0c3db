import Foundation
import RemoteInference
import Testing

/// Nothing is sent that could spend more than it may.
@Suite struct BudgetTests {
  private func spend(
    _ budget: Budget, count: Int = 10, concurrency: Int = 1, retries: Bool = false
  ) async throws -> (asked: Int, client: ChatClient, error: RemoteError?) {
    let server = try ScriptedServer { number, _ in
      retries && number % 2 == 0
        ? .answer(status: 500, body: "") : .answer(status: 200, body: ChatFixture.completion("x"))
    }
    let client = try ChatFixture.client(server.url) {
      $0.budget = budget
      $0.concurrency = concurrency
    }
    var error: RemoteError?
    for number in 0..<count where error == nil {
      do throws(RemoteError) {
        _ = try await client.answer(to: ChatFixture.request("q\(number)", maxTokens: 10))
      } catch let thrown {
        error = thrown
      }
    }
    return (server.asked.count, client, error)
  }

  @Test func sendsNoMoreRequestsThanItMay() async throws {
    let (asked, client, error) = try await spend(Budget(requestsMax: 5))
    #expect(asked == 5 && client.counters.requests == 5)
    #expect("\(try #require(error))".hasPrefix("the budget of 5 requests is spent: 5 used, and one more"))
    #expect(try await spend(Budget(requestsMax: 5), retries: true).asked == 5)
  }

  @Test func staysWithinItsTokens() async throws {
    let (asked, client, error) = try await spend(Budget(tokensMax: 100))
    // 30 a request; 24 estimated for the next one would be too many after three.
    #expect(asked == 3 && client.counters.tokens == 90)
    #expect("\(try #require(error))".contains("budget of 100 tokens is spent: 90 used"))
  }

  @Test func staysWithinItsCost() async throws {
    let budget = Budget(costMax: 0.000_65, priceIn: 2, priceOut: 10)
    let (asked, client, error) = try await spend(budget)
    #expect(asked == 4 && client.counters.costPicounits == 4 * 140_000_000)
    #expect("\(try #require(error))".contains("the budget of 0.00065 for the cost is spent: 0.00056 used"))
  }

  @Test func manyAtOnceDoNotSpendWhatOneMayNot() async throws {
    let server = try ScriptedServer([.answer(status: 200, body: ChatFixture.completion("x"))])
    let client = try ChatFixture.client(server.url) {
      $0.budget = Budget(requestsMax: 7, tokensMax: 10_000)
      $0.concurrency = 8
    }
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<30 {
        // `try?`: most of them are refused by the budget, which is what the counts show.
        group.addTask { _ = try? await client.answer(to: ChatFixture.request("q\(number)", maxTokens: 10)) }
      }
    }
    #expect(server.asked.count == 7 && client.counters.answers == 7)
  }

  @Test func whatAnEarlierRunSpentCounts() async throws {
    let folder = try TemporaryFolder()
    let server = try ScriptedServer([.answer(status: 200, body: ChatFixture.completion("x"))])
    for run in 0..<3 {
      let journal = try RequestJournal(path: folder.path("j"))
      let client = try ChatFixture.client(server.url, journal: journal) { $0.budget.requestsMax = 2 }
      do throws(RemoteError) {
        _ = try await client.answer(to: ChatFixture.request("q\(run)"))
        #expect(run < 2)
      } catch {
        #expect(run == 2)
        // What was answered is still there for the asking.
        _ = try await client.answer(to: ChatFixture.request("q0"))
      }
    }
    #expect(server.asked.count == 2)
  }

  @Test func countsByItselfWhereTheServerDoesNot() async throws {
    let body = "{\"choices\":[{\"message\":{\"content\":\"123456789\"},\"finish_reason\":\"stop\"}]}"
    let server = try ScriptedServer([.answer(status: 200, body: body)])
    let client = try ChatFixture.client(server.url)
    #expect(try await client.answer(to: ChatFixture.request("q")).usage == nil)
    #expect(client.counters.estimatedAnswers == 1 && client.counters.completionTokens == 3)
    #expect(client.counters.promptTokens > 0)
  }
}
