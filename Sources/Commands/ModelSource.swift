package import ArgumentParser
import Foundation

/// The flags that say which weights: a model, and an adapter for it.
package struct ModelSource: ParsableArguments {
  package init() {}

  @Option(
    help: ArgumentHelp(
      "A GGUF file or a Hugging Face directory of a llama or qwen2 model with ChatML. (env: PERSRM_MODEL; default: the "
        + "model that `make model` fetched)", valueName: "path"))
  package var model: String?

  @Option(
    help: ArgumentHelp(
      "A LoRA adapter's directory, as PEFT or our own training writes it, merged into the weights at load; empty for "
        + "none. (env: PERSRM_ADAPTER)", valueName: "directory"))
  package var adapter: String?

  @Flag(help: "Take an adapter that was trained on other weights of the same shapes, too.")
  package var allowOtherBase = false

  /// Where the model is: flag, else environment, else the default one.
  ///
  /// - Throws: `ValidationError` where the default model is meant and was not fetched.
  package func modelPath() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    if let path = model ?? environment["PERSRM_MODEL"], !path.isEmpty { return path }
    let cache =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
      ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache").path
    let path = cache + "/persrm/SmolLM2-135M-Instruct.Q4_1.gguf"
    guard FileManager.default.fileExists(atPath: path) else {
      throw ValidationError(
        "no model: the default one is not at \(path). Fetch it with `make model`, or name another with --model")
    }
    return path
  }

  /// Where the adapter is: flag, else environment; nil where neither names one.
  package func adapterPath() -> String? {
    let path = adapter ?? ProcessInfo.processInfo.environment["PERSRM_ADAPTER"]
    return path.flatMap { $0.isEmpty ? nil : $0 }
  }
}
