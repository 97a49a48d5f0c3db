import Corpora
import Curation
import Randomness
import Testing

/// What must hold of every pair, whatever the corpus: nothing but style tells the responses apart.
@Suite struct PairBuilderTests {
  private static let mark = "zzz"

  private func builder(_ texts: [CorpusText], _ settings: PairSettings) -> PairBuilder {
    PairBuilder(library: TextLibrary(texts, wordsMax: settings.wordsMax), settings: settings) { text, _ in
      text + " " + Self.mark
    }
  }

  private func settings(_ seed: UInt64, _ change: (inout PairSettings) -> Void = { _ in }) -> PairSettings {
    var settings = PairSettings(pairsMax: 60, exemplars: 2, wordsMin: 12, seed: seed)
    change(&settings)
    return settings
  }

  private func text(_ response: PairDraft.Response) -> String? {
    if case .text(let text) = response { text } else { nil }
  }

  private func describe(_ draft: PairDraft) -> String { "\(draft)" }

  @Test(arguments: 0..<12) func everyPairIsFair(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let hasTopics = seed % 2 == 0
    let genres: [String?] = seed % 3 == 0 ? [nil] : ["essay", "email"]
    let texts = InventedCorpus.texts(
      authors: 3 + random.below(4), each: 6 + random.below(6), seed: seed, genres: genres, hasTopics: hasTopics)
    let settings = settings(seed) { $0.opening = seed % 4 == 1 ? .query : .both }
    let builder = builder(texts, settings)
    let (drafts, _) = builder.drafts()
    #expect(!drafts.isEmpty, "seed \(seed)")
    #expect(drafts.map(\.number) == Array(drafts.indices))
    let byID = Dictionary(uniqueKeysWithValues: texts.map { ("\($0.author)/\($0.documentID)", $0) })
    for draft in drafts {
      let negativeAuthor = try #require(draft.negativeAuthor)
      let own = try #require(byID["\(draft.author)/\(draft.positiveID)"])
      let other = try #require(byID["\(negativeAuthor)/\(draft.negativeID ?? "")"])
      #expect(negativeAuthor != draft.author && own.genre == other.genre && own.topic == other.topic)
      #expect(draft.exemplarIDs.count == 2 && Set(draft.exemplarIDs).count == 2)
      for id in draft.exemplarIDs {
        let exemplar = try #require(byID["\(draft.author)/\(id)"])
        #expect(id != draft.positiveID && exemplar.genre == own.genre)
        #expect(own.topic == nil || exemplar.topic != own.topic)
      }
      let (positive, negative) = (try #require(text(draft.positive)), try #require(text(draft.negative)))
      let ratio = Double(TextCut.wordCount(positive)) / Double(TextCut.wordCount(negative))
      // A perturbed text has one word more here.
      #expect(ratio < settings.lengthRatioMax * 1.1 && ratio > 1 / settings.lengthRatioMax / 1.1, "\(ratio)")
      for exemplar in draft.exemplars {
        // Of a part of a text, what it shares is a little more.
        #expect(exemplar != positive && TextCut.sharedRuns(exemplar, positive) <= 0.07)
        #expect(TextCut.sharedRuns(exemplar, negative) <= 0.2, "an opening is shared, no passage")
      }
      #expect(positive != negative)
    }
  }

  @Test(arguments: 0..<8) func noTextIsUsedTooOftenNorPairedTwice(seed: UInt64) {
    let texts = InventedCorpus.texts(authors: 5, each: 6, seed: seed)
    let (drafts, shortages) = builder(
      texts,
      settings(seed) {
        $0.pairsMax = 1000; $0.usesMax = 2
      }
    ).drafts()
    let positives = Dictionary(grouping: drafts) { "\($0.author)/\($0.positiveID)" }
    let negatives = Dictionary(grouping: drafts) { "\($0.negativeAuthor ?? "")/\($0.negativeID ?? "")" }
    #expect(positives.values.allSatisfy { $0.count <= 2 } && negatives.values.allSatisfy { $0.count <= 2 })
    for uses in positives.values {
      #expect(Set(uses.map { "\($0.negativeAuthor ?? "")\($0.negativeID ?? "")" }).count == uses.count)
    }
    // It ended because there was nothing left, and every author said so once.
    #expect(drafts.count < 1000 && shortages[.noPositive] == 5, "\(shortages)")
    let made = drafts.count + shortages.values.reduce(0, +) - 5
    #expect(made == 5 * 6 * 2, "each text was tried as often as it may be")
  }

  @Test(arguments: 0..<6) func theOrderOfTheCorpusChangesNothingAndTheSeedDoes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let texts = InventedCorpus.texts(authors: 5, each: 7, seed: seed, genres: ["blog", "chat"])
    let all = builder(texts, settings(seed)).drafts()
    let shuffled = builder(random.shuffled(texts), settings(seed)).drafts()
    #expect(all.drafts.map(describe) == shuffled.drafts.map(describe) && all.shortages == shuffled.shortages)
    #expect(all.drafts.map(describe) != builder(texts, settings(seed + 100)).drafts().drafts.map(describe))
    #expect(PairBuilder.places(all.drafts, seed: seed) == PairBuilder.places(shuffled.drafts, seed: seed))
  }

  @Test(arguments: 0..<6) func eachAuthorHasTheirTurn(seed: UInt64) {
    let texts = InventedCorpus.texts(authors: 6, each: 8, seed: seed)
    for limit in [1, 7, 24] {
      let (drafts, _) = builder(texts, settings(seed) { $0.pairsMax = limit }).drafts()
      let counts = Dictionary(grouping: drafts, by: \.author).values.map(\.count)
      #expect(drafts.count == limit)
      if limit >= 6 { #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2, "\(counts)") }
    }
  }

  @Test(arguments: 0..<6) func theRightOneStandsAsOftenFirstAsSecond(seed: UInt64) {
    let texts = InventedCorpus.texts(authors: 5, each: 9, seed: seed)
    let (drafts, _) = builder(
      texts,
      settings(seed) {
        $0.negatives = SamplingMix([.crossAuthor: 2, .random: 1, .continuation: 1])
      }
    ).drafts()
    let places = PairBuilder.places(drafts, seed: seed)
    for kind in Set(drafts.map(\.negativeKind)) {
      let own = drafts.indices.filter { drafts[$0].negativeKind == kind }
      let first = own.count { places[$0] == .a }
      #expect(abs(2 * first - own.count) <= 1, "\(kind): \(first) of \(own.count)")
    }
    #expect(places != PairBuilder.places(drafts, seed: seed + 1))
  }

  @Test func perturbationTellsNothingOfTheLabel() {
    let texts = InventedCorpus.texts(authors: 10, each: 12, seed: 3)
    let (drafts, _) = builder(
      texts,
      settings(3) {
        $0.pairsMax = 300
        $0.positives = SamplingMix([.intraAuthor: 1, .lexical: 1, .imitation: 2])
      }
    ).drafts()
    let human = drafts.filter { $0.positiveKind != "imitation" }
    let share = { (kinds: [String?]) in Double(kinds.count { $0?.hasSuffix(Self.mark) ?? false }) / Double(kinds.count)
    }
    let (positive, negative) = (share(human.map { text($0.positive) }), share(human.map { text($0.negative) }))
    #expect(human.count > 120 && abs(positive - 0.5) < 0.12 && abs(negative - 0.5) < 0.12, "\(positive), \(negative)")
    for draft in human {
      #expect((draft.positiveKind == "lexical") == (text(draft.positive)?.hasSuffix(Self.mark) ?? false))
    }
  }

  @Test func textsThatCannotBePerturbedStayAsTheyAre() {
    let texts = InventedCorpus.texts(authors: 4, each: 6, seed: 1)
    let settings = settings(1) { $0.positives = SamplingMix([.lexical: 1]) }
    let drafts = PairBuilder(library: TextLibrary(texts, wordsMax: 220), settings: settings) { _, _ in nil }.drafts()
      .drafts
    #expect(!drafts.isEmpty && drafts.allSatisfy { $0.positiveKind == "intra_author" })
  }

  @Test(arguments: [PairSettings.Opening.both, .query]) func openingsStandWhereTheyShould(opening: PairSettings.Opening)
    throws
  {
    let texts = InventedCorpus.texts(authors: 4, each: 8, seed: 5)
    let settings = settings(5) {
      $0.opening = opening; $0.positives = SamplingMix([.intraAuthor: 1])
    }
    for draft in builder(texts, settings).drafts().drafts {
      let own = try #require(texts.first { $0.author == draft.author && $0.documentID == draft.positiveID })
      let first = String(try #require(TextCut.splitOpening(own.text)).opening)
      #expect(draft.query.hasSuffix(first) && !draft.queryNeutral.contains(first))
      for response in [draft.positive, draft.negative] {
        #expect((text(response)?.hasPrefix(first) ?? false) == (opening == .both))
      }
    }
  }

  @Test func exemplarsAreOfOtherGenresWhereAsked() {
    let texts = InventedCorpus.texts(
      authors: 4, each: 12, seed: 2, genres: ["essay", "email", "chat"], hasTopics: true)
    let all = builder(texts, settings(2) { $0.crossGenreShare = 1 }).drafts().drafts
    #expect(!all.isEmpty && all.allSatisfy { $0.variant == "cross_genre" })
    for draft in all {
      let genres = draft.exemplarGenres ?? []
      #expect(genres.count == 2 && Set(genres).count == 2 && !genres.contains(draft.genre ?? ""))
    }
    let none = builder(texts, settings(2)).drafts().drafts
    #expect(none.allSatisfy { $0.variant == "standard" && Set($0.exemplarGenres ?? []) == [$0.genre ?? ""] })
    // Where there are too few other genres, exemplars are of the same one, and nothing is lost.
    let two = InventedCorpus.texts(authors: 4, each: 12, seed: 2, genres: ["essay", "email"])
    let (kept, shortages) = builder(
      two,
      settings(2) {
        $0.crossGenreShare = 1; $0.pairsMax = 20
      }
    ).drafts()
    #expect(kept.count == 20 && shortages.isEmpty && kept.allSatisfy { $0.variant == "standard" })
  }

  @Test func machineTextIsOrdered() throws {
    let texts = InventedCorpus.texts(authors: 4, each: 8, seed: 4)
    let library = TextLibrary(texts, wordsMax: 220)
    for kind in [NegativeKind.continuation, .confounding] {
      let settings = settings(4) {
        $0.negatives = SamplingMix([kind: 1]); $0.positives = SamplingMix([.intraAuthor: 1])
      }
      for draft in builder(texts, settings).drafts().drafts {
        #expect(draft.negativeAuthor == nil && draft.negativeID == nil && draft.orders.count == 1)
        #expect(draft.pair(id: "x", preferred: .a) == nil, "not yet")
        let order = try #require(draft.orders.first)
        let entry = try #require(library.entries.first { $0.author == draft.author && $0.id == draft.positiveID })
        #expect(order.words == entry.continuationWordCount && order.opening == entry.opening && order.keepsOpening)
        #expect(order.task == (kind == .continuation ? .continuation : .confounding(original: entry.continuation)))
      }
    }
  }

  @Test(arguments: 0..<5) func imitationsAreModelledOnTextsThatThePairDoesNotShow(seed: UInt64) throws {
    let texts = InventedCorpus.texts(authors: 4, each: 4 + Int(seed), seed: seed)
    let settings = settings(seed) { $0.positives = SamplingMix([.imitation: 1]) }
    let library = TextLibrary(texts, wordsMax: 220)
    let drafts = builder(texts, settings).drafts().drafts
    #expect(!drafts.isEmpty)
    for draft in drafts {
      #expect(draft.negativeKind == "imitation" && draft.positiveKind == "imitation" && draft.orders.count == 2)
      guard draft.orders.count == 2, case .imitation(let own) = draft.orders[0].task,
        case .imitation(let other) = draft.orders[1].task
      else {
        Issue.record("no imitation: \(draft.orders)")
        continue
      }
      #expect(!own.isEmpty && own.count == other.count && own.count <= 2)
      #expect(Set(own).isDisjoint(with: draft.exemplars))
      let positive = try #require(library.entries.first { $0.author == draft.author && $0.id == draft.positiveID })
      #expect(!own.contains(positive.text))
      for text in own { #expect(library.entries.contains { $0.text == text && $0.author == draft.author }) }
      for text in other { #expect(library.entries.contains { $0.text == text && $0.author == draft.negativeAuthor }) }
    }
  }

  @Test func whatIsLackingIsCounted() {
    let one = InventedCorpus.texts(authors: 1, each: 6, seed: 1)
    var made = builder(one, settings(1)).drafts()
    #expect(made.drafts.isEmpty && made.shortages[.noNegative] == 18 && made.shortages[.noPositive] == 1)
    let lonely = InventedCorpus.texts(authors: 5, each: 1, seed: 1)
    made = builder(lonely, settings(1)).drafts()
    #expect(made.drafts.isEmpty && made.shortages[.noExemplars] == 15 && made.shortages[.noPositive] == 5)
    made = builder([], settings(1)).drafts()
    #expect(made.drafts.isEmpty && made.shortages.isEmpty)
    // Copies of one text are no exemplars of each other.
    let copies = (0..<12).map {
      CorpusText(author: "a\($0 % 2)", documentID: "\($0)", text: one[$0 % 2].text)
    }
    #expect(builder(copies, settings(1)).drafts().drafts.isEmpty)
    // All too short.
    #expect(builder(one, settings(1) { $0.wordsMin = 200 }).drafts().shortages == [.noPositive: 1])
  }

  @Test func tellsItsProgress() {
    var calls: [Int] = []
    let texts = InventedCorpus.texts(authors: 4, each: 6, seed: 1)
    let drafts = builder(texts, settings(1) { $0.pairsMax = 10 }).drafts { done, of in
      #expect(of == 10)
      calls.append(done)
    }.drafts
    #expect(calls.last == drafts.count && calls == calls.sorted())
  }
}
