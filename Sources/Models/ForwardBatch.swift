/// What one forward pass computes: some consecutive tokens of each of several sequences.
package struct ForwardBatch: Sendable {
  /// The tokens of one sequence in a pass.
  package struct Segment: Sendable {
    /// At least one.
    package var tokens: [Int32]
    /// Position of the first token, counted from 0; everything before it is in the cache.
    package var start: Int
    /// The sequence's blocks in order of position; long enough for the last token.
    package var blocks: [Int32]
    /// Which of `tokens`' indices want logits, ascending.
    package var logitsAt: [Int]

    package init(tokens: [Int32], start: Int, blocks: [Int32], logitsAt: [Int]) {
      self.tokens = tokens
      self.start = start
      self.blocks = blocks
      self.logitsAt = logitsAt
    }
  }

  package var segments: [Segment]

  package init(segments: [Segment]) { self.segments = segments }

  /// Tokens of the whole pass.
  package var tokenCount: Int { segments.reduce(0) { $0 + $1.tokens.count } }
  /// Rows of logits of the whole pass, in order of segments.
  package var logitsCount: Int { segments.reduce(0) { $0 + $1.logitsAt.count } }

  /// The batch without the tokens nobody wants logits of; each run of consecutive tokens is a segment.
  var wanted: ForwardBatch {
    var segments: [Segment] = []
    for segment in self.segments {
      var end = -1
      for index in segment.logitsAt {
        if index == end, let last = segments.indices.last {
          segments[last].logitsAt.append(segments[last].tokens.count)
          segments[last].tokens.append(segment.tokens[index])
        } else {
          segments.append(
            Segment(
              tokens: [segment.tokens[index]], start: segment.start + index, blocks: segment.blocks, logitsAt: [0]))
        }
        end = index + 1
      }
    }
    return ForwardBatch(segments: segments)
  }
}
