/// Where the tokens of several sequences stand when they are computed together as the rows of one matrix, without
/// padding, and which of them see which.
///
/// Theory of operation. Sequences are cut into segments. A segment sees itself causally, and all of the segment it
/// continues, and of the one that continues, up to a root. So two answers to one prompt are two segments with the same
/// parent: the prompt is computed once, and the answers do not see each other. Segments of different roots are
/// independent sequences. A position counts from the root.
package struct PackedLayout: Sendable, Equatable {
  /// Consecutive rows that belong together.
  package struct Segment: Sendable, Equatable {
    package let rows: Range<Int>
    /// The segment that this one continues; an earlier one.
    package let parent: Int?
    /// Position of the first row.
    package let start: Int
  }

  /// In order of their rows, which they cover without gap.
  package private(set) var segments: [Segment] = []
  /// Of each row.
  package private(set) var positions: [Int32] = []

  package init() {}

  package var rowCount: Int { positions.count }

  /// Adds a segment of `count` rows behind the last one.
  ///
  /// - Parameters:
  ///   - parent: index of the segment that it continues, nil for the beginning of a sequence.
  /// - Returns: its index.
  /// - Precondition: `count` is 1 or more, and `parent` exists.
  @discardableResult
  package mutating func append(count: Int, parent: Int? = nil) -> Int {
    precondition(count >= 1 && parent.map { segments.indices.contains($0) } ?? true)
    let start = parent.map { segments[$0].start + segments[$0].rows.count } ?? 0
    segments.append(Segment(rows: rowCount..<rowCount + count, parent: parent, start: start))
    positions += (start..<start + count).map { Int32($0) }
    return segments.count - 1
  }

  /// The rows that all rows of a segment see beside their own segment's, from the root on.
  package func ancestors(of segment: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var next = segments[segment].parent
    while let index = next {
      ranges.append(segments[index].rows)
      next = segments[index].parent
    }
    return ranges.reversed()
  }

  /// One more than the largest position.
  package var positionCount: Int { segments.map { $0.start + $0.rows.count }.max() ?? 0 }
}
