package import Kernels

/// Sequences computed together: their tokens as the rows of one matrix, and what is to be predicted where.
package struct PackedBatch: Sendable {
  /// A token whose probability counts.
  package struct Target: Sendable, Equatable {
    /// The row whose logits predict it: that of the token before.
    package let row: Int
    package let token: Int32

    package init(row: Int, token: Int32) {
      self.row = row
      self.token = token
    }
  }

  /// Of each row of `layout`.
  package private(set) var tokens: [Int32] = []
  package private(set) var layout = PackedLayout()
  /// In the order in which they were added; several may share a row, where a prefix has several continuations.
  package private(set) var targets: [Target] = []

  package init() {}

  package var rowCount: Int { tokens.count }

  /// Adds a segment of tokens.
  ///
  /// - Parameters:
  ///   - parent: the segment that it continues.
  /// - Returns: its index.
  package mutating func append(_ segment: some Collection<Int32>, parent: Int? = nil) -> Int {
    tokens += segment
    return layout.append(count: segment.count, parent: parent)
  }

  /// Adds a target.
  ///
  /// - Precondition: the row exists.
  package mutating func append(_ target: Target) {
    precondition(target.row >= 0 && target.row < rowCount)
    targets.append(target)
  }
}

/// One sequence to learn from.
package struct TrainingSequence: Sendable, Equatable {
  package var tokens: [Int32]
  /// Positions of `tokens` whose probability counts, each 1 or more, ascending.
  package var targetPositions: [Int]

  package init(tokens: [Int32], targetPositions: [Int]) {
    self.tokens = tokens
    self.targetPositions = targetPositions
  }

  /// A prompt and what is to be learnt after it.
  package init(prompt: [Int32], answer: [Int32]) {
    tokens = prompt + answer
    targetPositions = Array(max(1, prompt.count)..<max(1, prompt.count + answer.count))
  }
}

extension PackedBatch {
  /// Adds sequences so that what they begin with in common is computed once.
  ///
  /// Targets are added sequence by sequence, in order of position, whatever the sequences share.
  ///
  /// - Parameter sharesPrefixes: false computes each on its own, for comparison.
  /// - Precondition: no sequence is empty.
  /// - Complexity: O(tokens).
  package mutating func append(_ sequences: [TrainingSequence], sharesPrefixes: Bool = true) {
    precondition(sequences.allSatisfy { !$0.tokens.isEmpty })
    var rows = [[Int]](repeating: [], count: sequences.count)
    if sharesPrefixes {
      place(sequences, Array(sequences.indices), from: 0, parent: nil, rows: &rows)
    } else {
      for index in sequences.indices { place(sequences, [index], from: 0, parent: nil, rows: &rows) }
    }
    for (index, sequence) in sequences.enumerated() {
      for position in sequence.targetPositions {
        append(Target(row: rows[index][position - 1], token: sequence.tokens[position]))
      }
    }
  }

  /// Lays out sequences that agree before `start`: one segment as far as they agree further, then groups by the next
  /// token, in the order of their first members.
  private mutating func place(
    _ sequences: [TrainingSequence], _ members: [Int], from start: Int, parent: Int?, rows: inout [[Int]]
  ) {
    let first = sequences[members[0]].tokens
    var end = members.reduce(Int.max) { min($0, sequences[$1].tokens.count) }
    for member in members.dropFirst() {
      let other = sequences[member].tokens
      var length = start
      while length < end && other[length] == first[length] { length += 1 }
      end = length
    }
    var parent = parent
    if end > start {
      let firstRow = rowCount
      parent = append(first[start..<end], parent: parent)
      for member in members { rows[member] += firstRow..<firstRow + end - start }
    }
    var groups: [(token: Int32, members: [Int])] = []
    for member in members where sequences[member].tokens.count > end {
      let token = sequences[member].tokens[end]
      if let index = groups.firstIndex(where: { $0.token == token }) {
        groups[index].members.append(member)
      } else {
        groups.append((token, [member]))
      }
    }
    for group in groups { place(sequences, group.members, from: end, parent: parent, rows: &rows) }
  }

  /// Rows that sequences take when they share prefixes.
  package static func rowCount(_ sequences: [TrainingSequence], sharesPrefixes: Bool = true) -> Int {
    var batch = PackedBatch()
    batch.append(sequences, sharesPrefixes: sharesPrefixes)
    return batch.rowCount
  }
}
