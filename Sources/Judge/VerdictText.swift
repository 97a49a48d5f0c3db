/// Writing verdicts as a model writes them: the other direction of `VerdictParser`.
extension VerdictGrammar {
  /// The whole form with these parts.
  ///
  /// - Returns: nil where the grammar does not accept a text: without ink, or with `<` or a control character in it.
  package static func text(criteria: String, eval: String, a: Score, b: Score) -> String? {
    let text =
      "<criteria>\(criteria)</criteria>\n<eval>\(eval)</eval>\n<scores>A: \(a.decimal), B: \(b.decimal)</scores>"
    var state = VerdictGrammar().initial
    return state.advance(Array(text.utf8)) && state.isComplete ? text : nil
  }
}

extension Score {
  /// As the form has it: "8", "7.5".
  package var decimal: String { tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)" }
}
