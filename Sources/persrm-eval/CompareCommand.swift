import ArgumentParser
import Commands
import Evaluation
import Foundation
import Reports

/// Two evaluations of the same pairs beside each other.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare two evaluations of the same pairs.",
    discussion: """
      Example:
        persrm-eval compare results-base results-sft --output comparison.html
      """)

  @Argument(help: "The output directory of an evaluation, or its results.jsonl.")
  var first: String

  @Argument(help: "The other one.")
  var second: String

  @Option(help: ArgumentHelp("Write a page with the comparison here.", valueName: "path"))
  var output: String?

  @Option(help: "Of the resampling.")
  var seed: UInt64 = 0

  func run() throws {
    let comparison = try PairedComparison(try results(first), try results(second), seed: seed)
    let names = (first: first, second: second)
    print(comparison.plainText(names: names))
    guard let output else { return }
    let page = comparison.page(
      names: names,
      origin: HTMLReport.Origin(
        program: "persrm-eval compare", version: BuildInfo.version, commit: BuildInfo.commit,
        commandLine: (["persrm-eval"] + CommandLine.arguments.dropFirst()).joined(separator: " "), date: ""))
    try Data(page.html.utf8).write(to: URL(filePath: output), options: .atomic)
    print("report: \(output)")
  }

  private func results(_ path: String) throws -> [JudgedPair] {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    guard exists else { throw ValidationError("there is no \(path)") }
    let file = isDirectory.boolValue ? EvaluationDirectory(path: path).resultsPath : path
    let bytes = Array(try Data(contentsOf: URL(filePath: file)))
    return try ResultsFile.read(bytes, file: file).filter { $0.probe == nil && !$0.id.contains("@") }
  }
}
