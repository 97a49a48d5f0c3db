import ArgumentParser
import Commands

/// `persrm-eval`: how good a judge is, beside floors that use no language model.
@main
struct PersrmEval: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "persrm-eval", abstract: "Measure a judge on pairs whose author is known.",
    discussion: """
      Example:
        persrm-eval --pairs pairs.test.jsonl.gz --query-field query_neutral \\
          --method likelihood --exemplars 1,3 --limit 300 --output results
        persrm-eval --pairs pairs.jsonl.gz --url http://127.0.0.1:8000 --output results
        persrm-eval --pairs pairs.jsonl.gz --verdicts verdicts.jsonl --output results
        persrm-eval compare results-a results-b

      The output has results.jsonl, summary.json, report.html and the numbers
      behind each plot. A run that was stopped goes on when it is started again.
      """,
    version: "persrm-eval \(BuildInfo.version) (\(BuildInfo.commit))",
    subcommands: [EvaluateCommand.self, CompareCommand.self, BenchmarkCommand.self],
    defaultSubcommand: EvaluateCommand.self)
}
