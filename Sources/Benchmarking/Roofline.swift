package import Kernels

/// The least time some work can take: its arithmetic at the machine's peak or its bytes at the memory's, whichever is
/// longer.
///
/// - Source: Williams, Waterman and Patterson 2009, "Roofline", Communications of the ACM 52(4), 65-76.
package struct Roofline: Sendable, Equatable {
  /// What binds.
  package struct Bound: Sendable, Equatable {
    package let seconds: Double
    /// "memory", or the kind of arithmetic.
    package let name: String

    package init(seconds: Double, name: String) {
      self.seconds = seconds
      self.name = name
    }

    /// The share of the limit that work of `measured` seconds reached.
    package func share(_ measured: Double) -> Double { seconds / measured }
  }

  /// Arithmetic of one kind: multiplications and additions, counted singly.
  package struct Work: Sendable, Equatable {
    package let operations: Double
    package let arithmetic: MachinePeak.Arithmetic

    package init(_ operations: Double, _ arithmetic: MachinePeak.Arithmetic) {
      self.operations = operations
      self.arithmetic = arithmetic
    }
  }

  package let machine: Machine

  package init(_ machine: Machine) { self.machine = machine }

  /// - Parameters:
  ///   - work: kinds of arithmetic that follow one another; the longest names the bound.
  ///   - bytes: read from memory; what stays in caches is not counted.
  package func bound(_ work: [Work], bytes: Double) -> Bound {
    let times = work.map { (seconds: $0.operations / machine.peak($0.arithmetic), name: $0.arithmetic.rawValue) }
    let arithmetic = times.reduce(0) { $0 + $1.seconds }
    let reading = bytes / machine.readBytesPerSecond
    if reading >= arithmetic { return Bound(seconds: reading, name: "memory") }
    return Bound(seconds: arithmetic, name: times.max { $0.seconds < $1.seconds }?.name ?? "memory")
  }
}
