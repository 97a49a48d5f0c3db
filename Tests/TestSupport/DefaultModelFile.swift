import Foundation

/// Where `make model` leaves the default model.
package enum DefaultModelFile {
  package static let path: String = {
    let environment = ProcessInfo.processInfo.environment
    let cache =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
      ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache").path
    return cache + "/persrm/SmolLM2-135M-Instruct.Q4_1.gguf"
  }()
}
