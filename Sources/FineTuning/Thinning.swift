/// Some of many, spread evenly.
package enum Thinning {
  /// - Returns: at most `wanted` of 0..<count, ascending.
  package static func indices(of count: Int, to wanted: Int) -> [Int] {
    if wanted >= count { return Array(0..<count) }
    return (0..<max(0, wanted)).map { $0 * count / wanted }
  }
}
