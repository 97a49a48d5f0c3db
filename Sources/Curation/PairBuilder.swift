package import Corpora
import Randomness

/// Makes contrastive pairs of a corpus: for an author's exemplars, a response by that author and one that is not.
///
/// Theory of operation. Every pair takes the author's text that was preferred least often so far; so all texts are used
/// before one is used twice. What could give the answer away without a look at the style is taken out: both responses
/// have the same genre and, where the corpus has topics, the same topic, which no exemplar has; both have about the
/// same length; the preferred one stands as often first as second, for each kind of negative; no exemplar shares a
/// passage with a response or another exemplar; and a text is perturbed as often when it is the wrong answer as when it
/// is the right one. What cannot be had is left out and counted (`Shortage`).
///
/// All choices come from the seed and from the texts, whatever their order in the corpus.
package struct PairBuilder: Sendable {
  /// Why a pair was not made.
  package enum Shortage: String, Sendable, CaseIterable {
    /// The author has no text of enough words that may still be preferred.
    case noPositive = "no_positive"
    /// The author has too few other texts that share no passage with the response.
    case noExemplars = "no_exemplars"
    /// No other author has a text of the same genre, topic and length.
    case noNegative = "no_negative"
  }

  package let library: TextLibrary
  package let settings: PairSettings
  private let perturb: @Sendable (_ text: String, _ seed: UInt64) -> String?

  /// How many of the nearest texts an exemplar is drawn from.
  private static let nearCount = 5
  /// How many texts are looked at for a negative at most; beyond them a match is a matter of luck.
  private static let negativeCandidatesMax = 400

  /// - Parameter perturb: replaces some words of a text by near synonyms; nil where it finds too few.
  package init(
    library: TextLibrary, settings: PairSettings,
    perturb: @escaping @Sendable (_ text: String, _ seed: UInt64) -> String?
  ) {
    self.library = library
    self.settings = settings
    self.perturb = perturb
  }

  /// What is used up while pairs are made.
  private struct Ledger {
    var positiveUses: [Int: Int] = [:]
    var negativeUses: [Int: Int] = [:]
    /// The texts each was paired with, so that no two pairs are the same but for their exemplars.
    var rivals: [Int: Set<Int>] = [:]
    var shortages: [Shortage: Int] = [:]
    var drafts: [PairDraft] = []
  }

  /// All pairs, by number, and what was lacking how often.
  ///
  /// - Parameter progress: called after each pair that was tried, with how many have been and how many will be.
  package func drafts(
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) -> (drafts: [PairDraft], shortages: [Shortage: Int]) {
    var ledger = Ledger()
    var random = SeededRandom(seed: settings.seed)
    let positives = settings.positives.draw(settings.pairsMax, using: &random)
    let negatives = settings.negatives.draw(settings.pairsMax, using: &random)
    // Authors in turn, so that a limit cuts all alike; one who has nothing left drops out.
    var turn = random.shuffled(library.authors)
    var number = 0
    while number < settings.pairsMax, !turn.isEmpty {
      for author in turn where number < settings.pairsMax {
        var own = SeededRandom(seed: settings.seed ^ random.next())
        switch draft(
          number, author: author, positive: positives[number], negative: negatives[number], &ledger, &own)
        {
        case .success(let draft):
          ledger.drafts.append(draft)
          number += 1
        case .failure(let shortage):
          ledger.shortages[shortage.reason, default: 0] += 1
          if shortage.endsAuthor { turn.removeAll { $0 == author } }
        }
        progress(number, settings.pairsMax)
      }
    }
    return (ledger.drafts, ledger.shortages)
  }

  /// Which response is preferred, for each draft: as often the first as the second within each kind of negative.
  package static func places(_ drafts: [PairDraft], seed: UInt64) -> [PreferencePair.Slot] {
    var random = SeededRandom(seed: seed ^ 0x51A7)
    var places = [PreferencePair.Slot](repeating: .a, count: drafts.count)
    let kinds = Dictionary(grouping: drafts.indices) { drafts[$0].negativeKind }
    for kind in kinds.keys.sorted() {
      let shuffled = random.shuffled(kinds[kind] ?? [])
      let first: PreferencePair.Slot = random.next() & 1 == 0 ? .a : .b
      for (rank, draft) in shuffled.enumerated() { places[draft] = rank & 1 == 0 ? first : first.other }
    }
    return places
  }

  // MARK: One pair

  private struct Failure: Error {
    let reason: Shortage
    /// Whether another try with the same author would end the same.
    let endsAuthor: Bool
  }

  private func draft(
    _ number: Int, author: String, positive kind: PositiveKind, negative negativeKind: NegativeKind,
    _ ledger: inout Ledger, _ random: inout SeededRandom
  ) -> Result<PairDraft, Failure> {
    guard let positive = choosePositive(author, &ledger, &random) else {
      return .failure(Failure(reason: .noPositive, endsAuthor: true))
    }
    // Used whether or not the rest is found: another try takes another text.
    ledger.positiveUses[positive, default: 0] += 1
    guard let exemplars = chooseExemplars(for: positive, &random) else {
      return .failure(Failure(reason: .noExemplars, endsAuthor: false))
    }
    let isImitation = kind == .imitation
    if isImitation, ownModels(positive, exemplars.entries).isEmpty {
      return .failure(Failure(reason: .noExemplars, endsAuthor: false))
    }
    var negative: Int?
    if isImitation || !negativeKind.isMachineWritten {
      negative = chooseNegative(
        for: positive, exemplars: exemplars.entries, nearest: negativeKind == .crossAuthor,
        needsModels: isImitation, ledger, &random)
      guard let negative else { return .failure(Failure(reason: .noNegative, endsAuthor: false)) }
      ledger.negativeUses[negative, default: 0] += 1
      ledger.rivals[positive, default: []].insert(negative)
    }
    let responses = responses(positive, negative, kind, negativeKind, exemplars.entries, &random)
    let entry = library.entries[positive]
    return .success(
      PairDraft(
        number: number, query: query(entry), queryNeutral: settings.queryForms.neutral(genre: entry.genre),
        exemplars: exemplars.entries.map { library.entries[$0].text },
        exemplarIDs: exemplars.entries.map { library.entries[$0].id },
        exemplarGenres: entry.genre == nil ? nil : exemplars.entries.map { library.entries[$0].genre ?? "" },
        positive: responses.positive, negative: responses.negative, author: author,
        negativeAuthor: negative.map { library.entries[$0].author }, genre: entry.genre, topic: entry.topic,
        positiveKind: responses.positiveKind.rawValue,
        negativeKind: isImitation ? PositiveKind.imitation.rawValue : negativeKind.rawValue,
        variant: exemplars.crossGenre ? "cross_genre" : "standard", positiveID: entry.id,
        negativeID: negative.map { library.entries[$0].id }, seed: random.next()))
  }

  /// The author's text that was preferred least often; nil where none may be once more.
  private func choosePositive(_ author: String, _ ledger: inout Ledger, _ random: inout SeededRandom) -> Int? {
    let own = (library.entriesByAuthor[author] ?? []).filter {
      bodyWords($0) >= settings.wordsMin && ledger.positiveUses[$0, default: 0] < settings.usesMax
    }
    guard let least = own.map({ ledger.positiveUses[$0, default: 0] }).min() else { return nil }
    return random.choice(own.filter { ledger.positiveUses[$0, default: 0] == least })
  }

  /// Texts of the same author that share no passage with the response or each other.
  ///
  /// With topics, all of other topics. Without, the first is one of the nearest in topic, so that the topic of the
  /// exemplars speaks for neither response where the negative is a near one too.
  private func chooseExemplars(
    for positive: Int, _ random: inout SeededRandom
  ) -> (entries: [Int], crossGenre: Bool)? {
    let entry = library.entries[positive]
    let others = (library.entriesByAuthor[entry.author] ?? []).filter {
      let other = library.entries[$0]
      return $0 != positive && other.wordCount >= settings.wordsMin
        && (entry.topic == nil || other.topic != entry.topic)
    }
    let foreign = others.filter { library.entries[$0].genre != entry.genre }
    // Each of another genre.
    let crossGenre =
      random.unit() < settings.crossGenreShare
      && Set(foreign.map { library.entries[$0].genre }).count >= settings.exemplars
    var candidates = random.shuffled(
      crossGenre ? foreign : others.filter { library.entries[$0].genre == entry.genre })
    if entry.topic == nil, !crossGenre {
      let wanted = Set(candidates)
      let near = random.shuffled(library.nearest(to: positive, limit: Self.nearCount) { wanted.contains($0) })
      candidates = near + candidates.filter { !near.contains($0) }
    }
    var chosen: [Int] = []
    var genres: [String: Int] = [:]
    for candidate in candidates where chosen.count < settings.exemplars {
      let genre = library.entries[candidate].genre ?? ""
      if crossGenre, genres[genre] != nil { continue }
      // One near exemplar is enough.
      if !sharesPassage(candidate, with: chosen + [positive]) {
        chosen.append(candidate)
        genres[genre, default: 0] += 1
        if chosen.count == 1, entry.topic == nil, !crossGenre {
          return rest(of: candidates, after: candidate, positive: positive, &random).map { ($0, false) }
        }
      }
    }
    return chosen.count == settings.exemplars ? (chosen, crossGenre) : nil
  }

  /// A first exemplar and others drawn from all, in an order that does not show which was first.
  private func rest(
    of candidates: [Int], after first: Int, positive: Int, _ random: inout SeededRandom
  ) -> [Int]? {
    var chosen = [first]
    for candidate in random.shuffled(candidates.filter { $0 != first })
    where chosen.count < settings.exemplars && !sharesPassage(candidate, with: chosen + [positive]) {
      chosen.append(candidate)
    }
    return chosen.count == settings.exemplars ? random.shuffled(chosen) : nil
  }

  /// Another author's text of the same genre, topic and length: the nearest in topic, or any.
  private func chooseNegative(
    for positive: Int, exemplars: [Int], nearest: Bool, needsModels: Bool, _ ledger: Ledger,
    _ random: inout SeededRandom
  ) -> Int? {
    let entry = library.entries[positive]
    let words = Double(bodyWords(positive))
    let used = ledger.rivals[positive] ?? []
    let isWanted = { [library, settings] (candidate: Int) -> Bool in
      let other = library.entries[candidate]
      guard other.author != entry.author, other.genre == entry.genre, other.topic == entry.topic else { return false }
      guard ledger.negativeUses[candidate, default: 0] < settings.usesMax, !used.contains(candidate) else {
        return false
      }
      if needsModels, (library.entriesByAuthor[other.author] ?? []).count < 2 { return false }
      let own = bodyWords(candidate, asWhole: isWhole(entry))
      let ratio = Double(own) / words
      return ratio <= settings.lengthRatioMax && ratio >= 1 / settings.lengthRatioMax && own >= settings.wordsMin
    }
    let candidates: [Int]
    if nearest {
      candidates = library.nearest(to: positive, limit: Self.negativeCandidatesMax, where: isWanted)
    } else {
      // An author first, so that those who wrote much are not everybody's rivals.
      let authors = random.shuffled(library.authors.filter { $0 != entry.author })
      candidates = authors.compactMap { author in
        let wanted = (library.entriesByAuthor[author] ?? []).filter(isWanted)
        return random.choice(wanted)
      }
    }
    return candidates.first { !sharesPassage($0, with: exemplars + [positive]) }
  }

  private func sharesPassage(_ entry: Int, with others: [Int]) -> Bool {
    others.contains { library.entries[entry].shared(with: library.entries[$0]) > settings.sharedRunsMax }
  }

  // MARK: Texts

  /// Whether responses are whole texts, and not what follows an opening.
  private func isWhole(_ entry: TextLibrary.Entry) -> Bool { entry.topic != nil || entry.opening == nil }

  /// - Parameter asWhole: as the preferred response is; both are, or neither.
  private func body(_ entry: TextLibrary.Entry, asWhole: Bool) -> String { asWhole ? entry.text : entry.continuation }

  private func bodyWords(_ number: Int, asWhole: Bool) -> Int {
    let entry = library.entries[number]
    return asWhole ? entry.wordCount : entry.continuationWordCount
  }

  private func bodyWords(_ number: Int) -> Int { bodyWords(number, asWhole: isWhole(library.entries[number])) }

  /// Texts of the response's author that an imitation may be modelled on: none that the pair shows, or the exemplar
  /// would be the very text that was imitated.
  private func ownModels(_ positive: Int, _ exemplars: [Int]) -> [Int] {
    let shown = Set(exemplars + [positive])
    return (library.entriesByAuthor[library.entries[positive].author] ?? []).filter {
      !shown.contains($0) && !sharesPassage($0, with: exemplars)
    }
  }

  private func query(_ entry: TextLibrary.Entry) -> String {
    if let topic = entry.topic { return settings.queryForms.query(genre: entry.genre, topic: topic) }
    guard let opening = entry.opening else { return settings.queryForms.neutral(genre: entry.genre) }
    return settings.queryForms.query(genre: entry.genre, opening: opening)
  }

  private func responses(
    _ positive: Int, _ negative: Int?, _ kind: PositiveKind, _ negativeKind: NegativeKind, _ exemplars: [Int],
    _ random: inout SeededRandom
  ) -> (positive: PairDraft.Response, negative: PairDraft.Response, positiveKind: PositiveKind) {
    let entry = library.entries[positive]
    let opening = isWhole(entry) ? nil : entry.opening
    func order(_ task: PairDraft.WritingOrder.Task) -> PairDraft.Response {
      .ordered(
        PairDraft.WritingOrder(
          task: task, query: query(entry), opening: opening, keepsOpening: settings.opening == .both,
          words: bodyWords(positive)))
    }
    func text(_ body: String) -> PairDraft.Response { .text(withOpening(opening, body)) }
    if kind == .imitation, let negative {
      let rival = library.entries[negative].author
      let rivals = random.shuffled((library.entriesByAuthor[rival] ?? []).filter { $0 != negative })
      let own = random.shuffled(ownModels(positive, exemplars))
      // As many of each, so that neither imitation is the better for it.
      let count = min(own.count, rivals.count, settings.exemplars)
      func models(_ entries: [Int]) -> [String] { entries.prefix(count).map { library.entries[$0].text } }
      return (
        order(.imitation(exemplars: models(own))), order(.imitation(exemplars: models(rivals))), .imitation
      )
    }
    // Both seeds are drawn in any case, so that one kind of pair does not shift the next.
    let (positiveSeed, negativeSeed) = (random.next(), random.next())
    let perturbsNegative = random.unit() < lexicalShare
    let own = body(entry, asWhole: isWhole(entry))
    let perturbed = kind == .lexical ? perturb(own, positiveSeed) : nil
    let negativeResponse: PairDraft.Response
    if let negative {
      let other = body(library.entries[negative], asWhole: isWhole(entry))
      negativeResponse = text(perturbsNegative ? perturb(other, negativeSeed) ?? other : other)
    } else {
      negativeResponse = order(negativeKind == .confounding ? .confounding(original: own) : .continuation)
    }
    return (text(perturbed ?? own), negativeResponse, perturbed == nil ? .intraAuthor : .lexical)
  }

  /// Of the pairs whose preferred response a person wrote, the share in which it is perturbed.
  private var lexicalShare: Double {
    let lexical = settings.positives.share(of: .lexical)
    let written = lexical + settings.positives.share(of: .intraAuthor)
    return written > 0 ? lexical / written : 0
  }

  private func withOpening(_ opening: String?, _ body: String) -> String {
    guard settings.opening == .both, let opening else { return body }
    return opening + (body.first?.isWhitespace == true ? "" : " ") + body
  }
}

extension SeededRandom {
  /// One of a list, each as likely as the others; nil of an empty one.
  mutating func choice<Element>(_ list: [Element]) -> Element? { list.isEmpty ? nil : list[below(list.count)] }
}
