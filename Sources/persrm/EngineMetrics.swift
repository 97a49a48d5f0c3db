import Commands
import Dispatch
import Engine
import Judge
import LocalInference
import ScoringAPI
import Synchronization
import Telemetry

/// The engine's metrics. All are read from its counters when somebody scrapes; the engine does nothing for it.
final class EngineMetrics: Sendable {
  /// Without a pass for so long while there is work, the engine counts as stuck. A pass of a large model takes a while.
  private static let stallSeconds = 120.0

  private let registry: MetricsRegistry
  private let engine = Mutex<InferenceEngine?>(nil)

  init(registry: MetricsRegistry, readiness: ModelReadiness) {
    self.registry = registry
    registry.gauge("persrm_ready", help: "1 when comparisons are answered at once.") {
      readiness.readiness == .ready ? 1 : 0
    }
    registry.gauge("persrm_draining", help: "1 while shutting down.") {
      readiness.readiness == .shuttingDown ? 1 : 0
    }
    gauge("persrm_requests_running", "Sequences being computed.") { $0.running.load(ordering: .relaxed) }
    gauge("persrm_requests_waiting", "Sequences that wait to be computed.") { $0.waiting.load(ordering: .relaxed) }
    counter("persrm_prefix_cache_queries_tokens_total", "Prompt tokens looked up in the cache.") {
      $0.prefixQueryTokens.load(ordering: .relaxed)
    }
    counter("persrm_prefix_cache_hits_tokens_total", "Prompt tokens found in the cache.") {
      $0.prefixHitTokens.load(ordering: .relaxed)
    }
    counter("persrm_engine_steps_total", "Forward passes.") { $0.steps.load(ordering: .relaxed) }
    counter("persrm_preemptions_total", "Sequences set back because the key-value cache was full.") {
      $0.preemptions.load(ordering: .relaxed)
    }
    counter("persrm_sequences_cancelled_total", "Sequences whose caller gave up.") {
      $0.cancelled.load(ordering: .relaxed)
    }
    registry.gauge("persrm_kv_cache_usage_ratio", help: "Share of key-value cache blocks in use.") { [self] in
      engine.withLock { $0 }.map {
        Double($0.statistics.blocksInUse.load(ordering: .relaxed)) / Double($0.limits.blockCount)
      } ?? 0
    }
  }

  func loaded(_ model: LocalModel, judge: PairJudge, seconds: Double) {
    engine.withLock { $0 = model.engine }
    registry.gauge(
      "persrm_build_info", help: "1, with the build and the scorer as labels.",
      labels: ["version", "commit", "scorer_version", "model_name"]
    ).with(BuildInfo.version, BuildInfo.commit, judge.scorerVersion, model.name).set(1)
    registry.gauge("persrm_model_load_seconds", help: "From the start of loading to ready.").set(seconds)
  }

  /// Whether the engine makes progress, or has nothing to do.
  var isAlive: Bool {
    guard let engine = engine.withLock({ $0 }) else { return true }
    let statistics = engine.statistics
    let waiting = statistics.waiting.load(ordering: .acquiring)
    if statistics.running.load(ordering: .relaxed) + waiting == 0 { return true }
    let last = statistics.lastStepAt.load(ordering: .relaxed)
    return Double(DispatchTime.now().uptimeNanoseconds &- last) / 1e9 < Self.stallSeconds
  }

  func shutDown() { engine.withLock { $0 }?.shutDown() }

  private func gauge(_ name: String, _ help: String, _ value: @escaping @Sendable (EngineStatistics) -> Int) {
    registry.gauge(name, help: help) { [self] in read(value) }
  }

  private func counter(_ name: String, _ help: String, _ value: @escaping @Sendable (EngineStatistics) -> Int) {
    registry.counter(name, help: help) { [self] in read(value) }
  }

  private func read(_ value: (EngineStatistics) -> Int) -> Double {
    engine.withLock { $0 }.map { Double(value($0.statistics)) } ?? 0
  }
}
