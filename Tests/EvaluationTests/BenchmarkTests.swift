import BoundedJSON
import Corpora
import Evaluation
import Reports
import Testing

@Suite struct BenchmarkTests {
  /// Rows of JSON Lines.
  private func rows(_ text: String) throws -> [BenchmarkRow] {
    try BenchmarkRow.read(Array(text.utf8), file: "rows.jsonl")
  }

  private func message(_ work: () throws -> Void) -> String {
    do {
      try work()
      return "read"
    } catch { return "\(error)" }
  }

  /// Results of a judge that is right, or not, by a rule; both orders.
  private func judged(_ pairs: [PreferencePair], _ isRight: (PreferencePair) -> Bool?) -> [JudgedPair] {
    pairs.map { pair in
      guard let right = isRight(pair) else {
        return JudgedPair(pair, answers: [Sample.failed(.ab, .malformed), Sample.failed(.ba, .malformed)])
      }
      let isA = (pair.preferred == .a) == right
      return JudgedPair(
        pair,
        answers: JudgedPair.Order.allCases.map { Sample.answer($0, isA ? 8 : 3, isA ? 3 : 8) })
    }
  }

  /// Rows of a table as texts.
  private func cells(_ score: BenchmarkScore) -> [String] { score.table.csv.split(separator: "\n").map(String.init) }

  private func text(_ file: BenchmarkScore.File) -> String { String(decoding: file.bytes, as: UTF8.self) }

  @Test func arraysAndLinesAreReadAlike() throws {
    let lines = try rows("{\"a\":1}\n\n{\"a\":2}\n")
    let array = try BenchmarkRow.read(Array(" [{\"a\":1},{\"a\":2}]".utf8), file: "f.json")
    #expect(lines.map(\.value) == array.map(\.value))
    #expect(lines.map(\.number) == [1, 3])
    #expect(array.map(\.number) == [1, 2])
    #expect(message { _ = try rows("[1]") } == "rows.jsonl:1: row: must be an object, not number")
    #expect(message { _ = try rows("\n") } == "no row in rows.jsonl")
    #expect(message { _ = try rows("{\"a\":1}\n{") }.hasPrefix("rows.jsonl:2: "))
    let many = String(repeating: "{}\n", count: 30)
    #expect(try BenchmarkRow.read(Array(many.utf8), file: "f", debug: true).count == 10)
  }

  // MARK: RewardBench

  private func rewardRow(_ id: Int, _ subset: String) -> String {
    #"{"id":\#(id),"subset":"\#(subset)","prompt":"p","chosen":"good \#(id)","rejected":"bad \#(id)"}"# + "\n"
  }

  @Test func sectionsHaveTheirFixedWeights() throws {
    #expect(RewardBench.section("Reasoning", ["math-prm": 1, "hep-cpp": 0.5]) == (984 + 82) / 1148.0)
    #expect(
      RewardBench.sections.map { $0.subsets.reduce(0) { $0 + $1.weight } } == [358, 456, 740, 1968])
    #expect(RewardBench.section("Chat", ["math-prm": 1]) == nil)
  }

  @Test func rewardBenchCountsUnparsableOnceAsWrongAndOnceAsHalf() throws {
    let text =
      rewardRow(1, "alpacaeval-easy") + rewardRow(2, "alpacaeval-easy") + rewardRow(3, "mt-bench-hard")
      + rewardRow(4, "donotanswer") + rewardRow(5, "math-prm")
    let bench = try RewardBench(try rows(text))
    let pairs = bench.pairs(exemplars: ["e"], seed: 1)
    #expect(pairs.allSatisfy { $0.response($0.preferred) == "good \($0.id)" && $0.exemplars == ["e"] })
    let score = try bench.score(judged(pairs) { $0.id == "2" ? nil : $0.id != "3" }, model: "org/m")
    #expect(
      cells(score).prefix(6) == [
        "section or subset,accuracy,unparsable = 0.5,n", "Chat,0.5,0.75,2", "Chat Hard,0,0,1", "Safety,1,1,1",
        "Reasoning,1,1,1", "mean of sections,0.625,0.6875,5",
      ])
    #expect(
      score.files.map(\.name) == [
        "results/org_m.json", "results/org_m_outputs.jsonl", "results/org_m_all.jsonl",
      ])
    #expect(
      self.text(score.files[0])
        == #"{"accuracy":0.6,"chat_template":null,"extra_results":{"alpacaeval-easy":0.5,"donotanswer":1,"math-prm":1,"#
        + #""mt-bench-hard":0},"model":"org/m","num_prompts":5,"ref_model":null,"tokenizer":"org/m"}"# + "\n")
    #expect(
      self.text(score.files[2]).split(separator: "\n") == [
        #"{"chosen":8,"rejected":3}"#, #"{"chosen":null,"rejected":null}"#, #"{"chosen":3,"rejected":8}"#,
        #"{"chosen":8,"rejected":3}"#, #"{"chosen":8,"rejected":3}"#,
      ])
  }

  @Test func conversationsAreReadAndBadRowsNamed() throws {
    let turns = #"[{"role":"user","content":"one"},{"role":"assistant","content":"two"},{"role":"user","content":"3"}]"#
    let bench = try RewardBench(
      try rows(
        #"{"id":"x","subset":"s","prompt":\#(turns),"chosen":[{"role":"assistant","content":"c"}],"rejected":"r"}"#))
    #expect(bench.rows[0].prompt == "user: one\n\nassistant: two\n\nuser: 3")
    #expect(bench.rows[0].chosen == "c")
    func fault(_ text: String) -> String { message { _ = try RewardBench(try rows(text)) } }
    let good = rewardRow(1, "s")
    #expect(fault(good + #"{"id":2,"subset":"s","prompt":"p","chosen":"c"}"#) == "rows.jsonl:2: rejected: is missing")
    #expect(fault(good + good) == "rows.jsonl:2: id: \"1\" is there twice")
    #expect(
      fault(#"{"id":2,"subset":"s","prompt":[{"role":"user"}],"chosen":"c","rejected":"r"}"#)
        == "rows.jsonl:1: prompt/0/content: must be a string")
    let bench2 = try RewardBench(try rows(good))
    #expect(message { _ = try bench2.score([], model: "m") } == "no result for \"1\"")
  }

  @Test func slotsAreDrawnByIDAndSeedAndAboutEven() throws {
    let bench = try RewardBench(try rows((0..<400).map { rewardRow($0, "s") }.joined()))
    let pairs = bench.pairs(exemplars: ["e"], seed: 1)
    #expect((160...240).contains(pairs.count { $0.preferred == .a }))
    #expect(pairs == bench.pairs(exemplars: ["e"], seed: 1))
    #expect(pairs != bench.pairs(exemplars: ["e"], seed: 2))
  }

  // MARK: RewardBench 2

  @Test func theTiesScoreIsThatDoneByHand() throws {
    let score = TiesScore([
      .init(kind: .ref, number: 1, good: [8], bad: [5]),
      .init(kind: .tied, number: 1, good: [9, 8.5], bad: [6, 4]),
      .init(kind: .ref, number: 2, good: [5], bad: [6]),
      .init(kind: .tied, number: 2, good: [9, 6], bad: [5]),
      .init(kind: .ref, number: 3, good: [7], bad: [7]),
      .init(kind: .tied, number: 3, good: [7, 7], bad: [7]),
    ])
    #expect(score.refAccuracy == 1 / 3.0)
    #expect(score.tiedAccuracy == 2 / 3.0)
    #expect(score.preferred == 1 / 3.0)
    #expect(score.preferredHard == 1 / 3.0)
    // tanh(2.5 / 0.5 - 1), tanh(-1 / 3 - 1), and 0 for 0/0.
    let margin = try #require(score.margin)
    #expect(abs(margin - (0.999_329_300 - 0.870_061_659) / 3) < 1e-6)
    let overall = try #require(score.overall)
    #expect(abs(overall - 0.433_764_2) < 1e-6)
  }

  @Test func equalGoodAnswersAboveTheBadAreTheBest() throws {
    let score = TiesScore([
      .init(kind: .ref, number: 1, good: [8], bad: [5]), .init(kind: .tied, number: 1, good: [9, 9], bad: [6]),
    ])
    #expect(score.margin == 1)
    #expect(abs(try #require(score.overall) - 1.01) < 1e-12)
    #expect(TiesScore([.init(kind: .tied, number: 1, good: [9], bad: [6])]).overall == nil)
    let missing = TiesScore([
      .init(kind: .ref, number: 1, good: [8], bad: [nil]), .init(kind: .tied, number: 1, good: [9, 9], bad: [6]),
    ])
    #expect(missing.refAccuracy == 0 && missing.preferred == 1 && missing.preferredHard == 0 && missing.margin == 0)
  }

  @Test func theBestOfFourWinsAllItsComparisons() throws {
    let row = { (id: String) in
      #"{"id":"\#(id)","subset":"Math","prompt":"p","chosen":["c"],"rejected":["x","y","z"],"num_correct":1}"# + "\n"
    }
    let tied =
      #"{"id":"tied:1","subset":"Ties","prompt":"p","chosen":["c","d"],"rejected":["x"],"num_correct":2}"# + "\n"
    let ref = #"{"id":"ref:1","subset":"Ties","prompt":"p","chosen":["c"],"rejected":["x","y"],"num_correct":1}"#
    let bench = try RewardBench2(try rows(row("1") + row("2") + row("3") + tied + ref))
    let pairs = bench.pairs(exemplars: ["e"], seed: 0)
    #expect(pairs.map(\.id).prefix(3) == ["Math/1#0-0", "Math/1#0-1", "Math/1#0-2"])
    #expect(pairs.count == 9 + 2 + 2)
    let results = judged(pairs) { pair in
      pair.id == "Math/2#0-1" ? false : pair.id == "Math/3#0-2" ? nil : true
    }
    let score = try bench.score(results, model: "m")
    // Row 2's good response has (8 + 3 + 8) / 3 and one of the bad ones 8; row 3 has no verdict once: a quarter.
    #expect(cells(score)[1] == "Math,\(1 / 3.0),\(1.25 / 3),3")
    #expect(cells(score)[2] == "Ties,1.01,1.01,2")
    #expect(text(score.files[0]).contains(#""Ties":1.01"#))
    #expect(score.files[0].name == "results/eval-set/m.json")
  }

  @Test func badTiesRowsAreNamed() {
    func fault(_ id: String, _ subset: String, _ chosen: String, _ count: Int) -> String {
      let row =
        #"{"id":"\#(id)","subset":"\#(subset)","prompt":"p","chosen":\#(chosen),"rejected":["x"],"#
        + #""num_correct":\#(count)}"#
      return message { _ = try RewardBench2(try rows(row)) }
    }
    #expect(fault("7", "Ties", "[\"c\"]", 1) == "rows.jsonl:1: id: \"7\" must be ref:N or tied:N in the subset Ties")
    #expect(
      fault("7", "Math", "[\"c\",\"d\"]", 2) == "rows.jsonl:1: chosen: must have one text outside the subset Ties")
    #expect(fault("7", "Math", "[\"c\"]", 2) == "rows.jsonl:1: num_correct: is 2, but there are 1 chosen texts")
    #expect(fault("7", "Math", "[3]", 1) == "rows.jsonl:1: chosen/0: must be a string, not number")
    #expect(fault("7", "Math", "[]", 0) == "rows.jsonl:1: chosen: must have at least one text")
  }

  // MARK: RM-Bench

  @Test func hardNormalAndEasyAreTheTrianglesAndTheDiagonal() throws {
    let matrix = RMBench.Difficulties([[0.9, 0.2, 0.1], [0.8, 0.6, 0.3], [1, 0.7, 0.3]])
    #expect(abs(matrix.hard - 0.2) < 1e-12)
    #expect(abs(matrix.normal - 0.6) < 1e-12)
    #expect(abs(matrix.easy - 2.5 / 3) < 1e-12)
  }

  @Test func rmBenchAveragesDomainsWithSafetyAsOne() throws {
    func row(_ id: String, _ domain: String) -> String {
      #"{"id":"\#(id)","domain":"\#(domain)","prompt":"p","chosen":["a","b","c"],"rejected":["x","y","z"]}"# + "\n"
    }
    let bench = try RMBench(try rows(row("1", "chat") + row("2", "safety-refuse") + row("3", "safety-response")))
    let pairs = bench.pairs(exemplars: ["e"], seed: 0)
    #expect(pairs.count == 27)
    // A judge that goes by polish: right where the good response is at least as polished; in chat always right.
    let results = judged(pairs) { pair in
      guard let cell = pair.id.split(separator: "#").last, let i = cell.first, let j = cell.last else { return nil }
      return pair.genre == "chat" || i >= j
    }
    let score = try bench.score(results, model: "m")
    #expect(
      cells(score) == [
        "domain,hard,normal,easy,mean,rows", "chat,1,1,1,1,1", "safety-refuse,0,1,1,\(2 / 3.0),1",
        "safety-response,0,1,1,\(2 / 3.0),1", "safety,0,1,1,\(2 / 3.0),2", "mean of domains,0.5,1,1,\(2.5 / 3),3",
      ])
    #expect(text(score.files[0]).hasPrefix(#"{"domain":"chat","id":"1","outcomes":[["right","right","right"],"#))
    #expect(
      message {
        _ = try RMBench(
          try rows(#"{"id":"1","domain":"chat","prompt":"p","chosen":["a","b"],"rejected":["x","y","z"]}"#))
      } == "rows.jsonl:1: chosen: must have 3 texts, has 2")
  }

  // MARK: JudgeBench

  private func judgeRow(_ id: String, _ source: String, _ label: String) -> String {
    #"{"pair_id":"\#(id)","original_id":"o","source":"\#(source)","question":"q","response_model":"m","#
      + #""response_A":"a","response_B":"b","label":"\#(label)"}"# + "\n"
  }

  @Test func bothGamesAreAddedUp() throws {
    let bench = try JudgeBench(
      try rows(
        judgeRow("1", "mmlu-pro-law", "A>B") + judgeRow("2", "livebench-math", "B>A")
          + judgeRow("3", "livebench-math", "A>B") + judgeRow("4", "livecodebench", "A>B")))
    let pairs = bench.pairs(exemplars: ["e"])
    #expect(pairs.map(\.preferred) == [.a, .b, .a, .a])
    let results = [
      // Right and tie: +1.
      JudgedPair(pairs[0], answers: [Sample.answer(.ab, 8, 4), Sample.answer(.ba, 5, 5)]),
      // Right and no verdict: +1.
      JudgedPair(pairs[1], answers: [Sample.answer(.ab, 4, 8), Sample.failed(.ba, .malformed)]),
      // The first slot twice: 0.
      JudgedPair(pairs[2], answers: [Sample.answer(.ab, 8, 4), Sample.answer(.ba, 4, 8)]),
      // Wrong twice: -2.
      JudgedPair(pairs[3], answers: [Sample.answer(.ab, 4, 8), Sample.answer(.ba, 4, 8)]),
    ]
    #expect(results.map(JudgeBench.sum) == [1, 1, 0, -2])
    let score = try bench.score(results, dataset: "dataset=judgebench,response_model=m", model: "org/m")
    #expect(
      cells(score) == [
        "part,correct,tie,incorrect,inconsistent,null,n", "coding,0,0,1,0,0,1", "knowledge,1,0,0,1,0,1",
        "math,0.5,1,0,2,1,2", "overall,0.5,1,1,3,1,4",
      ])
    #expect(score.printed == ["50.00%"])
    #expect(
      score.files[0].name
        == "outputs/dataset=judgebench,response_model=m,judge_name=persrm,judge_model=org_m.jsonl")
    let lines = text(score.files[0]).split(separator: "\n")
    #expect(
      lines[0].contains(
        #""judgments":[{"decision":"A>B","judgment":{"judge_model":"persrm","scores":[8,4]}},{"decision":"A=B","#))
    // In the second game the file's B is shown as A: choosing it is A>B.
    #expect(lines[3].contains(#"{"decision":"A>B","judgment":{"judge_model":"persrm","scores":[8,4]}}]"#))
    #expect(lines[1].contains(#",null]"#) && lines[1].contains(#""original_id":"o""#))
    #expect(
      message { _ = try JudgeBench(try rows(judgeRow("1", "s", "A=B"))) }
        == "rows.jsonl:1: label: must be A>B or B>A, not \"A=B\"")
  }

  // MARK: Personalized-RewardBench

  private func personRow(_ id: Int) -> String {
    #"{"id":"\#(id)","question":"q","category":"Art","narrative":"SECRET","rubric_aspects":["SECRET"],"#
      + #""profile":[{"id":"1","text":"one"},{"id":"2","text":" "},{"id":"3","text":"two"}],"#
      + #""chosen":"good","rejected":"bad"}"# + "\n"
  }

  @Test func profilesAreTheExemplarsAndTheAnswersHintsAreNeverFed() throws {
    let bench = try PersonalizedRewardBench(try rows(personRow(1) + personRow(2)))
    let pairs = bench.pairs(exemplars: 16, seed: 42)
    #expect(pairs.map(\.exemplars) == [["one", "two"], ["one", "two"]])
    #expect(bench.pairs(exemplars: 1, seed: 42)[0].exemplars == ["one"])
    #expect(!String(describing: pairs).contains("SECRET"))
    #expect(
      message {
        _ = try PersonalizedRewardBench(
          try rows(#"{"id":1,"question":"q","profile":[{"id":"1"}],"chosen":"c","rejected":"r"}"#))
      } == "rows.jsonl:1: profile/0/text: must be a string")
  }

  @Test func theLinesOfItsOwnProgramArePrinted() throws {
    let bench = try PersonalizedRewardBench(try rows((0..<4).map(personRow).joined()))
    var pairs = bench.pairs(exemplars: 3, seed: 42)
    // Two in each slot.
    for (index, slot) in [PreferencePair.Slot.a, .a, .b, .b].enumerated() where pairs[index].preferred != slot {
      pairs[index] = pairs[index].swapped
    }
    let results = [
      JudgedPair(pairs[0], answers: [Sample.answer(.ab, 8, 4)]),
      // No verdict: counts as A, and is right by luck.
      JudgedPair(pairs[1], answers: [Sample.failed(.ab, .malformed)]),
      JudgedPair(pairs[2], answers: [Sample.answer(.ab, 8, 4)]),
      JudgedPair(pairs[3], answers: [Sample.answer(.ab, 4, 8)]),
    ]
    let score = try bench.score(results, subset: "Art_and_Entertainment", split: "test", model: "m", seed: 42)
    #expect(
      score.printed.dropFirst(3).dropLast() == [
        "Subset:   Art_and_Entertainment", "Split:    test", "Model:    m", "Seed:     42", "",
        "Overall Accuracy: 75.00% (3/4)", "", "Position-specific Accuracy:", "  Pos in A: 100.00% (2 pairs)",
        "  Pos in B: 50.00% (2 pairs)", "  Position bias: 50.00%", "", "Prediction Distribution:",
        "  Predicted A: 3 (75.00%)", "  Predicted B: 1 (25.00%)", "", "Failed parses: 1",
      ])
    #expect(cells(score)[2].hasPrefix("overall,0.5,"))
    #expect(score.files[0].name == "results/Art_m_pairwise.txt")
  }
}
