import ArgumentParser
import Commands
import DataFiles
import Foundation
import LocalInference
import ModelExport
import ModelFiles
import Tensors

/// `persrm export`: a model, with an adapter merged into it, for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Merge an adapter into a model and write a Hugging Face directory.",
    discussion: """
      Writes config.json, generation_config.json, model.safetensors (or shards with their index) and the tokenizer's \
      files, for vLLM, transformers and ourselves to load. Quantised weights are written as the floats they stand for. \
      Without --adapter the model is only converted. \
      --weights takes the place of the model's own weights: the parameters.safetensors of a run that trained them all.

      Example:
        persrm export --model model.gguf --adapter runs/sft/adapter --output merged --dtype bf16
      """)

  /// What weights are stored as.
  enum WeightType: String, ExpressibleByArgument, CaseIterable {
    case f32, bf16, f16

    var elementType: ElementType {
      switch self {
      case .f32: .f32
      case .bf16: .bf16
      case .f16: .f16
      }
    }
  }

  @OptionGroup(title: "Model") var source: ModelSource

  @Option(
    help: ArgumentHelp(
      "A safetensors file with every weight of such a model, to be written instead of the model's own.",
      valueName: "file"))
  var weights: String?

  @Flag(help: "Write the adapter by itself, stored as --dtype says, instead of merging it.")
  var adapterOnly = false

  @Option(help: ArgumentHelp("Where to write; a new or empty directory.", valueName: "directory"))
  var output: String

  @Option(help: "What weights are stored as: f32, bf16 or f16.")
  var dtype: WeightType = .bf16

  @Option(help: ArgumentHelp("Bytes of one weights file at most, in millions.", valueName: "MB"))
  var shardMb = HuggingFaceExport.shardBytesMax / 1_000_000

  func validate() throws {
    if !(1...1_000_000).contains(shardMb) { throw ValidationError("--shard-mb must be in 1...1000000, not \(shardMb)") }
    if adapterOnly, weights != nil { throw ValidationError("--adapter-only and --weights exclude each other") }
    if output.isEmpty { throw ValidationError("--output must name a directory") }
  }

  func run() throws {
    let checkpoint = try ModelCheckpoint.open(path: source.modelPath())
    let adapter = try LocalModel.adapter(
      LocalModelOptions(
        path: checkpoint.path, adapter: source.adapterPath(), allowsOtherBase: source.allowOtherBase, threads: 1),
      checkpoint)
    if adapterOnly {
      guard let adapter else { throw ValidationError("--adapter-only needs --adapter") }
      if let entries = try? FileManager.default.contentsOfDirectory(atPath: output), !entries.isEmpty {
        throw ExportError.notEmpty(directory: output)
      }
      try adapter.write(to: output, storedAs: dtype.elementType)
      print(LoRAAdapter.filePaths(output).joined(separator: "\n"))
      return
    }
    let export = try HuggingFaceExport(
      checkpoint, adapter: adapter, weights: try weights.map { try SafetensorsReader(path: $0) },
      storedAs: dtype.elementType, shardBytesMax: shardMb * 1_000_000)
    let begin = ContinuousClock.now
    let megabytes = max(1, export.byteCount / 1_000_000)
    var line = ProgressLine(total: megabytes, isTerminal: isatty(STDERR_FILENO) == 1)
    let files = try export.write(to: output) { bytes in
      let now = (ContinuousClock.now - begin) / .seconds(1)
      let done = bytes == export.byteCount ? megabytes : min(bytes / 1_000_000, megabytes - 1)
      let state = ProgressLine.State(count: done, wallSeconds: now, notes: ["MB of weights"])
      if let text = line.update(state, now: now) { FileHandle.standardError.write(Data(text.utf8)) }
    }
    print(files.map { "\(output)/\($0)" }.joined(separator: "\n"))
  }
}
