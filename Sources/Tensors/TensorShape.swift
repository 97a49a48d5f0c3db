/// The dimensions of a tensor, outermost first: row-major, the order of Hugging Face files.
///
/// Every shape that exists is sound: at most `rankMax` dimensions, each at least 1, and their product fits an `Int`.
/// A shape without dimensions is one single number.
package struct TensorShape: Sendable, Equatable {
  /// No weight of a transformer has more; ggml has the same bound.
  package static let rankMax = 4

  /// Outermost first; the last is the length of a row.
  package let dimensions: [Int]
  /// The product of the dimensions.
  package let elementCount: Int

  /// A shape, or nil where there are too many dimensions, one is below 1, or the product overflows.
  package init?(_ dimensions: [Int]) {
    guard dimensions.count <= Self.rankMax else { return nil }
    var count = 1
    for dimension in dimensions {
      guard dimension >= 1 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      count = product
    }
    self.dimensions = dimensions
    elementCount = count
  }

  /// Elements of one row: the innermost dimension.
  package var rowLength: Int { dimensions.last ?? 1 }
  /// Rows: the product of all other dimensions. A vector is one row.
  package var rowCount: Int { elementCount / rowLength }
}
