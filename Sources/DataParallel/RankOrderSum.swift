/// The one addition of the run: what another rank has is added to the sum of the ranks before it.
enum RankOrderSum {
  /// sum[i] += next[i], in single precision.
  ///
  /// - Parameters:
  ///   - sum: [count] the sum of ranks 0..<r; `next`: [count] the numbers of rank r, elsewhere in memory.
  /// - Complexity: O(count), bound by memory bandwidth.
  static func add(_ next: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count { sum[index] += next[index] }
  }
}
