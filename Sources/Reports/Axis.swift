private import Glibc

/// One direction of a plot: what it means, how far it goes, and where its marks stand.
package struct Axis: Sendable, Equatable {
  package enum Scale: String, Sendable, Equatable {
    case linear
    /// Powers of ten at equal distances. Values that are not above zero are gaps.
    case logarithmic
  }
  package enum Format: Sendable, Equatable {
    case number
    /// A fraction of 1, shown as per cent.
    case percent
  }

  package var label: String
  package var scale: Scale
  package var format: Format
  /// Ends given by the caller; nil: as the data asks for, at nice values.
  package var range: ClosedRange<Double>?

  package init(_ label: String, scale: Scale = .linear, format: Format = .number, range: ClosedRange<Double>? = nil) {
    self.label = label
    self.scale = scale
    self.format = format
    self.range = range
  }

  /// A rate from 0 to 1.
  package static func rate(_ label: String) -> Axis { Axis(label, format: .percent, range: 0...1) }

  /// The axis with ends and marks fixed.
  struct Fitted {
    var axis: Axis
    var low: Double
    var high: Double
    var ticks: [Double]
    /// One for each tick.
    var labels: [String]

    /// 0 at the low end, 1 at the high end; nil where the value has no place.
    func fraction(_ value: Double) -> Double? {
      guard value.isFinite else { return nil }
      switch axis.scale {
      case .linear: return (value - low) / (high - low)
      case .logarithmic: return value > 0 ? (log10(value) - log10(low)) / (log10(high) - log10(low)) : nil
      }
    }
  }

  /// - Parameters:
  ///   - values: what is to be seen; those that are not finite do not count, nor, on a logarithmic axis, those <= 0.
  ///   - count: about how many marks.
  func fitted(to values: [Double], count: Int = 6) -> Fitted {
    let shown = values.filter { $0.isFinite && (scale == .linear || $0 > 0) }
    var low = range?.lowerBound ?? shown.min() ?? (scale == .linear ? 0 : 1)
    var high = range?.upperBound ?? shown.max() ?? (scale == .linear ? 1 : 10)
    if scale == .logarithmic {
      if low <= 0 { low = min(1e-3, high / 10) }
      if !(low < high) { (low, high) = (low / 2, low * 2) }
      let ticks = Ticks.logarithmic(low...high)
      return Fitted(axis: self, low: low, high: high, ticks: ticks, labels: ticks.map { NumberText.short($0) })
    }
    if !(low < high) {
      let room = low == 0 ? 1 : abs(low) / 2
      (low, high) = (low - room, high + room)
    }
    let unit = format == .percent ? 100.0 : 1
    let step = Ticks.step((high - low) * unit, count: count) / unit
    if range == nil { (low, high) = (floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step) }
    let ticks = Ticks.linear(low...high, step: step)
    let labels = Ticks.labels(ticks.map { $0 * unit }, step: step * unit)
    return Fitted(
      axis: self, low: low, high: high, ticks: ticks, labels: format == .percent ? labels.map { "\($0) %" } : labels)
  }
}

/// Where the marks of an axis stand.
enum Ticks {
  /// 1, 2 or 5 times a power of ten, so that about `count` steps fit the span.
  static func step(_ span: Double, count: Int) -> Double {
    let raw = span / Double(max(count - 1, 1))
    guard raw.isFinite, raw > 0 else { return 1 }
    let power = pow(10, floor(log10(raw)))
    let lead = raw / power
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10)
  }

  /// The multiples of `step` in the range.
  static func linear(_ range: ClosedRange<Double>, step: Double) -> [Double] {
    let first = ceil(range.lowerBound / step - 1e-9)
    let last = floor(range.upperBound / step + 1e-9)
    guard first <= last, last - first < 1000 else { return [] }
    return (0...Int(last - first)).map { index in
      let value = (first + Double(index)) * step
      return value == 0 ? 0 : value
    }
  }

  /// The powers of ten in the range; with fewer than three, also twice and five times each; every other one, or fewer,
  /// where there are more than eight.
  static func logarithmic(_ range: ClosedRange<Double>) -> [Double] {
    let first = Int(floor(log10(range.lowerBound)))
    let last = Int(ceil(log10(range.upperBound)))
    func inside(_ value: Double) -> Bool {
      value >= range.lowerBound * (1 - 1e-9) && value <= range.upperBound * (1 + 1e-9)
    }
    let powers = (first...last).filter { inside(pow(10, Double($0))) }
    if powers.count >= 3 {
      let stride = (powers.count + 7) / 8
      return powers.enumerated().filter { $0.offset % stride == 0 }.map { pow(10, Double($0.element)) }
    }
    return (first...last).flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }.filter(inside)
  }

  /// All with the decimals that the step needs.
  static func labels(_ ticks: [Double], step: Double) -> [String] {
    if let largest = ticks.map(abs).max(), largest >= 1e6 || step < 1e-5 {
      return ticks.map { NumberText.short($0, digits: 4) }
    }
    let digits = max(0, Int(-floor(log10(step) + 1e-9)))
    return ticks.map { NumberText.fixed($0, digits: digits) }
  }
}
