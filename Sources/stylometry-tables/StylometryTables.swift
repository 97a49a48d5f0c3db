import Foundation

/// `stylometry-tables TABLES DATA [SOURCES]`: makes the number tables of `Sources/Stylometry` again from the training
/// pairs of the corpora under `DATA` (`../shared/data`). Two runs write the same bytes.
///
/// The regression measures with the other tables, and these are compiled in, so it takes two runs with a build between
/// them: first `inputs`, then `regression`.
@main
struct StylometryTables {
  private static let usage = """
    usage: stylometry-tables inputs|regression DATA [SOURCES]
      swift run -c release stylometry-tables inputs ../shared/data
      swift run -c release stylometry-tables regression ../shared/data
    """

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard (2...3).contains(arguments.count), ["inputs", "regression"].contains(arguments[0]) else {
      print(usage)
      exit(arguments == ["--help"] ? 0 : 2)
    }
    let sources = arguments.count == 3 ? arguments[2] : "Sources/Stylometry"
    let training = try corpora("train", data: arguments[1])
    if arguments[0] == "inputs" {
      try write(GramTableSource.source(training), to: "\(sources)/GramTable.swift")
      try write(PopulationTableSource.source(training), to: "\(sources)/PopulationTable.swift")
    } else {
      let validation = try corpora("validation", data: arguments[1])
      try write(
        RegressionTableSource.source(training: training, validation: validation),
        to: "\(sources)/RegressionTable.swift")
    }
  }

  private static func corpora(_ split: String, data: String) throws -> [TrainingCorpus] {
    try ["ccat50", "cmcc", "blogs"].map {
      try TrainingCorpus(name: $0, path: "\(data)/\($0)/pairs.\(split).jsonl.gz")
    }
  }

  private static func write(_ source: String, to path: String) throws {
    try Data(source.utf8).write(to: URL(fileURLWithPath: path))
    print("wrote \(path)")
  }
}
