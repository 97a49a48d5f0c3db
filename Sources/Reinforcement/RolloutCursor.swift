package import BoundedJSON

/// Where a plan stands, as a checkpoint keeps it: a small JSON object.
package struct RolloutCursor: Sendable, Equatable, Codable {
  /// The number of the next group.
  package var next: Int
  /// Of the plan.
  package var fingerprint: String

  package init(next: Int, fingerprint: String) {
    self.next = next
    self.fingerprint = fingerprint
  }

  /// A cursor has two members; 4 KiB is room for any way to write them.
  private static let limits = JSONLimits(bytesMax: 4096, depthMax: 2, valuesMax: 16)

  /// One line of JSON, equal for equal cursors.
  package func json() throws(JSONError) -> [UInt8] { try JSONWriter.bytes(self) }

  /// - Throws: `badCursor`, which names the field.
  package init(json: [UInt8]) throws(RolloutPlanError) {
    do throws(JSONError) {
      self = try JSONReader.decode(RolloutCursor.self, from: json, limits: Self.limits)
    } catch {
      throw .badCursor(field: String(error.pointer.drop { $0 == "/" }), detail: "cannot be read: \(error)")
    }
  }
}

/// Why a plan cannot go on.
package enum RolloutPlanError: Error, Sendable, Equatable {
  /// The cursor is of other pairs, options or another seed, so the run that it was kept for is not this one.
  case cursorOfOtherPlan
  case badCursor(field: String, detail: String)
}

extension RolloutPlanError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cursorOfOtherPlan:
      "the checkpoint was made with other pairs, prompt options or another --seed, so it cannot be resumed with these"
    case .badCursor(let field, let detail):
      "the checkpoint's place in the data \(field.isEmpty ? "" : field + " ")\(detail)"
    }
  }
}
