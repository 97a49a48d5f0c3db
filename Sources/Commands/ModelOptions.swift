package import ArgumentParser
import Digests
import Foundation
package import Judge
package import LocalInference
import Models

/// The flags that choose a model and what it runs on; the same for every program that judges.
package struct ModelOptions: ParsableArguments {
  package init() {}

  @OptionGroup package var source: ModelSource

  @Option(help: "The name answers carry. (default: the file's, and the adapter's)")
  package var modelName: String?

  @Option(help: "Threads that compute. (env: PERSRM_THREADS; default: all cores)")
  package var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Tokens of prompt and output together. (env: PERSRM_CONTEXT; default: what the model was made for)",
      valueName: "tokens"))
  package var context: Int?

  @Option(
    help: ArgumentHelp(
      "Memory for keys and values. (env: PERSRM_KV_CACHE_MIB; default: 448)", valueName: "MiB"))
  package var kvCacheMib: Int?

  @Option(help: "Comparisons computed together at most. (env: PERSRM_PARALLEL; default: 16)")
  package var parallel: Int?

  @Option(
    help: ArgumentHelp(
      "Tokens of one forward pass at most: a long prompt holds up what is being written by so much at a time. "
        + "(env: PERSRM_STEP_TOKENS; default: 512)", valueName: "tokens"))
  package var stepTokens: Int?

  @Option(
    help: ArgumentHelp(
      "float32: the reference, slow. balanced: weights as they are stored, activations in 16 bits where the model is "
        + "sensitive, else 8. fast: 8 throughout. (env: PERSRM_PRECISION; default: balanced)",
      valueName: Precision.allCases.map(\.rawValue).joined(separator: "|")))
  package var precision: String?

  @Option(
    help: ArgumentHelp(
      "How keys and values are kept: int8 takes half the memory of bfloat16. (env: PERSRM_KV_TYPE; default: bfloat16, "
        + "float32 with --precision float32)",
      valueName: KeyValueType.allCases.map(\.rawValue).joined(separator: "|")))
  package var kvType: String?

  @Option(
    help: ArgumentHelp(
      "A calibration.json: how margins of its method become probabilities; may be given for several methods. "
        + "(env: PERSRM_CALIBRATION, paths separated by colons)", valueName: "path"))
  package var calibration: [String] = []

  @Flag(
    help: "Multiply matrices with OpenBLAS, the reference, instead of our kernels. Scores then depend on the batch.")
  package var openblas = false

  package func validate() throws {
    for (name, value, range) in [
      ("threads", threads, 1...1024), ("context", context, 256...1_048_576),
      ("kv-cache-mib", kvCacheMib, 1...1_048_576),
      ("parallel", parallel, 1...256), ("step-tokens", stepTokens, 16...8192),
    ] {
      if let value, !range.contains(value) {
        throw ValidationError("--\(name) must be in \(range.lowerBound)...\(range.upperBound), not \(value)")
      }
    }
  }

  /// The options as the engine takes them: flag, else environment, else default.
  package func resolved() throws -> LocalModelOptions {
    let parallel = try setting("PERSRM_PARALLEL", parallel, 1...256) ?? 16
    let stepTokens = try setting("PERSRM_STEP_TOKENS", stepTokens, 16...8192) ?? 512
    return LocalModelOptions(
      path: try source.modelPath(), adapter: source.adapterPath(), allowsOtherBase: source.allowOtherBase,
      name: modelName, threads: try resolvedThreads(),
      contextTokens: try setting("PERSRM_CONTEXT", context, 256...1_048_576),
      cacheMebibytes: try setting("PERSRM_KV_CACHE_MIB", kvCacheMib, 1...1_048_576) ?? 448, sequencesMax: parallel,
      stepTokensMax: max(stepTokens, parallel), precision: try resolvedPrecision(),
      keyValueType: try choice("kv-type", "PERSRM_KV_TYPE", kvType, of: KeyValueType.self), usesOpenBLAS: openblas)
  }

  /// The calibrations of the files given, by method.
  package func calibrations() throws -> [JudgeMethod: Calibration] {
    let environment = ProcessInfo.processInfo.environment["PERSRM_CALIBRATION"] ?? ""
    let paths = calibration.isEmpty ? environment.split(separator: ":").map(String.init) : calibration
    var byMethod: [JudgeMethod: Calibration] = [:]
    for path in paths {
      let known = try CalibrationFile.read(path)
      guard let method = JudgeMethod(rawValue: known.method) else {
        throw ValidationError("\(path): there is no method \"\(known.method)\"")
      }
      if byMethod.updateValue(known, forKey: method) != nil {
        throw ValidationError("\(path): a second calibration of the method \(method.rawValue)")
      }
    }
    return byMethod
  }

  /// Threads that compute: flag, else environment, else all cores.
  package func resolvedThreads() throws -> Int {
    try setting("PERSRM_THREADS", threads, 1...1024) ?? ProcessInfo.processInfo.activeProcessorCount
  }

  private func resolvedPrecision() throws -> Precision {
    let value = try choice("precision", "PERSRM_PRECISION", precision, of: Precision.self) ?? .balanced
    if openblas, value != .float32 { throw ValidationError("--openblas goes with --precision float32 only") }
    return value
  }

  /// One of a few values: flag, else environment; nil where neither is given.
  private func choice<Value: CaseIterable & RawRepresentable<String>>(
    _ name: String, _ variable: String, _ flag: String?, of type: Value.Type
  ) throws -> Value? {
    let environment = ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    guard let text = flag ?? environment else { return nil }
    guard let value = Value(rawValue: text) else {
      let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("\(flag == nil ? variable : "--" + name) must be one of \(known), not \"\(text)\"")
    }
    return value
  }

  private func setting(_ variable: String, _ flag: Int?, _ range: ClosedRange<Int>) throws -> Int? {
    if let flag { return flag }
    guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw ValidationError("\(variable) must be in \(range.lowerBound)...\(range.upperBound), not \"\(text)\"")
    }
    return value
  }
}

/// Loads a model and puts a judge on it.
///
/// - Parameter progress: told the stage ("tokenizer", "weights", "warmup") and its share done.
package func makeLocalJudge(
  options: LocalModelOptions, calibrations: [JudgeMethod: Calibration] = [:],
  progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
) async throws -> (judge: PairJudge, model: LocalModel) {
  let model = try await loadLocalModel(options, progress: progress)
  let judge = PairJudge(
    generator: try LocalGenerator(model), showsEvidence: model.showsEvidence, calibrations: calibrations,
    digest: SHA256.hash)
  progress("warmup", 0)
  // One short verdict: pages the weights in and fills the tables of the grammar.
  let comparison = Comparison(query: "-", exemplars: ["-"], responseA: "-", responseB: "-")
  _ = try await judge.judge(comparison, options: JudgeOptions(maxTokens: VerdictGrammar.maxTokensMin))
  progress("warmup", 1)
  return (judge, model)
}

/// Loads a model without a judge.
package func loadLocalModel(
  _ options: LocalModelOptions, progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
) async throws -> LocalModel {
  try await onThread { try LocalModel.load(options) { progress($0.rawValue, $1) } }
}
