import Curation

/// A language model that does what a test says.
struct ScriptedWriter: TextWriter {
  let name = "scripted"
  let answer: @Sendable (WritingRequest) async throws(WriterError) -> WrittenText

  init(_ answer: @escaping @Sendable (WritingRequest) async throws(WriterError) -> WrittenText) { self.answer = answer }

  func write(_ request: WritingRequest) async throws(WriterError) -> WrittenText { try await answer(request) }
}
