import Kernels
import Randomness

/// Leaves out a random share of the elements of a matrix and scales the others up, so that the mean stays.
///
/// Whether an element stays depends on the seed, the stream and its place alone: the backward pass, a recomputed
/// forward pass and a resumed run find the same mask without storing it.
struct Dropout: Sendable {
  /// Of elements left out, 0..<1.
  let share: Double
  let seed: UInt64
  let stream: UInt64

  private var key: UInt64 { StableHash.mix(seed ^ StableHash.mix(stream)) }

  /// y = mask(x) / (1 - share), [rows, columns].
  func apply(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int, into y: UnsafeMutablePointer<Float>, _ parallel: ParallelFor
  ) {
    // SAFETY: ranges of rows are written apart.
    nonisolated(unsafe) let (x, y) = (x, y)
    forEachKept(rows: rows, columns: columns, parallel) { index, factor in y[index] = factor * x[index] }
  }

  /// y += mask(x) / (1 - share), [rows, columns].
  func add(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int, to y: UnsafeMutablePointer<Float>, _ parallel: ParallelFor
  ) {
    // SAFETY: as above.
    nonisolated(unsafe) let (x, y) = (x, y)
    forEachKept(rows: rows, columns: columns, parallel) { index, factor in y[index] += factor * x[index] }
  }

  /// Calls `body` with each element's index and what to multiply it by: 0 where it is left out.
  private func forEachKept(
    rows: Int, columns: Int, _ parallel: ParallelFor, _ body: @Sendable (Int, Float) -> Void
  ) {
    let key = key
    let bound = UInt32(share * 0x1p32)
    let kept = Float(1 / (1 - share))
    parallel.ranges(of: rows, grain: 4) { range in
      // Two elements share a 64-bit number.
      for index in range.lowerBound * columns..<range.upperBound * columns {
        let bits = StableHash.mix(key &+ UInt64(index >> 1))
        let draw = UInt32(truncatingIfNeeded: index & 1 == 0 ? bits : bits >> 32)
        body(index, draw < bound ? 0 : kept)
      }
    }
  }
}
