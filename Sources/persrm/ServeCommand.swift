import ArgumentParser
import Commands
import Foundation
import Logging
import Sockets
import Telemetry

/// `persrm serve`: the HTTP service.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve POST /score over HTTP.",
    discussion: """
      Listens at once and loads the model beside; GET /readyz tells when it is ready, and a comparison that comes \
      earlier waits. SIGTERM finishes what is running, then ends; a second one ends at once.

      Example:
        persrm serve --port 8000
        curl -s localhost:8000/score --json @comparison.json
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: "Address to listen on. (env: PERSRM_HOST; default: 127.0.0.1)")
  var host: String?

  @Option(help: "Port to listen on; 0 takes any free one. (env: PERSRM_PORT; default: 8000)")
  var port: Int?

  @Option(
    help: ArgumentHelp(
      "After SIGTERM, how long new connections are still taken while balancers look away.", valueName: "seconds"))
  var drainGrace: Double = 5

  @Option(
    help: ArgumentHelp("After that, how long running comparisons may take to finish.", valueName: "seconds"))
  var shutdownTimeout: Double = 45

  @Option(help: "Log lines as json or text. (default: text on a terminal, else json)")
  var logFormat: LineLogHandler.Format?

  @Option(
    help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"),
    transform: Self.level)
  var logLevel: Logger.Level = .info

  func validate() throws {
    if let port, !(0...65_535).contains(port) { throw ValidationError("--port must be in 0...65535, not \(port)") }
    guard (0...3600).contains(drainGrace) else { throw ValidationError("--drain-grace must be in 0...3600") }
    guard (0...3600).contains(shutdownTimeout) else { throw ValidationError("--shutdown-timeout must be in 0...3600") }
  }

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let port = try port ?? environment["PERSRM_PORT"].map(Self.port)
    let host = host ?? environment["PERSRM_HOST"] ?? "127.0.0.1"
    let format = logFormat ?? (LogSink.standardError.isTerminal ? .text : .json)
    let logger = Logger(label: "persrm") { [logLevel] label in
      LineLogHandler(label: label, format: format, level: logLevel)
    }
    let service = Service(
      options: try model.resolved(), calibrations: try model.calibrations(), host: host, port: port ?? 8000,
      drainGraceSeconds: drainGrace,
      shutdownTimeoutSeconds: shutdownTimeout, logger: logger)
    do {
      try await service.run()
    } catch let error as SocketError {
      throw ValidationError("cannot listen on \(host):\(port ?? 8000): \(error)")
    }
  }

  private static func level(_ text: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: text) else {
      throw ValidationError(
        "--log-level must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")), not \"\(text)\"")
    }
    return level
  }

  private static func port(_ text: String) throws -> Int {
    guard let port = Int(text), (0...65_535).contains(port) else {
      throw ValidationError("PERSRM_PORT must be in 0...65535, not \"\(text)\"")
    }
    return port
  }
}

extension LineLogHandler.Format: ExpressibleByArgument {}
