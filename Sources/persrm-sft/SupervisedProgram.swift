import ArgumentParser
import BoundedJSON
import Commands
import Corpora
import DataFiles
import DataParallel
import Digests
import FineTuning
import Foundation
import Judge
import Kernels
import LocalInference
import ModelExport
import ModelFiles
import Reports
import Tensors
import Tokenization
import Training
import TrainingCommands
import TrainingRecords

/// Sets a supervised run up from the command line, runs it, and leaves its result.
struct SupervisedProgram {
  private let command: PersrmSFT
  private var settings: SupervisedSettings
  private let signals: StopSignals
  private let console = TrainingConsole(measure: .loss)

  init(_ command: PersrmSFT, settings: SupervisedSettings, signals: StopSignals) {
    self.command = command
    self.settings = settings
    self.signals = signals
  }

  mutating func run() async throws -> SupervisedRun.Ending {
    let ranks = try Ranks.fromEnvironment(ProcessInfo.processInfo.environment)
    let communicator = try await onThread { try ranks.connect() }
    let options = try command.model.resolved()
    let checkpoint = try ModelCheckpoint.open(path: options.path)
    let starting = try StartingAdapter(
      path: options.adapter, checkpoint: checkpoint, allowsOtherBase: options.allowsOtherBase)
    if let starting { settings.lora = try starting.settings(given: command.adapters) }
    let tokenizer = try Tokenizer(LocalModel.tokenizerDefinition(of: checkpoint))
    let examples = try TraceExamples(tokenizer, settings: exampleSettings(checkpoint))
    let traces = try readTraces(command.traces, examples, "traces")
    let validation = try readValidation(examples)
    let pairs = try readPairs()
    try traces.checkApart(from: validation?.traces.map(\.pair) ?? [], flag: "--validation")
    try traces.checkApart(from: pairs, flag: "--validation-pairs")
    let inputs = try self.inputs(checkpoint)
    let runSettings = try self.runSettings(inputs)
    try communicator.requireEqual(
      SHA256.hash(try JSONWriter.bytes(JSONValue.object(runSettings.settings))), naming: "settings")
    let opened =
      communicator.isFirst
      ? try command.folder.open(runSettings, mayChange: ["checkpoint_every", "keep", "threads"]) { console.note($0) }
      : nil
    let resumed = try shared(opened?.checkpoint, communicator)
    let model = try await loadModel(checkpoint, options.threads)
    if let starting { try model.load(starting.adapter) }
    var job = SupervisedRun.Job(
      settings: settings, traces: traces, examples: examples, model: model,
      base: (LocalModel.name(path: options.path), try checkpoint.fileFingerprint()))
    job.recomputesLayers = command.compute.recompute
    job.validation = validation
    job.checkpointEvery = command.folder.checkpointEvery
    job.metadata = metadata
    if communicator.isFirst, !pairs.isEmpty { job.judging = try await judging(pairs, options) }
    try checkMemory(job, traces: traces)
    let steps = settings.steps(traceCount: traces.traces.count)
    console.begin(steps: steps, resumedStep: resumed?.step ?? 0)
    let (stopSignals, shown) = (signals, console)
    let run = try SupervisedRun(
      job, files: opened?.files, communicator: communicator, checkpoint: resumed?.path,
      stopRequest: { stopSignals.received }, report: { shown.show($0) })
    let ending = try await run.run()
    try communicator.finish()
    try finish(ending, opened?.files, base: checkpoint)
    return ending
  }

  // MARK: Parts

  private func exampleSettings(_ checkpoint: ModelCheckpoint) -> TraceExamples.Settings {
    var examples = settings.examples
    examples.tokensMax = min(examples.tokensMax, checkpoint.configuration.positionCount)
    return examples
  }

  private func readTraces(_ files: [String], _ examples: TraceExamples, _ what: String) throws -> TraceSet {
    let set = try TraceSet(files: files, limit: command.learning.limit, examples: examples) {
      console.count($0, what)
    }
    let rows = set.rows.reduce(0, +)
    var line = "\(set.traces.count) \(what), \(rows) tokens, \(set.targets.reduce(0, +)) of them to be learnt"
    if !set.refused.isEmpty { line += "; left out: \(set.refusalSummary)" }
    console.note(line)
    return set
  }

  private func readValidation(_ examples: TraceExamples) throws -> TraceSet? {
    if command.validation.isEmpty { return nil }
    return try TraceSet(files: command.validation, thinnedTo: command.learning.validationLimit, examples: examples)
  }

  private func readPairs() throws -> [PreferencePair] {
    try command.validationPairs.flatMap { file in
      let pairs = try RecordFile.read(PreferencePair.self, path: file)
      return Thinning.indices(of: pairs.count, to: command.learning.validationLimit).map { pairs[$0] }
    }
  }

  private func inputs(_ checkpoint: ModelCheckpoint) throws -> [String: RunSettings.Input] {
    var inputs: [String: RunSettings.Input] = [:]
    let adapter = command.model.source.adapterPath().map { LoRAAdapter.filePaths($0) } ?? []
    for (role, files) in [
      ("model", checkpoint.paths), ("adapter", adapter), ("traces", command.traces), ("validation", command.validation),
      ("validation_pairs", command.validationPairs),
    ] {
      for (index, file) in files.enumerated() { inputs["\(role)/\(index)"] = try RunSettings.Input(measuring: file) }
    }
    return inputs
  }

  /// What decides the run, for `settings.json`.
  private func runSettings(_ inputs: [String: RunSettings.Input]) throws -> RunSettings {
    var members = ["sft": try RunSettings.member(settings)]
    members["limit"] = command.learning.limit.map { .integer(Int64($0)) }
    members["products"] = .string(products.rawValue)
    members["base_storage"] = .string(command.compute.baseStorage.rawValue)
    members["validation_limit"] = .integer(Int64(command.learning.validationLimit))
    members["checkpoint_every"] = .integer(Int64(command.folder.checkpointEvery))
    members["keep"] = .integer(Int64(command.folder.keep))
    members["threads"] = .integer(Int64(try command.model.resolvedThreads()))
    return RunSettings(
      program: "persrm-sft", settings: members, inputs: inputs,
      versions: ["persrm": BuildInfo.version, "commit": BuildInfo.commit])
  }

  /// The rounding of products: the preset's unless it was given.
  private var products: ProductPrecision {
    command.compute.products ?? (command.learning.preset == .lora && settings.lora != nil ? .bfloat16 : .float32)
  }

  private var metadata: [String: String] {
    PromptNotes.metadata(
      program: "persrm-sft \(BuildInfo.version) (\(BuildInfo.commit))", showsEvidence: settings.examples.evidence)
  }

  private func loadModel(_ checkpoint: ModelCheckpoint, _ threads: Int) async throws -> TrainingModel {
    let products = DenseProducts(parallel: ParallelFor(threads: threads), blas: try OpenBLAS.shared.get())
    let (settings, precision, storage) = (settings, self.products, command.compute.baseStorage)
    let console = console
    return try await onThread {
      try TrainingModel(
        checkpoint, training: settings.lora.map { .adapters($0) } ?? .everything, precision: precision,
        storage: storage, positionCount: min(settings.examples.tokensMax, checkpoint.configuration.positionCount),
        seed: settings.seed, products: products
      ) { console.loading($0) }
    }
  }

  /// The serving engine on the same model, for the accuracy.
  private func judging(
    _ pairs: [PreferencePair], _ options: LocalModelOptions
  ) async throws -> SupervisedRun.Judging {
    let (judge, model) = try await makeLocalJudge(options: options)
    let measured = ValidationJudge.Settings(
      methods: settings.examples.forms.map { $0 == .reasoning ? .reasoning : .verdict },
      evidence: settings.examples.evidence, usesNeutralQuery: settings.examples.usesNeutralQuery)
    return SupervisedRun.Judging(
      judge: ValidationJudge(judge, pairs: pairs, settings: measured), swap: model.adapterSwap)
  }

  private func checkMemory(_ job: SupervisedRun.Job, traces: TraceSet) throws {
    let rowsMax = max(settings.microBatchTokens, traces.rows.max() ?? 0)
    let need = TrainingMemory(job.model, rowsMax: rowsMax, recomputesLayers: job.recomputesLayers, engine: 0)
    try need.check { console.note($0) }
  }

  /// The first rank's checkpoint, known to all: they read the same folder.
  private func shared(_ own: Checkpoint?, _ communicator: any Communicator) throws -> (step: Int, path: String)? {
    if communicator.size == 1 { return own.map { ($0.step, $0.path) } }
    let text = own.map { "\($0.step) \($0.path)" } ?? ""
    let known = String(decoding: try communicator.broadcast(Array(text.utf8), from: 0), as: UTF8.self)
    guard let space = known.firstIndex(of: " "), let step = Int(known[..<space]) else { return nil }
    return (step, String(known[known.index(after: space)...]))
  }

  /// Puts the result into its place.
  private func finish(
    _ ending: SupervisedRun.Ending, _ files: RunFiles?, base checkpoint: ModelCheckpoint
  ) throws {
    guard let files else { return }
    try files.writeReport(
      HTMLReport.Origin(
        program: "persrm-sft", version: BuildInfo.version, commit: BuildInfo.commit,
        commandLine: CommandLine.arguments.joined(separator: " "), date: Date().formatted(.iso8601)))
    if case .interrupted(let signal, let step) = ending {
      console.note("\(signal.name): stopped after step \(step); --resume goes on")
      return
    }
    guard let result = try files.result() else { return }
    if settings.lora != nil {
      let adapter = try LoRAAdapter(path: result.path + "/adapter")
      try adapter.write(to: files.directory.adapterPath)
      console.note("\(files.directory.adapterPath): the adapter of step \(result.step)")
    } else {
      let weights = try SafetensorsReader(path: result.path + "/" + Trainer.parametersName)
      // A run that is resumed at its end writes its model again.
      let path = files.directory.modelPath
      if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
      // In float32, so that nothing is lost of steps smaller than 16 bits can show.
      try HuggingFaceExport(checkpoint, adapter: nil, weights: weights, storedAs: .f32).write(to: path)
      console.note("\(path): the model of step \(result.step)")
    }
  }
}
