/// A language model that writes what it is asked for: the local engine, or a service.
package protocol TextWriter: Sendable {
  /// For files and reports.
  var name: String { get }
  /// One text. Equal requests have equal answers where the model can give them.
  func write(_ request: WritingRequest) async throws(WriterError) -> WrittenText
}

/// What a model is asked to write.
package struct WritingRequest: Sendable, Hashable {
  /// Who it is.
  package var system: String
  package var user: String
  /// Tokens at most.
  package var tokensMax: Int
  package var temperature: Double
  package var seed: UInt64
  /// Whether the answer is a verdict; a model that can be held to its form is.
  package var isVerdict: Bool

  package init(
    system: String, user: String, tokensMax: Int, temperature: Double, seed: UInt64, isVerdict: Bool = false
  ) {
    self.system = system
    self.user = user
    self.tokensMax = tokensMax
    self.temperature = temperature
    self.seed = seed
    self.isVerdict = isVerdict
  }
}

package struct WrittenText: Sendable, Equatable {
  package var text: String
  /// Whether it ended because there were tokens enough.
  package var isCut: Bool
  package var promptTokens: Int
  package var completionTokens: Int

  package init(text: String, isCut: Bool = false, promptTokens: Int = 0, completionTokens: Int = 0) {
    self.text = text
    self.isCut = isCut
    self.promptTokens = promptTokens
    self.completionTokens = completionTokens
  }
}

/// Why there is no text.
package enum WriterError: Error, Sendable, Equatable, CustomStringConvertible {
  /// This request will never be answered: too long, refused, filtered. The run goes on without it.
  case refused(String)
  /// Nothing can be written any more: no connection, no money, cancelled. The run stops, and can be resumed.
  case stopped(String)

  package var description: String {
    switch self {
    case .refused(let reason), .stopped(let reason): reason
    }
  }
}
