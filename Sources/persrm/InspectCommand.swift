import ArgumentParser
import BoundedJSON
import ModelFiles

/// `persrm inspect`: what is in a model file, and whether it can be served at all.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a model: architecture, tensors, types, sizes, tokenizer, memory needed.",
    discussion: """
      The model is a GGUF file or a Hugging Face directory (config.json, safetensors, tokenizer.json). Headers are \
      read and checked in full; weights are not. What is wrong with the model is said with the tensor or key at fault.

      Example:
        persrm inspect SmolLM2-135M-Instruct.Q4_1.gguf
        persrm inspect --json ~/models/Qwen2.5-0.5B-Instruct | jq .memory
      """)

  @Flag(help: "Write JSON: the same facts, every tensor on its own.")
  var json = false

  @Argument(help: "A GGUF file, or a directory as Hugging Face writes it.", completion: .file())
  var path: String

  func run() throws {
    let summary = ModelSummary(try ModelCheckpoint.open(path: path))
    if json {
      print(try JSONWriter.text(summary, indented: true))
    } else {
      print(summary.text, terminator: "")
    }
  }
}
