import Foundation
import Stylometry

/// Writes `RegressionTable.swift`: the weights of the stylometric regression.
enum RegressionTableSource {
  /// Penalties tried; the one that is right most often on validation authors is taken, the larger of equals.
  private static let penalties = [0.1, 0.04, 0.0125, 0.004, 0.00125]

  /// One set of inputs to be weighed.
  private struct Inputs: Sendable {
    /// Of the table in the source.
    let name: String
    let comment: String
    /// Whether inputs without a weight are left out.
    let isSparse: Bool
    let differences: @Sendable (AuthorProfile, StyleText, StyleText) -> [Double]
  }

  private static let all = [
    Inputs(name: "weights", comment: "All inputs", isSparse: false) {
      StylometricRegression.differences(profile: $0, responseA: $1, responseB: $2)
    },
    Inputs(name: "evidence", comment: "What the evidence block shows", isSparse: true) {
      StylometricRegression.evidenceDifferences(profile: $0, responseA: $1, responseB: $2)
    },
  ]

  static func source(training: [TrainingCorpus], validation: [TrainingCorpus]) -> String {
    var lines = """
      /// Weights of the stylometric regression, by the name of the input.
      ///
      /// Made by `stylometry-tables regression` from training authors only, each corpus with the same weight; the
      /// penalty is the one that is right most often on validation authors.
      enum RegressionTable {

      """
    for inputs in all { lines += table(inputs, training: training, validation: validation) }
    return lines + "}\n"
  }

  private static func table(
    _ inputs: Inputs, training: [TrainingCorpus], validation: [TrainingCorpus]
  ) -> String {
    let examples = training.flatMap { corpus in
      corpus.pairs.map { example($0, inputs, weight: 1 / Double(corpus.pairs.count)) }
    }
    let held = validation.map { $0.pairs.map { example($0, inputs, weight: 1) } }
    var best: (penalty: Double, accuracy: Double, regression: StylometricRegression)?
    for penalty in penalties {
      let regression = StylometricRegression.fit(examples: examples, penalty: penalty)
      let accuracies = held.map { accuracy(regression, $0) }
      let mean = accuracies.reduce(0, +) / Double(accuracies.count)
      print(
        "\(inputs.name), penalty \(penalty): "
          + accuracies.map { String(format: "%.1f", 100 * $0) }.joined(separator: " "))
      if best.map({ mean > $0.accuracy }) ?? true { best = (penalty, mean, regression) }
    }
    guard let best else { preconditionFailure("there are penalties") }
    let share = String(format: "%.1f %%", 100 * best.accuracy)
    var lines = """
        /// \(inputs.comment); penalty \(best.penalty), \(share) right on validation authors.
        static let \(inputs.name): [(name: String, weight: Double)] = [

      """
    for (name, weight) in zip(StylometricRegression.inputNames, best.regression.weights)
    where weight != 0 || !inputs.isSparse {
      lines += "    (\"\(name)\", \(String(format: "%.6f", weight))),\n"
    }
    return lines + "  ]\n"
  }

  private static func example(
    _ pair: TrainingPair, _ inputs: Inputs, weight: Double
  ) -> StylometricRegression.Example {
    let differences = inputs.differences(
      AuthorProfile(exemplars: pair.exemplars.map { StyleText($0) }), StyleText(pair.responseA),
      StyleText(pair.responseB))
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
