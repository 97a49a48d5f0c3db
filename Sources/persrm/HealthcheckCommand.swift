import ArgumentParser
import Foundation
import RemoteInference

/// `persrm healthcheck`: whether a service is ready, as an exit code.
struct HealthcheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthcheck",
    abstract: "Exit 0 when a service is ready to judge, else 1 with the reason.",
    discussion: """
      Asks GET /readyz of the service. For container images and scripts that wait; it says nothing when all is well.

      Example:
        persrm healthcheck --url http://127.0.0.1:8000 || echo "not yet"
      """)

  /// The most that is read of an answer: what /readyz says is far below a kilobyte.
  private static let answerBytesMax = 65_536
  /// What is shown of it.
  private static let shownCharacters = 200

  @Option(help: "The service's address. (default: http://127.0.0.1 and PERSRM_PORT or 8000)")
  var url: String?

  @Option(help: ArgumentHelp("How long to wait for the answer.", valueName: "seconds"))
  var timeout = 2.0

  func validate() throws {
    guard (0.01...3600).contains(timeout) else { throw ValidationError("--timeout must be in 0.01...3600") }
  }

  func run() async throws {
    let port = ProcessInfo.processInfo.environment["PERSRM_PORT"].flatMap { $0.isEmpty ? nil : $0 } ?? "8000"
    let address: ServerAddress
    do {
      address = try ServerAddress(url ?? "http://127.0.0.1:\(port)")
    } catch {
      throw ValidationError("--url: \(error)")
    }
    let call = HTTPCall(
      method: .get, url: address.route("/readyz"), timeout: .seconds(timeout), bodyBytesMax: Self.answerBytesMax)
    let shown = address.shown("/readyz")
    do throws(RemoteFault) {
      let reply = try await WebTransport(connectionsMax: 1).send(call)
      if reply.status == 200 { return }
      let body = String(decoding: reply.body, as: UTF8.self).prefix(Self.shownCharacters)
      explain("\(shown) answered \(reply.status): \(body.debugDescription)")
    } catch {
      explain("\(shown): \(error)")
    }
    throw ExitCode(1)
  }

  private func explain(_ reason: String) {
    FileHandle.standardError.write(Data("persrm healthcheck: \(reason)\n".utf8))
  }
}
