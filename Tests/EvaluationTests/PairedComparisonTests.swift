import Evaluation
import Testing

@Suite struct PairedComparisonTests {
  /// Results that are right where the text has a 1.
  private func results(_ rights: String, prefix: String = "p") -> [JudgedPair] {
    rights.enumerated().map { index, mark in
      JudgedPair(
        Sample.pair("\(prefix)\(index)", author: "author\(index % 3)"),
        answers: [mark == "1" ? Sample.answer(7, 4) : Sample.answer(4, 7)])
    }
  }

  @Test func countsAndTestAreThoseDoneByHand() throws {
    let comparison = try PairedComparison(results("1100000001"), results("0111111001"), seed: 0)
    #expect(comparison.n == 10)
    #expect(comparison.bothRight == 2)
    #expect(comparison.bothWrong == 2)
    #expect(comparison.lost == ["p0"])
    #expect(comparison.gained == ["p2", "p3", "p4", "p5", "p6"])
    #expect(abs(comparison.difference - 0.4) < 1e-12)
    // 1 of 6: 2 * (1 + 6) / 64.
    #expect(abs(comparison.pValue - 14.0 / 64) < 1e-12)
    let ends = try #require(comparison.differenceInterval)
    #expect(ends[0] <= 0.4 && 0.4 <= ends[1])
  }

  @Test(arguments: [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (5, 0, 0.0625), (1, 9, 22.0 / 1024), (0, 1, 1)])
  func mcNemarIsTheSignTest(lost: Int, gained: Int, p: Double) {
    #expect(abs(PairedComparison.mcNemar(lost, gained) - p) < 1e-12)
  }

  @Test func mcNemarHoldsForManyPairs() {
    // Close to the normal approximation: z = 100 / sqrt(2000) = 2.236, with half a step off 2.214: p = 0.0268.
    #expect(abs(PairedComparison.mcNemar(950, 1050) - 0.0268) < 5e-4)
    #expect(PairedComparison.mcNemar(0, 3000) < 1e-300)
  }

  @Test func theOtherWayRoundIsTheOppositeDifference() throws {
    let (a, b) = (Sample.random(90, authors: 4, rate: 0.6, seed: 1), Sample.random(90, authors: 4, rate: 0.8, seed: 1))
    // The same seed gives other labels where draws differ in number, so only verdicts are taken over.
    let judged = zip(a, b).map { pair, other -> JudgedPair in
      var pair = pair
      pair.answers = other.answers
      return pair
    }
    let (there, back) = (try PairedComparison(a, judged, seed: 3), try PairedComparison(judged, a, seed: 3))
    #expect(there.difference == -back.difference)
    #expect(there.pValue == back.pValue)
    #expect(there.lost == back.gained && there.gained == back.lost)
  }

  @Test func setsOfOtherPairsAreRefused() {
    func message(_ first: [JudgedPair], _ second: [JudgedPair]) -> String {
      do throws(EvaluationError) {
        _ = try PairedComparison(first, second, seed: 0)
        return "compared"
      } catch { return "\(error)" }
    }
    #expect(
      message(results("11"), results("111"))
        == "the two sets are not of the same pairs: only the second has p2")
    #expect(
      message(results("1111"), results("1", prefix: "q"))
        == "the two sets are not of the same pairs: only the first has p0, p1, p2, …; only the second has q0")
    #expect(message([], []) == "no pairs to compare")
    #expect(message(results("1") + results("1"), results("1")) == "first set: id \"p0\" is there twice")
    #expect(
      message(results("1"), results("1").map(\.swapped)) == "pair \"p0\" has another preferred in the second set")
  }
}
