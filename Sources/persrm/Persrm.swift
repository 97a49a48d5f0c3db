import ArgumentParser
import Commands

/// The command line: which program to run.
@main
struct Persrm: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "persrm",
    abstract: "A personalised reward model: which of two responses would this person have written?",
    discussion: """
      Example:
        persrm serve --port 8000
        persrm score --query "Write about rain." --exemplar @mine.txt --response-a @a.txt --response-b @b.txt
        persrm inspect model.gguf
        persrm export --adapter runs/sft/adapter --output merged
        persrm bench engine

      Flags win over the environment (PERSRM_MODEL, PERSRM_THREADS …), which wins over the defaults.
      """,
    version: "persrm \(BuildInfo.version) (\(BuildInfo.commit))",
    subcommands: [
      ServeCommand.self, ScoreCommand.self, InspectCommand.self, ExportCommand.self, BenchCommand.self,
      HealthcheckCommand.self,
    ])
}
