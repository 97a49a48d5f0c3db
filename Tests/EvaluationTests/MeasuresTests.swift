import Judge
import Corpora
import Evaluation
import Testing

@Suite struct MeasuresTests {
  @Test func wilsonIsThatOfTheTextbook() throws {
    // 8 of 10: (0.8 + 1.92073) / 1.384146 -> centre 0.716739; half 1.96/1.384146 * sqrt(0.016 + 0.0096036).
    let interval = try #require(Intervals.wilson(right: 8, of: 10))
    #expect(abs(interval.lowerBound - 0.490162) < 1e-5)
    #expect(abs(interval.upperBound - 0.943318) < 1e-5)
    #expect(Intervals.wilson(right: 0, of: 0) == nil)
    for n in [1, 3, 7, 50] {
      for right in [0, n] {
        let ends = try #require(Intervals.wilson(right: right, of: n))
        #expect(ends.contains(Double(right) / Double(n)))
      }
    }
  }

  @Test func accuracyCountsTiesAndFailuresAsWrong() throws {
    let pairs = [
      JudgedPair(Sample.pair("1"), answers: [Sample.answer(7, 4)]),
      JudgedPair(Sample.pair("2"), answers: [Sample.answer(4, 7)]),
      JudgedPair(Sample.pair("3", author: "z"), answers: [Sample.answer(5, 5)]),
      JudgedPair(Sample.pair("4", author: "z"), answers: [Sample.failed(.malformed)]),
      JudgedPair(Sample.pair("5", author: "z"), answers: [Sample.failed(.truncated)]),
    ]
    let summary = try EvaluationSummary(pairs)
    #expect(summary.n == 5)
    #expect(summary.accuracy == 0.2)
    #expect(summary.malformed == 0.2)
    #expect(summary.truncated == 0.2)
    #expect(summary.ties == 0.2)
    #expect(summary.errors == 0)
    #expect(summary.outcomes == ["right": 1, "wrong": 1, "tie": 1, "malformed": 1, "truncated": 1, "error": 0])
    #expect(summary.fewAuthors)
    #expect(summary.positionConsistency == nil)
    let bytes = try summary.bytes()
    #expect(String(decoding: bytes, as: UTF8.self).contains("\"position_consistency\" : null"))
    #expect(try EvaluationSummary.read(bytes, file: "summary.json") == summary)
    // Authors with 1 of 2 and 0 of 3: a resample is 0.5, 0.2 or 0, each seen often.
    #expect(summary.accuracyInterval == [0, 0.5])
  }

  @Test func intervalsByAuthorHoldTheEstimateAndAreTheSameTwice() throws {
    for seed in UInt64(0)..<30 {
      let pairs = Sample.random(120, authors: 2 + Int(seed), rate: 0.5 + Double(seed) / 60, seed: seed)
      let estimate = AccuracyEstimate(pairs, seed: 7)
      let accuracy = try #require(estimate.accuracy)
      let ends = try #require(estimate.interval)
      #expect(ends[0] <= accuracy && accuracy <= ends[1], "seed \(seed)")
      #expect(AccuracyEstimate(pairs.reversed(), seed: 7) == estimate, "seed \(seed)")
    }
  }

  @Test func intervalsByAuthorAreWiderWhereAuthorsDiffer() throws {
    // Ten authors of twenty pairs, all right or all wrong: pairs of one author tell one thing only.
    let split = (0..<200).map { (author: "\($0 / 20)", isRight: $0 / 20 % 2 == 0) }
    let mixed = (0..<200).map { (author: "\($0 / 20)", isRight: $0 % 2 == 0) }
    let (wide, narrow) = (AccuracyEstimate(split, seed: 1), AccuracyEstimate(mixed, seed: 1))
    #expect(try #require(wide.interval)[1] - #require(wide.interval)[0] > 0.5)
    #expect(narrow.interval == [0.5, 0.5])
    #expect(wide.binomialInterval == narrow.binomialInterval)
  }

  @Test func oneAuthorHasNoIntervalByAuthor() {
    let estimate = AccuracyEstimate([(author: "x", isRight: true), (author: "x", isRight: false)], seed: 0)
    #expect(estimate.interval == nil)
    #expect(estimate.widest == estimate.binomialInterval.map { $0[0]...$0[1] })
  }

  @Test func ordersAreCountedByHand() throws {
    let pairs = [
      // Right in both.
      JudgedPair(Sample.pair("1"), answers: [Sample.answer(.ab, 8, 4), Sample.answer(.ba, 7, 5)]),
      // Always the first slot: A when A is first, B when B is first.
      JudgedPair(Sample.pair("2", author: "z"), answers: [Sample.answer(.ab, 8, 4), Sample.answer(.ba, 5, 6)]),
      // Wrong in both.
      JudgedPair(Sample.pair("3"), answers: [Sample.answer(.ab, 4, 6), Sample.answer(.ba, 2, 6)]),
      // A tie in both.
      JudgedPair(Sample.pair("4"), answers: [Sample.answer(.ab, 4, 4), Sample.answer(.ba, 6, 6)]),
      // No verdict in one.
      JudgedPair(Sample.pair("5"), answers: [Sample.answer(.ab, 8, 4), Sample.failed(.ba, .malformed)]),
      // Asked once: not counted.
      JudgedPair(Sample.pair("6"), answers: [Sample.answer(.ab, 8, 4)]),
    ]
    let orders = try #require(OrderMeasures(pairs, seed: 0))
    #expect(orders.n == 5)
    #expect(orders.consistency == Share(3, of: 4))
    // Named: 1 ab first, 1 ba second, 2 ab first, 2 ba first, 3 ab second, 3 ba first, 5 ab first.
    #expect(orders.firstSlot == Share(5, of: 7))
    #expect(orders.bothRight.right == 1)
    #expect(orders.ab.right == 3)
    #expect(orders.ba.right == 1)
    #expect(orders.averaged.right == 2)
    #expect(orders.confusion[0][0] == 1 && orders.confusion[0][1] == 1 && orders.confusion[0][3] == 1)
    #expect(orders.confusion[1][1] == 1 && orders.confusion[2][2] == 1)
    #expect(orders.confusion.flatMap { $0 }.reduce(0, +) == 5)
    #expect(OrderMeasures([pairs[5]], seed: 0) == nil)
  }

  @Test func namingTheResponsesTheOtherWayRoundChangesNoMeasure() throws {
    for seed in UInt64(1)...5 {
      let pairs = Sample.random(200, authors: 6, rate: 0.75, seed: seed)
      let (plain, swapped) = (try EvaluationSummary(pairs), try EvaluationSummary(pairs.map(\.swapped)))
      #expect(plain.accuracy == swapped.accuracy)
      #expect(plain.accuracyInterval == swapped.accuracyInterval)
      #expect(plain.outcomes == swapped.outcomes)
      #expect(plain.orders?.consistency == swapped.orders?.consistency)
      #expect(plain.orders?.firstSlot == swapped.orders?.firstSlot)
      #expect(plain.orders?.bothRight == swapped.orders?.bothRight)
      #expect(plain.orders?.ab == swapped.orders?.ba)
      #expect(plain.floors == swapped.floors)
      #expect(plain.slotScores.first.n == swapped.slotScores.first.n)
      #expect(plain.slotScores.first.histogram == swapped.slotScores.first.histogram)
      #expect(plain.lengthBias.longerChosen == swapped.lengthBias.longerChosen)
      let (brier, other) = (plain.statedCalibration?.brier ?? 1, swapped.statedCalibration?.brier ?? 0)
      #expect(abs(brier - other) < 1e-12)
    }
  }

  @Test func theOrderOfLinesChangesNoByte() throws {
    let pairs = Sample.random(150, authors: 5, rate: 0.7, seed: 3)
    let forward = try EvaluationSummary(pairs).bytes()
    #expect(try EvaluationSummary(pairs.reversed()).bytes() == forward)
  }

  @Test func floorsAreCountedByHand() throws {
    let margins: [(PreferencePair.Slot, Double)] = [(.a, 0.5), (.b, 0.5), (.b, -1), (.a, 0)]
    let pairs = margins.enumerated().map { index, item in
      JudgedPair(Sample.pair("\(index)", preferred: item.0), answers: [Sample.answer(5, 4)], floors: ["length": item.1])
    }
    let summary = try EvaluationSummary(pairs + [JudgedPair(Sample.pair("none"), answers: [Sample.answer(5, 4)])])
    #expect(summary.floors == ["length": 0.5])
    #expect(summary.floorIntervals["length"]?.estimate.n == 4)
    #expect(summary.floorIntervals["length"]?.ties == Share(1, of: 4))
  }

  @Test func votesAreCountedByHand() throws {
    func pair(_ id: String, _ votes: [JudgedPair.Vote]) -> JudgedPair {
      JudgedPair(Sample.pair(id), answers: [Sample.answer(.ab, 5, 4, votes: votes)])
    }
    let pairs = [
      // A wins from the first on, both ways.
      pair("1", [Sample.vote(7, 4), Sample.vote(4, 5), Sample.vote(6, 4)]),
      // B wins the first draw by little, A the second by much; then a tie.
      pair("2", [Sample.vote(4, 5), Sample.vote(9, 2), Sample.vote(5, 5)]),
      // No verdict first.
      pair("3", [Sample.vote(nil, nil), Sample.vote(7, 4), Sample.vote(7, 4), Sample.vote(1, 9)]),
      JudgedPair(Sample.pair("4"), answers: [Sample.answer(5, 4)]),
    ]
    let voting = try #require(VotingMeasures(pairs, seed: 0))
    #expect(voting.leftOut == 1)
    #expect(voting.steps.map(\.k) == [1, 2, 3])
    // k = 1: right, wrong, none. k = 2: 1:1 tie, 1:1 tie, right. k = 3: right, tie, right.
    #expect(voting.steps.map(\.majority.right) == [1, 1, 2])
    // k = 1: 3, -1, none. k = 2: 1, 3, 3. k = 3: 4/3, 2, 3.
    #expect(voting.steps.map(\.meanScore.right) == [1, 3, 3])
  }

  @Test func lengthIsCountedByHand() {
    func pair(_ id: String, _ a: Int, _ b: Int, _ scoreA: Double, _ scoreB: Double) -> JudgedPair {
      JudgedPair(
        Sample.pair(id, a: String(repeating: "w ", count: a), b: String(repeating: "w ", count: b)),
        answers: [Sample.answer(scoreA, scoreB)])
    }
    let pairs = [
      pair("1", 100, 20, 8, 4), pair("2", 20, 100, 4, 8), pair("3", 50, 50, 6, 4), pair("4", 40, 60, 8, 4),
      pair("5", 30, 35, 5, 5),
    ]
    let length = LengthMeasures(pairs, seed: 0)
    #expect(length.longerChosen == Share(2, of: 3))
    #expect(length.longerPreferred == Share(1, of: 4))
    #expect(length.bins.map(\.accuracy.n) == [1, 1, 2, 0, 1])
    #expect(length.bins.map(\.accuracy.right) == [0, 1, 1, 0, 1])
    #expect(length.bins.map(\.name) == ["below -50", "-50 to -11", "-10 to 10", "11 to 50", "51 and more"])
    // x = 80, -80, 0, -20, -5 and y = 4, -4, 2, 4, 0: sums -25 and 6; sxy = 560 + 30 = 590, sxx = 13225 - 125 = 13100,
    // syy = 52 - 7.2 = 44.8.
    let expected = 590 / (13_100 * 44.8).squareRoot()
    #expect(abs((length.correlation ?? 0) - expected) < 1e-12)
  }

  @Test func scoresAreCountedByTheSlotTheyWereShownIn() {
    let pairs = [
      JudgedPair(Sample.pair("1"), answers: [Sample.answer(.ab, 8, 4), Sample.answer(.ba, 10, 1)]),
      JudgedPair(Sample.pair("2"), answers: [Sample.failed(.malformed)]),
    ]
    let scores = SlotScores(pairs)
    #expect(scores.first.n == 2 && scores.second.n == 2)
    #expect(scores.first.mean == 4.5)
    #expect(scores.second.mean == 7)
    #expect(scores.second.histogram[17] == 1 && scores.second.histogram[6] == 1)
    #expect(scores.first.histogram[0] == 1 && scores.first.histogram[14] == 1)
  }

  @Test func summariesSurviveTheirFileAndHaveTheNamesOthersRead() throws {
    let pairs = Sample.random(60, authors: 4, rate: 0.8, seed: 11)
    let calibration = Calibration(temperature: 2, method: "verdict", fittedOn: "validation", n: 10)
    let summary = try EvaluationSummary(pairs, calibration: calibration, settings: ["method": "verdict"], seed: 5)
    let bytes = try summary.bytes()
    #expect(try EvaluationSummary.read(bytes, file: "summary.json") == summary)
    let text = String(decoding: bytes, as: UTF8.self)
    for name in [
      "n", "accuracy", "accuracy_interval", "malformed", "ties", "position_consistency", "by_negative_kind", "floors",
      "char_ngrams", "floor_intervals", "near_topic", "stated_calibration", "scaled_calibration",
    ] { #expect(text.contains("\"\(name)\" :"), "\(name)") }
    #expect(throws: EvaluationError.empty("judged pairs")) { _ = try EvaluationSummary([]) }
  }
}
