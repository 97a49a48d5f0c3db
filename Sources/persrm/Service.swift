import Commands
import Engine
import Foundation
import HTTP
import HTTPServer
import Judge
import Kernels
import LocalInference
import Logging
import ScoringAPI
import Sockets
import Telemetry

/// The service's life: listen, load beside, serve, drain.
struct Service {
  let options: LocalModelOptions
  let calibrations: [JudgeMethod: Calibration]
  let host: String
  let port: Int
  let drainGraceSeconds: Double
  let shutdownTimeoutSeconds: Double
  let logger: Logger

  /// Returns when the service has drained; throws where it cannot listen or the model cannot be loaded.
  func run() async throws {
    let signals = TerminationSignals()
    let registry = MetricsRegistry()
    let readiness = ModelReadiness()
    let log = RequestLog(logger, quietRoutes: ["/health", "/livez", "/readyz", "/metrics"])
    let engine = EngineMetrics(registry: registry, readiness: readiness)
    let scoring = ScoringService(
      readiness: readiness, registry: registry, isAlive: { engine.isAlive },
      report: { log.warning($0, $1) })
    var configuration = ServerConfiguration()
    configuration.host = host
    configuration.port = port
    let server = Server(
      configuration: configuration,
      handlers: ServerHandlers(
        respond: { await scoring.respond(to: $0, requestID: $1.requestID) },
        route: { Route.label($0.target.path) }),
      metrics: ServerMetrics(registry: registry), log: log)
    ProcessMetrics.register(in: registry)
    let address = try await server.start()
    log.notice("listening", ["address": "\(address)"])

    let failure = await withTaskGroup(of: (any Error)?.self) { group in
      group.addTask {
        do {
          try await load(readiness: readiness, engine: engine, log: log)
          // Loaded: only a signal ends the service now.
          await signals.first()
          return nil
        } catch {
          return error
        }
      }
      group.addTask {
        await signals.first()
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    if let failure {
      readiness.fail()
      await server.drain(graceSeconds: 1)
      throw failure
    }
    await drain(server, readiness: readiness, signals: signals, log: log)
    engine.shutDown()
  }

  private func load(readiness: ModelReadiness, engine: EngineMetrics, log: RequestLog) async throws {
    let begin = ContinuousClock.now
    let (judge, model) = try await makeLocalJudge(options: options, calibrations: calibrations) {
      stage, progress in
      readiness.loading(stage: stage, progress: progress)
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    engine.loaded(model, judge: judge, seconds: seconds)
    log.notice(
      "ready",
      [
        "model": model.name, "adapter": model.adapter?.path ?? "none", "evidence": "\(model.showsEvidence)",
        "seconds": String(format: "%.2f", seconds),
        "memory": "\(model.memory)",
        "threads": "\(options.threads)", "instruction_set": model.instructionSet.rawValue,
        "context_tokens": "\(model.engine.limits.contextTokensMax)", "scorer_version": judge.scorerVersion,
        "version": BuildInfo.version, "commit": BuildInfo.commit,
      ])
    if let warning = model.adapter.flatMap({ PromptNotes.warning($0.metadata) }) { log.warning(warning, [:]) }
    readiness.ready(judge, created: WallTime.now().seconds)
  }

  /// Stops as a balancer would have it: unready first, then no new connections, then what runs is finished.
  private func drain(
    _ server: Server, readiness: ModelReadiness, signals: TerminationSignals, log: RequestLog
  ) async {
    log.notice("draining", ["signal": signals.name])
    readiness.shutDown()
    server.announceClose()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        if signals.name == "SIGTERM" {
          // `try?`: a second signal ends the wait.
          try? await Task.sleep(for: .seconds(drainGraceSeconds))
        }
        if Task.isCancelled { return }
        await server.drain(graceSeconds: shutdownTimeoutSeconds)
      }
      group.addTask { await signals.second() }
      await group.next()
      group.cancelAll()
      if signals.count > 1 { await server.drain(graceSeconds: 0) }
    }
    log.notice("stopped")
  }
}
