import Testing
import Tokenization

@Suite struct PairMergerTests {
  @Test func scanningAndHeapAgree() {
    for seed in UInt64(0)..<400 {
      var random = SplitMix(seed: seed)
      let table = randomTable(&random)
      let count = Int.random(in: 1...90, using: &random)
      let symbols = (0..<count).map { _ in UInt32.random(in: 0..<3, using: &random) }
      var merger = PairMerger()
      var scanned: [Int32] = []
      var heaped: [Int32] = []
      merger.merge(symbols, with: table, scanMax: .max, into: &scanned)
      merger.merge(symbols, with: table, scanMax: 0, into: &heaped)
      #expect(scanned == heaped, "seed \(seed)")
      #expect(scanned == naive(symbols, table: randomMerges(seed: seed)), "seed \(seed)")
    }
  }

  @Test func lowestRankComesFirstAndTheLeftmostOfEqualOnes() {
    var table = MergeTable(capacity: 2)
    table.set(0, 0, rank: 1, result: 10)
    table.set(0, 1, rank: 0, result: 11)
    var merger = PairMerger()
    var ids: [Int32] = []
    merger.merge([0, 0, 0, 1], with: table, into: &ids)
    #expect(ids == [10, 11])
    ids = []
    merger.merge([0, 0, 0], with: table, into: &ids)
    #expect(ids == [10, 0])
  }

  @Test func aLaterMergeOfOnePairReplacesTheEarlier() {
    var table = MergeTable(capacity: 2)
    table.set(0, 1, rank: 0, result: 10)
    table.set(0, 1, rank: 5, result: 11)
    var merger = PairMerger()
    var ids: [Int32] = []
    merger.merge([0, 1], with: table, into: &ids)
    #expect(ids == [11])
  }

  private struct Rule {
    var left: UInt32
    var right: UInt32
    var result: UInt32
  }

  /// Merges over the symbols 0, 1, 2 and the results of earlier merges; each result stands for one string.
  private func randomMerges(seed: UInt64) -> [Rule] {
    var random = SplitMix(seed: seed)
    return makeMerges(&random)
  }

  private func makeMerges(_ random: inout SplitMix) -> [Rule] {
    var strings: [[UInt32]] = [[0], [1], [2]]
    var rules: [Rule] = []
    for _ in 0..<24 {
      let left = Int.random(in: 0..<strings.count, using: &random)
      let right = Int.random(in: 0..<strings.count, using: &random)
      let joined = strings[left] + strings[right]
      if rules.contains(where: { $0.left == left && $0.right == right }) { continue }
      let result = strings.firstIndex(of: joined) ?? strings.count
      if result == strings.count { strings.append(joined) }
      rules.append(Rule(left: UInt32(left), right: UInt32(right), result: UInt32(result)))
    }
    return rules
  }

  private func randomTable(_ random: inout SplitMix) -> MergeTable {
    let rules = makeMerges(&random)
    var table = MergeTable(capacity: rules.count)
    for (rank, rule) in rules.enumerated() { table.set(rule.left, rule.right, rank: rank, result: rule.result) }
    return table
  }

  /// The definition: for each rank look at every pair, again after each merge.
  private func naive(_ symbols: [UInt32], table rules: [Rule]) -> [Int32] {
    var symbols = symbols
    search: while true {
      for rule in rules {
        for index in symbols.indices.dropLast() where symbols[index] == rule.left && symbols[index + 1] == rule.right {
          symbols[index] = rule.result
          symbols.remove(at: index + 1)
          continue search
        }
      }
      return symbols.map { Int32($0) }
    }
  }
}
