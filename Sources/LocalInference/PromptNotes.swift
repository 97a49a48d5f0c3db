private import Judge

/// What an adapter notes of the prompts it was trained on, so that they are served as they were learnt.
package enum PromptNotes {
  private static let program = "persrm.program"
  private static let template = "persrm.template"
  private static let evidence = "persrm.evidence"
  private static let evidenceVersion = "persrm.evidence_version"

  /// The notes of training with this version's prompts.
  ///
  /// - Parameters:
  ///   - program: what trained it, with its version.
  ///   - showsEvidence: whether the prompts carried measurements.
  package static func metadata(program: String, showsEvidence: Bool) -> [String: String] {
    var notes = [
      Self.program: program, template: PromptTemplate.version, evidence: String(showsEvidence),
    ]
    if showsEvidence { notes[evidenceVersion] = PromptTemplate.evidenceVersion }
    return notes
  }

  /// Whether the adapter was trained with measurements in the prompt; false where it does not say.
  package static func showsEvidence(_ metadata: [String: String]) -> Bool { metadata[evidence] == "true" }

  /// What an operator should know where this version writes other prompts than the adapter was trained on.
  package static func warning(_ metadata: [String: String]) -> String? {
    let now = [template: PromptTemplate.version, evidenceVersion: PromptTemplate.evidenceVersion]
    let other = now.keys.sorted().compactMap { name -> String? in
      guard let known = metadata[name], let current = now[name], known != current else { return nil }
      return "\(name) \(known), now \(current)"
    }
    return other.isEmpty
      ? nil : "the adapter was trained on prompts of another form (\(other.joined(separator: "; "))): train it again"
  }
}
