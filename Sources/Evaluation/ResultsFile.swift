package import BoundedJSON

/// Results as JSON Lines.
package enum ResultsFile {
  /// A line may hold thousands of votes, but no texts.
  package static let lineLimits = JSONLimits(bytesMax: 4 << 20, depthMax: 16, valuesMax: 200_000)

  /// One result as a line, with its line feed.
  package static func line(_ result: JudgedPair) throws(JSONError) -> [UInt8] {
    try JSONWriter.bytes(result) + [UInt8(ascii: "\n")]
  }

  /// All results of a file; empty lines do not count.
  ///
  /// - Parameter file: its name, for messages.
  /// - Throws: `line` or `field` for a line that is no result, `duplicate` for two with one id.
  package static func read(_ bytes: [UInt8], file: String) throws(EvaluationError) -> [JudgedPair] {
    var results: [JudgedPair] = []
    var ids: Set<String> = []
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      let result: JudgedPair
      do throws(JSONError) {
        result = try JSONReader.decode(JudgedPair.self, from: Array(line), limits: lineLimits)
      } catch {
        throw .line(file: file, line: number, error)
      }
      if let (field, reason) = flaw(in: result) {
        throw .field(file: file, line: number, field: field, reason: reason)
      }
      if !ids.insert(result.id).inserted { throw .duplicate(file: file, id: result.id) }
      results.append(result)
    }
    return results
  }

  /// The results of a file that may have been cut off while it was written: what stands behind the last line feed is a
  /// line half written, and is left out.
  ///
  /// - Returns: the results, and how many bytes they take: to go on, cut the file there.
  /// - Throws: as `read`, for the lines before.
  package static func readInterrupted(
    _ bytes: [UInt8], file: String
  ) throws(EvaluationError) -> (results: [JudgedPair], wholeBytes: Int) {
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (try read(Array(bytes[..<whole]), file: file), whole)
  }

  /// What the types do not hold.
  private static func flaw(in result: JudgedPair) -> (field: String, reason: String)? {
    if Set(result.answers.map(\.order)).count < result.answers.count { return ("answers", "an order is there twice") }
    for answer in result.answers {
      let isWhole = answer.scoreA != nil && answer.scoreB != nil && answer.winner != nil
      if answer.failure == nil, !isWhole {
        return ("answers", "order \(answer.order.rawValue) has neither a failure nor both scores and a winner")
      }
      if answer.failure != nil, answer.scoreA != nil || answer.scoreB != nil || answer.winner != nil {
        return ("answers", "order \(answer.order.rawValue) has both a failure and a verdict")
      }
      if let probability = answer.probabilityA, !(0...1).contains(probability) {
        return ("answers", "probability_a must be from 0 to 1")
      }
    }
    return nil
  }
}
