import ArgumentParser
import BoundedJSON
import Commands
import Corpora
import Engine
import FineTuning
import Foundation
import Judge
import Kernels
import LocalInference
import ModelFiles
import Reinforcement
import Reports
import Tokenization
import Training
import TrainingCommands
import TrainingRecords

/// Sets a reinforcement run up from the command line, runs it, and leaves its result.
struct ReinforcementProgram {
  private let command: PersrmRFT
  private let settings: GRPOSettings
  private let signals: StopSignals
  private let console: TrainingConsole

  init(_ command: PersrmRFT, settings: GRPOSettings, signals: StopSignals) {
    self.command = command
    self.settings = settings
    self.signals = signals
    console = TrainingConsole(measure: .reward)
  }

  func run() async throws -> ReinforcementRun.Ending {
    var options = try command.model.resolved()
    let checkpoint = try ModelCheckpoint.open(path: options.path)
    let starting = try StartingAdapter(
      path: options.adapter, checkpoint: checkpoint, allowsOtherBase: options.allowsOtherBase)
    let lora = try starting?.settings(given: command.adapters) ?? command.adapters.settings(preset: LoRASettings())
    guard let lora else { throw ValidationError("--full: the engine that rolls out takes adapters only") }
    let sources = try readPairs()
    let held = try readValidation()
    try checkApart(sources, held)
    let (files, latest) = try command.folder.open(
      try runSettings(checkpoint, lora: lora), mayChange: ["checkpoint_every", "keep", "threads", "steps"]
    ) { console.note($0) }
    options.sequencesMax = max(options.sequencesMax, 16)
    let (judge, local) = try await makeLocalJudge(options: options)
    let task = try makeTask(sources, local)
    let model = try await loadModel(checkpoint, lora: lora, starting, options.threads)
    var job = ReinforcementRun.Job(
      settings: settings, trainer: trainerSettings(lora: lora), steps: command.rollouts.steps, task: task,
      model: model, local: local, rowsMax: try rowsMax(local))
    job.recomputesLayers = command.compute.recompute
    job.validateEvery = command.rollouts.validateEvery
    job.checkpointEvery = command.folder.checkpointEvery
    job.base = (LocalModel.name(path: options.path), try checkpoint.fileFingerprint())
    job.metadata = metadata
    if !held.isEmpty {
      job.judge = ValidationJudge(
        judge, pairs: held,
        settings: ValidationJudge.Settings(
          evidence: settings.plan.evidence, usesNeutralQuery: settings.plan.queryField == .neutral,
          maxTokens: settings.maxTokens, isConstrained: false))
    }
    let need = TrainingMemory(
      model, rowsMax: job.rowsMax, recomputesLayers: job.recomputesLayers, engine: local.memory.total)
    try need.check { console.note($0) }
    console.begin(steps: job.steps, resumedStep: latest?.step ?? 0)
    let (stopSignals, shown) = (signals, console)
    let run = try ReinforcementRun(
      job, files: files, checkpoint: latest?.path, stopRequest: { stopSignals.received }, report: { shown.show($0) })
    let ending = try await run.run()
    local.engine.shutDown()
    try finish(ending, files)
    return ending
  }

  // MARK: Parts

  private func readPairs() throws -> [RolloutPlan.Source] {
    var sources: [RolloutPlan.Source] = []
    for file in command.pairs {
      let pairs = try RecordFile.read(PreferencePair.self, path: file, limit: command.rollouts.limit)
      sources += pairs.map { RolloutPlan.Source(corpus: Self.corpus(file), pair: $0) }
    }
    console.note("\(sources.count) pairs")
    return sources
  }

  /// What a file's corpus is called: its folder, as `persrm-curate` leaves a corpus in a folder of its own.
  private static func corpus(_ file: String) -> String {
    let folder = URL(filePath: file).deletingLastPathComponent().lastPathComponent
    return folder.isEmpty || folder == "." || folder == "/" ? URL(filePath: file).lastPathComponent : folder
  }

  private func readValidation() throws -> [PreferencePair] {
    try command.validation.flatMap { file in
      let pairs = try RecordFile.read(PreferencePair.self, path: file)
      return Thinning.indices(of: pairs.count, to: command.rollouts.validationLimit).map { pairs[$0] }
    }
  }

  private func checkApart(_ sources: [RolloutPlan.Source], _ held: [PreferencePair]) throws {
    let authors = Set(sources.flatMap { [$0.pair.author, $0.pair.negativeAuthor ?? $0.pair.author] })
    for pair in held where authors.contains(pair.author) {
      throw TraceSet.Failure.sharedAuthor(pair.author, flag: "--validation")
    }
  }

  private func runSettings(_ checkpoint: ModelCheckpoint, lora: LoRASettings) throws -> RunSettings {
    var inputs: [String: RunSettings.Input] = [:]
    let adapter = command.model.source.adapterPath().map { LoRAAdapter.filePaths($0) } ?? []
    for (role, files) in [
      ("model", checkpoint.paths), ("adapter", adapter), ("pairs", command.pairs), ("validation", command.validation),
    ] {
      for (index, file) in files.enumerated() { inputs["\(role)/\(index)"] = try RunSettings.Input(measuring: file) }
    }
    var members = [
      "grpo": try RunSettings.member(settings), "trainer": try RunSettings.member(trainerSettings(lora: lora)),
      "lora": try RunSettings.member(lora),
    ]
    members["steps"] = .integer(Int64(command.rollouts.steps))
    members["limit"] = command.rollouts.limit.map { .integer(Int64($0)) }
    members["validation_limit"] = .integer(Int64(command.rollouts.validationLimit))
    members["products"] = .string(products.rawValue)
    members["base_storage"] = .string(command.compute.baseStorage.rawValue)
    members["checkpoint_every"] = .integer(Int64(command.folder.checkpointEvery))
    members["keep"] = .integer(Int64(command.folder.keep))
    members["threads"] = .integer(Int64(try command.model.resolvedThreads()))
    return RunSettings(
      program: "persrm-rft", settings: members, inputs: inputs,
      versions: ["persrm": BuildInfo.version, "commit": BuildInfo.commit])
  }

  private var products: ProductPrecision { command.compute.products ?? .bfloat16 }

  private func trainerSettings(lora: LoRASettings) -> Trainer.Settings {
    let steps = command.rollouts.steps * settings.updatesPerStep
    let warmup = Int(((command.optimiser.warmup ?? 0) * Double(steps)).rounded())
    return Trainer.Settings(
      optimiser: command.optimiser.optimiser(preset: AdamW.Settings()),
      schedule: LearningRateSchedule(
        shape: command.optimiser.schedule ?? .constant, peak: settings.learningRate, warmupSteps: warmup,
        totalSteps: max(steps, warmup)),
      gradientNormMax: command.optimiser.maxGradNorm ?? 1, seed: settings.seed)
  }

  private var metadata: [String: String] {
    PromptNotes.metadata(
      program: "persrm-rft \(BuildInfo.version) (\(BuildInfo.commit))", showsEvidence: settings.plan.evidence)
  }

  private func makeTask(_ sources: [RolloutPlan.Source], _ local: LocalModel) throws -> VerdictTask {
    let chat = try ChatFormat(local.tokenizer)
    let budget = local.engine.limits.contextTokensMax - settings.maxTokens
    return VerdictTask(
      RolloutPlan(sources, options: settings.plan, seed: settings.seed), reward: VerdictReward(settings.rewards)
    ) { exemplars, prompt in
      for dropping in 0..<exemplars {
        let tokens = chat.tokens(prompt(dropping))
        if tokens.count <= budget { return tokens }
      }
      throw ValidationError(
        "a prompt with one exemplar does not fit \(budget) tokens: raise --context or lower --max-tokens")
    }
  }

  /// Rows of a pass: a micro-batch, or the longest sequence there can be.
  private func rowsMax(_ local: LocalModel) throws -> Int {
    max(command.compute.microBatchTokens, local.engine.limits.contextTokensMax)
  }

  private func loadModel(
    _ checkpoint: ModelCheckpoint, lora: LoRASettings, _ starting: StartingAdapter?, _ threads: Int
  ) async throws -> TrainingModel {
    let products = DenseProducts(parallel: ParallelFor(threads: threads), blas: try OpenBLAS.shared.get())
    let (seed, precision, storage) = (settings.seed, self.products, command.compute.baseStorage)
    let console = console
    let positions = checkpoint.configuration.positionCount
    let model = try await onThread {
      try TrainingModel(
        checkpoint, training: .adapters(lora), precision: precision, storage: storage,
        positionCount: min(positions, 32_768), seed: seed, products: products
      ) { console.loading($0) }
    }
    if let starting { try model.load(starting.adapter) }
    return model
  }

  /// Puts the result into its place.
  private func finish(_ ending: ReinforcementRun.Ending, _ files: RunFiles) throws {
    try files.writeReport(
      HTMLReport.Origin(
        program: "persrm-rft", version: BuildInfo.version, commit: BuildInfo.commit,
        commandLine: CommandLine.arguments.joined(separator: " "), date: Date().formatted(.iso8601)))
    if case .interrupted(let signal, let step) = ending {
      console.note("\(signal.name): stopped after step \(step); --resume goes on")
      return
    }
    guard let result = try files.result() else { return }
    try LoRAAdapter(path: result.path + "/adapter").write(to: files.directory.adapterPath)
    console.note("\(files.directory.adapterPath): the adapter of step \(result.step)")
  }
}
