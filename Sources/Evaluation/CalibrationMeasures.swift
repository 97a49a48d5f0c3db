private import Glibc
package import Judge

/// A stated probability and what came true.
struct Forecast: Sendable, Equatable {
  /// P(A is preferred), 0...1.
  var probability: Double
  /// 1 where A is preferred, else 0.
  var label: Double
}

/// Whether the probabilities a judge states come true.
package struct CalibrationMeasures: Sendable, Equatable, Codable {
  /// Forecasts from `low` to `high`; the upper end belongs to the bin only in the last.
  package struct Bin: Sendable, Equatable, Codable {
    package var low: Double
    package var high: Double
    package var n: Int
    /// Mean of what was stated; nil for n = 0.
    package var stated: Double?
    /// Share that came true; nil for n = 0.
    package var observed: Double?
    /// 95 % about `observed`, binomial.
    package var interval: [Double]?
  }

  /// Pairs with a probability.
  package var n: Int
  /// Pairs without, for which nothing here speaks.
  package var missing: Int
  package var bins: [Bin]
  /// Mean over forecasts of the distance between stated and observed in their bin (expected calibration error).
  package var ece: Double?
  /// Mean squared distance between probability and truth; 0.25 for always saying one half.
  package var brier: Double?
  /// Mean of -ln P(truth), in nats; ln 2 = 0.693 for always saying one half.
  package var logLoss: Double?

  package enum CodingKeys: String, CodingKey {
    case n, missing, bins, ece, brier
    case logLoss = "log_loss"
  }

  /// A probability of exactly 0 or 1 that fails would cost without bound; it costs as much as one this far from it.
  static let probabilityMin = 1e-6

  /// - Precondition: `binCount` > 0.
  init(_ forecasts: [Forecast], missing: Int, binCount: Int = 10) {
    precondition(binCount > 0, "at least one bin")
    n = forecasts.count
    self.missing = missing
    var groups = Array(repeating: [Forecast](), count: binCount)
    for forecast in forecasts {
      groups[min(max(Int(forecast.probability * Double(binCount)), 0), binCount - 1)].append(forecast)
    }
    bins = groups.enumerated().map { index, group in
      let right = group.count { $0.label == 1 }
      return Bin(
        low: Double(index) / Double(binCount), high: Double(index + 1) / Double(binCount), n: group.count,
        stated: Self.mean(group.map(\.probability)), observed: Self.mean(group.map(\.label)),
        interval: Intervals.wilson(right: right, of: group.count).map { [$0.lowerBound, $0.upperBound] })
    }
    let total = Double(n)
    ece =
      n == 0
      ? nil
      : bins.reduce(0) { sum, bin in
        guard let stated = bin.stated, let observed = bin.observed else { return sum }
        return sum + Double(bin.n) / total * abs(stated - observed)
      }
    brier = Self.mean(forecasts.map { ($0.probability - $0.label) * ($0.probability - $0.label) })
    logLoss = Self.mean(
      forecasts.map { forecast in
        let truth = forecast.label == 1 ? forecast.probability : 1 - forecast.probability
        return -log(max(truth, Self.probabilityMin))
      })
  }

  /// Of the probabilities the judge states itself.
  package static func stated(_ pairs: [JudgedPair]) -> CalibrationMeasures {
    let forecasts = pairs.compactMap { pair in
      pair.probabilityA.map { Forecast(probability: $0, label: pair.label) }
    }
    return CalibrationMeasures(forecasts, missing: pairs.count - forecasts.count)
  }

  /// Of sigmoid(margin/T).
  package static func scaled(_ pairs: [JudgedPair], by calibration: Calibration) -> CalibrationMeasures {
    let forecasts = pairs.compactMap { pair in
      pair.margin.map { Forecast(probability: calibration.probability(margin: $0), label: pair.label) }
    }
    return CalibrationMeasures(forecasts, missing: pairs.count - forecasts.count)
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
