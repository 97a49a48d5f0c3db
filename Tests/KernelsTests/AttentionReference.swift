import Foundation
import Kernels

/// The definition, one score at a time.
struct AttentionReference {
  let layout: PackedLayout
  let shape: PackedAttentionTests.Shape

  private var scale: Double { 1 / Double(shape.headDim).squareRoot() }

  /// The rows that each row sees.
  private var seen: [[Int]] {
    layout.segments.indices.flatMap { index in
      let segment = layout.segments[index]
      let shared = layout.ancestors(of: index).flatMap(Array.init)
      return segment.rows.map { shared + Array(segment.rows.lowerBound...$0) }
    }
  }

  private func query(_ row: Int, _ head: Int) -> Int { row * shape.rowStride + head * shape.headDim }
  private func key(_ row: Int, _ head: Int) -> Int {
    query(row, shape.heads + head / (shape.heads / shape.kvHeads))
  }
  private func value(_ row: Int, _ head: Int) -> Int { key(row, head) + shape.kvHeads * shape.headDim }

  private func dot(_ x: [Double], _ i: Int, _ y: [Double], _ j: Int) -> Double {
    (0..<shape.headDim).reduce(0) { $0 + x[i + $1] * y[j + $1] }
  }

  private func weights(_ x: [Double], _ row: Int, _ head: Int, _ rows: [Int]) -> (p: [Double], logSumExp: Double) {
    let scores = rows.map { dot(x, query(row, head), x, key($0, head)) * scale }
    let top = scores.max() ?? 0
    let sum = scores.reduce(0) { $0 + exp($1 - top) }
    return (scores.map { exp($0 - top) / sum }, top + log(sum))
  }

  func forward(_ x: [Double]) -> (out: [Double], logSumExp: [Double]) {
    var out = [Double](repeating: 0, count: layout.rowCount * shape.heads * shape.headDim)
    var sums = [Double](repeating: 0, count: layout.rowCount * shape.heads)
    for (row, rows) in seen.enumerated() {
      for head in 0..<shape.heads {
        let (p, sum) = weights(x, row, head, rows)
        sums[head * layout.rowCount + row] = sum
        for (weight, other) in zip(p, rows) {
          for d in 0..<shape.headDim {
            out[(row * shape.heads + head) * shape.headDim + d] += weight * x[value(other, head) + d]
          }
        }
      }
    }
    return (out, sums)
  }

  func backward(_ x: [Double], _ outGradient: [Double]) -> [Double] {
    var gradient = [Double](repeating: 0, count: x.count)
    for (row, rows) in seen.enumerated() {
      for head in 0..<shape.heads {
        let at = (row * shape.heads + head) * shape.headDim
        let (p, _) = weights(x, row, head, rows)
        let slopes = rows.map { dot(outGradient, at, x, value($0, head)) }
        let mean = zip(p, slopes).reduce(0) { $0 + $1.0 * $1.1 }
        for (index, other) in rows.enumerated() {
          let score = p[index] * (slopes[index] - mean) * scale
          for d in 0..<shape.headDim {
            gradient[value(other, head) + d] += p[index] * outGradient[at + d]
            gradient[query(row, head) + d] += score * x[key(other, head) + d]
            gradient[key(other, head) + d] += score * x[query(row, head) + d]
          }
        }
      }
    }
    return gradient
  }
}
