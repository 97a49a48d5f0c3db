import Judge
import Testing

@Suite struct ScoreTableTests {
  private func shares(_ shares: [Int: Double]) throws -> ScoreDistribution {
    try #require(ScoreDistribution(weights: (1...10).map { shares[$0, default: 0] }))
  }

  @Test func theSecondNumberIsReadOverAllThatTheFirstMayBe() throws {
    let first = try shares([8: 0.6, 3: 0.4])
    let table = try #require(
      ScoreTable(first: first, seconds: [8: try shares([3: 1]), 3: try shares([8: 0.5, 3: 0.5])]))
    let second = try #require(table.second)
    #expect(abs(second.probabilities[2] - 0.8) < 1e-12 && abs(second.probabilities[7] - 0.2) < 1e-12)
    // 8 beats 3 always; 3 ties half of the time and loses the other half.
    #expect(abs(table.probabilityFirst - (0.6 + 0.4 * 0.25)) < 1e-12)
  }

  @Test func independentNumbersHaveTheProbabilityOfIndependentDraws() throws {
    let first = try shares([2: 0.2, 5: 0.5, 9: 0.3])
    let second = try shares([1: 0.1, 5: 0.7, 10: 0.2])
    let table = try #require(ScoreTable(first: first, seconds: [2: second, 5: second, 9: second]))
    #expect(abs(table.probabilityFirst - Aggregation.probabilityFirst(first, second)) < 1e-12)
  }

  @Test func firstNumbersWithoutASecondCountAsImpossible() throws {
    let first = try shares([8: 0.6, 3: 0.2, 1: 0.2])
    let table = try #require(ScoreTable(first: first, seconds: [8: try shares([9: 1]), 3: try shares([1: 1])]))
    #expect(abs(table.probabilityFirst - 0.25) < 1e-12)
    #expect(ScoreTable(first: first, seconds: [:]) == nil)
    #expect(ScoreTable(first: first, seconds: [7: first]) == nil)
  }

  @Test func theLikeliestFirstNumbersAreAskedUntilEnoughIsCovered() throws {
    let first = try shares([1: 0.05, 4: 0.3, 5: 0.3, 9: 0.35])
    #expect(ScoreTable.firstNumbers(of: first, coverage: 0.3, countMax: 6) == [9])
    #expect(ScoreTable.firstNumbers(of: first, coverage: 0.6, countMax: 6) == [4, 9])
    #expect(ScoreTable.firstNumbers(of: first, coverage: 0.96, countMax: 6) == [1, 4, 5, 9])
    #expect(ScoreTable.firstNumbers(of: first, coverage: 1, countMax: 2) == [4, 9])
    #expect(first.likeliest == 9)
  }
}
