import Stylometry
import Testing

/// The blocks' words, their truth, and that the two columns are the two responses.
@Suite struct EvidenceBlockTests {
  private static let exemplars = [
    "We walked (slowly) home -- the rain was cold. It didn't stop, and we didn't mind.",
    "the garden was empty... nobody came, nobody called. We waited.",
  ].map { StyleText($0) }
  private static let a = StyleText("We sat outside, and the evening was warm. Somebody spoke.")
  private static let b = StyleText("i can't believe it!! so tired... going home (now)")

  @Test func exemplarsAreDescribedLineByLine() throws {
    let lines = EvidenceBlock.exemplarText(exemplars: Self.exemplars).split(separator: "\n").map(String.init)
    #expect(lines.count == 1 + EvidenceBlock.features.count)
    #expect(lines[0] == "Exemplars, mean (spread), counts per 100 words:")
    // 15 words in 2 sentences; 10 words in 2 sentences, since the ellipsis goes on in lower case: 7.5 and 5.
    #expect(lines[1].hasPrefix("words per sentence 6 ("))
    #expect(lines[2].hasPrefix("% long words 0 ("))
    // One comma in each: 6.67 and 10.
    #expect(lines[3].hasPrefix("commas 8.3 ("))
    // One of 15 words, none of 10.
    #expect(lines[4].hasPrefix("dashes 3.3 ("))
    #expect(lines[5].hasPrefix("parentheses 3.3 ("))
    #expect(lines[6].hasPrefix("ellipses 5 ("))
    #expect(lines[7].hasPrefix("contractions 6.7 ("))
    // None of 2 sentences, 1 of 2.
    #expect(lines[8].hasPrefix("% lower-case starts 25 ("))
  }

  @Test func responsesStandSideBySide() {
    let text = EvidenceBlock.responseText(exemplars: Self.exemplars, responseA: Self.a, responseB: Self.b)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.count == 2 + EvidenceBlock.features.count)
    // 10 words in 2 sentences; 9 words in 2, the ellipsis goes on in lower case: 4.5, rounded away from zero.
    #expect(
      lines.dropLast() == [
        "Response A | B, the nearer one:", "words per sentence 5 | 5 =", "% long words 10 | 0 B", "commas 10 | 0 A",
        "dashes 0 | 0 =", "parentheses 0 | 11.1 A", "ellipses 0 | 11.1 A", "contractions 0 | 11.1 B",
        "% lower-case starts 0 | 100 A",
      ])
    let profile = AuthorProfile(exemplars: Self.exemplars)
    let similarities = [Self.a, Self.b].map { EvidenceBlock.printedSimilarity(profile.gramSimilarity(of: $0)) }
    #expect(profile.gramSimilarity(of: Self.a) > profile.gramSimilarity(of: Self.b))
    #expect(lines.last == "similarity \(similarities[0]) | \(similarities[1]) A")
  }

  @Test func whatCannotBeMeasuredIsSaid() {
    let empty = StyleText("")
    let exemplars = EvidenceBlock.exemplarText(exemplars: [empty]).split(separator: "\n").dropFirst()
    let responses = EvidenceBlock.responseText(exemplars: [empty], responseA: Self.a, responseB: empty)
      .split(separator: "\n").dropFirst()
    #expect(exemplars.count == 8 && exemplars.allSatisfy { $0.hasSuffix(" n/a") })
    #expect(responses.dropLast().allSatisfy { $0.hasSuffix(" | n/a =") })
    #expect(responses.last == "similarity 0 | 0 =")
  }

  @Test(arguments: 0..<20) func exchangingTheResponsesExchangesTheColumns(seed: Int) throws {
    let exemplars = (0..<3).map { StyleText(RandomText.ordinary(seed: UInt64(100 * seed + $0))) }
    let a = StyleText(RandomText.ordinary(seed: UInt64(seed + 7)))
    let b = StyleText(RandomText.hostile(seed: UInt64(seed + 8)))
    let forth = EvidenceBlock.responseText(exemplars: exemplars, responseA: a, responseB: b).split(separator: "\n")
    let back = EvidenceBlock.responseText(exemplars: exemplars, responseA: b, responseB: a).split(separator: "\n")
    #expect(forth.count == back.count && forth[0] == back[0])
    for (left, right) in zip(forth, back).dropFirst() {
      let l = try #require(left.wholeMatch(of: /(.+) (\S+) \| (\S+) ([AB=])/))
      let r = try #require(right.wholeMatch(of: /(.+) (\S+) \| (\S+) ([AB=])/))
      #expect(l.1 == r.1 && l.2 == r.3 && l.3 == r.2, "seed \(seed)")
      #expect(l.4 == ["A": "B", "B": "A"][r.4, default: "="], "seed \(seed)")
    }
  }

  @Test(arguments: 0..<20) func isShortASCIIWhateverTheTexts(seed: Int) {
    let exemplars = (0..<(seed % 4)).map { StyleText(RandomText.hostile(seed: UInt64(seed * 9 + $0))) }
    let a = StyleText(RandomText.hostile(seed: UInt64(seed + 70)))
    let text =
      EvidenceBlock.exemplarText(exemplars: exemplars)
      + EvidenceBlock.responseText(exemplars: exemplars, responseA: a, responseB: StyleText(""))
    #expect(text.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) }, "seed \(seed)")
    #expect(text.utf8.count < 640, "seed \(seed): \(text.utf8.count)")
  }

  @Test func rowsAreTheNumbersBehindTheText() throws {
    let profile = AuthorProfile(exemplars: Self.exemplars)
    let rows = EvidenceBlock.rows(profile: profile, responseA: Self.a, responseB: Self.b)
    let exemplarLines = EvidenceBlock.exemplarText(profile: profile).split(separator: "\n").dropFirst()
    let responseLines = EvidenceBlock.responseText(profile: profile, responseA: Self.a, responseB: Self.b)
      .split(separator: "\n").dropFirst()
    for ((row, exemplarLine), responseLine) in zip(zip(rows, exemplarLines), responseLines) {
      let mean = try #require(row.mean)
      let spread = try #require(row.spread)
      let a = try #require(row.valueA)
      let b = try #require(row.valueB)
      let left = try #require(exemplarLine.wholeMatch(of: /(.+) (\S+) \((\S+)\)/))
      let right = try #require(responseLine.wholeMatch(of: /(.+) (\S+) \| (\S+) ([AB=])/))
      #expect(row.feature.agrees(left.2, with: mean) && row.feature.agrees(left.3, with: spread), "\(row.feature)")
      #expect(row.feature.agrees(right.2, with: a) && row.feature.agrees(right.3, with: b), "\(row.feature)")
      // By the numbers that stand there, not by what was measured.
      let printed = try [left.2, right.2, right.3].map { try #require(Double($0)) }
      let lead = abs(printed[2] - printed[0]) - abs(printed[1] - printed[0])
      #expect(right.4 == (abs(lead) < 1e-6 ? "=" : lead > 0 ? "A" : "B"), "\(row.feature)")
    }
  }

  @Test(arguments: 0..<5) func aProfileAtHandGivesTheSameText(seed: Int) {
    let exemplars = (0..<3).map { StyleText(RandomText.ordinary(seed: UInt64(10 * seed + $0))) } + [StyleText("?!")]
    let profile = AuthorProfile(exemplars: exemplars)
    #expect(EvidenceBlock.exemplarText(exemplars: exemplars) == EvidenceBlock.exemplarText(profile: profile))
    #expect(
      EvidenceBlock.responseText(exemplars: exemplars, responseA: Self.a, responseB: Self.b)
        == EvidenceBlock.responseText(profile: profile, responseA: Self.a, responseB: Self.b))
  }

  @Test func orderOfExemplarsChangesNothing() {
    let reversed = Array(Self.exemplars.reversed())
    #expect(EvidenceBlock.exemplarText(exemplars: Self.exemplars) == EvidenceBlock.exemplarText(exemplars: reversed))
    #expect(
      EvidenceBlock.responseText(exemplars: Self.exemplars, responseA: Self.a, responseB: Self.b)
        == EvidenceBlock.responseText(exemplars: reversed, responseA: Self.a, responseB: Self.b))
  }
}
