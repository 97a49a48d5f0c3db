import Foundation
import Stylometry

/// Writes `RegressionTable.swift`: the weights of the stylometric regression.
enum RegressionTableSource {
  /// Penalties tried; the one that is right most often on validation authors is taken, the larger of equals.
  private static let penalties = [0.1, 0.04, 0.0125, 0.004, 0.00125]

  static func source(training: [TrainingCorpus], validation: [TrainingCorpus]) -> String {
    let examples = training.flatMap { corpus in
      corpus.pairs.map { example($0, weight: 1 / Double(corpus.pairs.count)) }
    }
    let held = validation.map { $0.pairs.map { example($0, weight: 1) } }
    var best: (penalty: Double, accuracy: Double, regression: StylometricRegression)?
    for penalty in penalties {
      let regression = StylometricRegression.fit(examples: examples, penalty: penalty)
      let accuracies = held.map { accuracy(regression, $0) }
      let mean = accuracies.reduce(0, +) / Double(accuracies.count)
      print("penalty \(penalty): " + accuracies.map { String(format: "%.1f", 100 * $0) }.joined(separator: " "))
      if best.map({ mean > $0.accuracy }) ?? true { best = (penalty, mean, regression) }
    }
    guard let best else { preconditionFailure("there are penalties") }
    let share = String(format: "%.1f %%", 100 * best.accuracy)
    var lines = """
      /// Weights of the stylometric regression, by the name of the input.
      ///
      /// Made by `stylometry-tables regression` from training authors only, each corpus with the same weight;
      /// penalty \(best.penalty), the one that is right most often on validation authors (\(share)).
      enum RegressionTable {
        static let weights: [(name: String, weight: Double)] = [

      """
    for (name, weight) in zip(StylometricRegression.inputNames, best.regression.weights) {
      lines += "    (\"\(name)\", \(String(format: "%.6f", weight))),\n"
    }
    return lines + "  ]\n}\n"
  }

  private static func example(_ pair: TrainingPair, weight: Double) -> StylometricRegression.Example {
    let differences = StylometricRegression.differences(
      profile: AuthorProfile(exemplars: pair.exemplars.map { StyleText($0) }), responseA: StyleText(pair.responseA),
      responseB: StyleText(pair.responseB))
    return StylometricRegression.Example(
      differences: differences, prefersA: pair.preferred == "A", weight: weight)
  }

  private static func accuracy(_ regression: StylometricRegression, _ examples: [StylometricRegression.Example])
    -> Double
  {
    let right = examples.count { regression.margin(differences: $0.differences) * ($0.prefersA ? 1 : -1) > 0 }
    return Double(right) / Double(examples.count)
  }
}
