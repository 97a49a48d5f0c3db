import Benchmarking
import Judge
import Testing

/// The made-up comparisons: the same for everybody, and of the sizes that are claimed.
@Suite struct JudgeWorkloadTests {
  private let workload = JudgeWorkload()

  @Test func theSameSeedMakesTheSameTexts() {
    #expect(workload.comparisons(seed: 7) == workload.comparisons(seed: 7))
    // On any machine and with any version of the standard library.
    #expect(workload.comparisons(seed: 7)[0].query.hasPrefix("This cheerful teacher measures one schedule during"))
  }

  @Test func otherSeedsShareNoText() {
    let first = workload.comparisons(seed: 1), second = workload.comparisons(seed: 2)
    let texts = { (comparison: Comparison) in
      comparison.exemplars + [comparison.query, comparison.responseA, comparison.responseB]
    }
    #expect(Set(first.flatMap(texts)).isDisjoint(with: second.flatMap(texts)))
  }

  @Test func aUsersComparisonsShareExemplarsAndNothingElse() {
    let comparisons = workload.comparisons(seed: 3)
    #expect(comparisons.count == 64)
    #expect(Set(comparisons.map(\.exemplars)).count == 8)
    #expect(Set(comparisons.map(\.query)).count == 64)
    #expect(Set(comparisons.flatMap { [$0.responseA, $0.responseB] }).count == 128)
    for user in 0..<8 {
      #expect(Set(comparisons[user * 8..<(user + 1) * 8].map(\.exemplars)).count == 1)
    }
  }

  @Test func textsHaveTheWordsAskedForAndAtMostASentenceMore() {
    func words(_ text: String) -> Int { text.split(separator: " ").count }
    for comparison in workload.comparisons(seed: 11) {
      #expect(comparison.exemplars.count == workload.exemplars)
      #expect(
        comparison.exemplars.allSatisfy { (workload.exemplarWords..<workload.exemplarWords + 26).contains(words($0)) })
      #expect((workload.queryWords..<workload.queryWords + 26).contains(words(comparison.query)))
      #expect((workload.responseWords..<workload.responseWords + 26).contains(words(comparison.responseA)))
    }
  }

  @Test func randomPromptsAreOrdinaryTokensThatNobodyHasSeen() {
    var prompts = RandomPrompts(ordinary: [3, 5, 8], seed: 1)
    let first = prompts.next(64)
    #expect(first.count == 64 && Set(first) == [3, 5, 8])
    #expect(prompts.next(64) != first)
    let shared = prompts.next(48, count: 3, shared: 32)
    #expect(Set(shared.map { Array($0.prefix(32)) }).count == 1)
    #expect(Set(shared).count == 3 && shared.allSatisfy { $0.count == 48 })
  }
}
