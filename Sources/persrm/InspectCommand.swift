import ArgumentParser
import BoundedJSON
import Foundation
import ModelFiles

/// `persrm inspect`: what is in a model or an adapter, and whether it can be served at all.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a model or an adapter: architecture, tensors, types, sizes, tokenizer, memory needed.",
    discussion: """
      The model is a GGUF file or a Hugging Face directory (config.json, safetensors, tokenizer.json). Headers are \
      read and checked in full; weights are not. An adapter is a directory with adapter_config.json and \
      adapter_model.safetensors, and is read whole. What is wrong is said with the tensor or key at fault.

      Example:
        persrm inspect SmolLM2-135M-Instruct.Q4_1.gguf
        persrm inspect runs/sft/adapter
        persrm inspect --json ~/models/Qwen2.5-0.5B-Instruct | jq .memory
      """)

  @Flag(help: "Write JSON: the same facts, every tensor on its own.")
  var json = false

  @Argument(help: "A GGUF file, or a model's or adapter's directory as Hugging Face writes it.", completion: .file())
  var path: String

  func run() throws {
    if LoRAAdapter.isAdapter(path: path), !FileManager.default.fileExists(atPath: path + "/config.json") {
      let summary = try AdapterSummary(path: path)
      try show(summary, text: summary.text)
    } else {
      let summary = ModelSummary(try ModelCheckpoint.open(path: path))
      try show(summary, text: summary.text)
    }
  }

  private func show(_ summary: some Encodable, text: String) throws {
    if json {
      print(try JSONWriter.text(summary, indented: true))
    } else {
      print(text, terminator: "")
    }
  }
}
