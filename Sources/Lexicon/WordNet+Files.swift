import DataFiles

extension WordNet {
  /// The most lines of one file: the largest of WordNet 3.0, `cntlist.rev` and `index.noun`, have under 120,000.
  private static let linesMax = 2_000_000

  /// Reads the database files of a folder: `index.*` of four parts of speech, `data.*` of three, `*.exc`, and, where it
  /// is there, `cntlist.rev` with the counts, without which all senses count 0.
  ///
  /// - Throws: `notInstalled` where the folder has no `index.verb`; `file`, `malformed` and `tooLarge` with the file.
  /// - Complexity: O(bytes), some 10 MB.
  package static func read(path: String = standardPath) throws(LexiconError) -> WordNet {
    var wordNet = WordNet()
    for part in PartOfSpeech.allCases {
      try wordNet.readIndex(path: "\(path)/index.\(part.rawValue)", as: part)
      if part != .noun { try wordNet.readSynsets(path: "\(path)/data.\(part.rawValue)", as: part) }
      try wordNet.readExceptions(path: "\(path)/\(part.rawValue).exc", as: part)
    }
    try wordNet.readCounts(path: "\(path)/cntlist.rev")
    return wordNet
  }

  /// Gives out the lines of a file but those of the licence, which begin with a space.
  private static func forEachLine(
    of path: String, isOptional: Bool = false, _ body: (String, Int) throws(LexiconError) -> Void
  ) throws(LexiconError) {
    var reader: LineReader
    do throws(DataFileError) {
      reader = try LineReader(path: path)
    } catch {
      // 2: there is no such file.
      if case .system("open", _, 2) = error {
        if isOptional { return }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
        throw .notInstalled(path: folder)
      }
      throw .file(error)
    }
    while true {
      let line: [UInt8]?
      do throws(DataFileError) { line = try reader.next() } catch { throw .file(error) }
      guard let line else { return }
      if reader.lineNumber > linesMax { throw .tooLarge(path: path, max: linesMax) }
      if line.isEmpty || line.first == UInt8(ascii: " ") { continue }
      try body(String(decoding: line, as: UTF8.self), reader.lineNumber)
    }
  }

  /// `lemma pos synset_cnt p_cnt [symbols] sense_cnt tagsense_cnt offset...`
  private mutating func readIndex(path: String, as part: PartOfSpeech) throws(LexiconError) {
    var found: [String: [Sense]] = [:]
    try Self.forEachLine(of: path) { (line, number) throws(LexiconError) in
      let fields = line.split(separator: " ")
      guard fields.count > 4, let count = Int(fields[2]), count > 0, let pointers = Int(fields[3]), pointers >= 0,
        fields.count == 6 + pointers + count
      else { throw .malformed(path: path, line: number, reason: "is no index line") }
      let offsets = fields.suffix(count).compactMap { Int($0) }
      guard offsets.count == count else { throw .malformed(path: path, line: number, reason: "an offset is no number") }
      found[String(fields[0])] = offsets.map { Sense(synset: $0, count: 0) }
    }
    senses[part] = found
  }

  /// `offset lex_filenum ss_type w_cnt word lex_id [word lex_id ...] p_cnt ... | gloss`
  private mutating func readSynsets(path: String, as part: PartOfSpeech) throws(LexiconError) {
    var found: [Int: [Member]] = [:]
    try Self.forEachLine(of: path) { (line, number) throws(LexiconError) in
      // The words come first, and the rest is long.
      let fields = line.prefix { $0 != "|" }.split(separator: " ")
      guard fields.count > 5, let offset = Int(fields[0]), let count = Int(fields[3], radix: 16), count > 0,
        fields.count > 4 + 2 * count
      else { throw .malformed(path: path, line: number, reason: "is no synset") }
      found[offset] = (0..<count).map { Self.member(fields[4 + 2 * $0]) }
    }
    synsets[part] = found
  }

  /// "galore(ip)" is a word and where it may stand.
  private static func member(_ text: Substring) -> Member {
    guard text.last == ")", let open = text.lastIndex(of: "(") else { return Member(lemma: String(text)) }
    return Member(lemma: String(text[..<open]), position: String(text[text.index(after: open)...].dropLast()))
  }

  /// `form lemma...`
  private mutating func readExceptions(path: String, as part: PartOfSpeech) throws(LexiconError) {
    var (lemmas, forms): ([String: [String]], [String: [String]]) = ([:], [:])
    try Self.forEachLine(of: path) { (line, number) throws(LexiconError) in
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count > 1 else { throw .malformed(path: path, line: number, reason: "is no exception") }
      lemmas[fields[0], default: []] += fields.dropFirst()
      for lemma in fields.dropFirst() { forms[lemma, default: []].append(fields[0]) }
    }
    exceptions[part] = lemmas
    irregularForms[part] = forms
  }

  /// `lemma%ss_type:lex_filenum:lex_id:head:head_id sense_number count`
  private mutating func readCounts(path: String) throws(LexiconError) {
    var found: [PartOfSpeech: [String: [(number: Int, count: Int)]]] = [:]
    try Self.forEachLine(of: path, isOptional: true) { (line, number) throws(LexiconError) in
      let fields = line.split(separator: " ")
      guard fields.count == 3, let mark = fields[0].lastIndex(of: "%"), let sense = Int(fields[1]),
        let count = Int(fields[2]), count >= 0, let part = Self.part(fields[0][fields[0].index(after: mark)...])
      else { throw .malformed(path: path, line: number, reason: "is no count of a sense") }
      found[part, default: [:]][String(fields[0][..<mark]), default: []].append((sense, count))
    }
    for (part, lemmas) in found {
      for (lemma, counts) in lemmas {
        // A count of a sense that the index does not have is of another edition, and of no use.
        let known = senses[part]?[lemma]?.count ?? 0
        for (number, count) in counts where (1...max(1, known)).contains(number) && known > 0 {
          senses[part]?[lemma]?[number - 1].count = count
        }
      }
    }
  }

  private static func part(_ type: Substring) -> PartOfSpeech? {
    switch type.first {
    case "1": .noun
    case "2": .verb
    case "3", "5": .adjective
    case "4": .adverb
    default: nil
    }
  }
}
