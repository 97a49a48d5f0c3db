/// Sentences of prose that a teacher wrote.
///
/// Simpler than the sentences that style is measured by: a full stop ends one only before white space and an upper-case
/// letter or a quotation mark, so that a decimal point or an abbreviation inside does not.
enum Sentences {
  static func split(_ text: String) -> [String] {
    var sentences: [String] = []
    var current = ""
    let characters = Array(text)
    for (index, character) in characters.enumerated() {
      current.append(character)
      let isBreak = character == "\n"
      guard
        isBreak || ".!?".contains(character)
          || (character == "\"" && index > 0 && ".!?".contains(characters[index - 1]))
      else { continue }
      var next = index + 1
      while next < characters.count, characters[next] == " " { next += 1 }
      let isEnd = next == characters.count || isBreak
      let beginsNew =
        next > index + 1 && next < characters.count
        && (characters[next].isUppercase || characters[next] == "\"")
      if isEnd || beginsNew {
        let sentence = current.trimmed
        if !sentence.isEmpty { sentences.append(sentence) }
        current = ""
      }
    }
    let rest = current.trimmed
    return rest.isEmpty ? sentences : sentences + [rest]
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
