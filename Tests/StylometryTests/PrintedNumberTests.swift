import Foundation
import Stylometry
import Testing

/// What is printed is the true value, rounded; what was not printed so is refused.
@Suite struct PrintedNumberTests {
  @Test(arguments: [
    (0.0, 1, "0"), (0.04, 1, "0"), (0.05, 1, "0.1"), (-0.04, 1, "0"), (-0.25, 1, "-0.3"), (12.25, 1, "12.3"),
    (99.95, 1, "100"), (2.5, 0, "3"), (0.5, 0, "1"), (4.126, 2, "4.13"), (4.006, 2, "4.01"), (4.1, 2, "4.1"),
    (1.0, 3, "1"), (10.0, 0, "10"), (100.0, 2, "100"), (1e300, 1, "99999"), (123.0, 0, "123"),
  ])
  func roundsHalfAwayFromZero(value: Double, decimals: Int, expected: String) {
    #expect(PrintedNumber.text(value, decimals: decimals) == expected)
  }

  @Test(arguments: [
    ("21.3", true), ("21", true), ("21.30", false), ("21.2", false), ("22", false), ("21.", false), (".3", false),
    ("", false), ("-21.3", false), ("021", false), ("21,3", false), ("+21", false),
  ])
  func agreesWithWhatRoundsToIt(printed: String, expected: Bool) {
    #expect(PrintedNumber.agrees(printed, with: 21.34, decimals: 1) == expected)
  }

  @Test func nearnessIsThatOfThePrintedNumbers() {
    #expect(StyleFeature.commas.isNearer(4.1, than: 4.3, to: 3))
    #expect(StyleFeature.commas.isNearer(2.9, than: 4.3, to: 3.1))
    // 4.14 and 4.06 are both printed as 4.1.
    #expect(!StyleFeature.commas.isNearer(4.06, than: 4.14, to: 3))
    // 2.8 and 3.4 are equally far from 3.1 in print, 22.4 and 22.6 are not.
    #expect(!StyleFeature.commas.isNearer(2.8, than: 3.4, to: 3.1))
    #expect(!StyleFeature.commas.isNearer(3.4, than: 2.8, to: 3.1))
    #expect(StyleFeature.sentenceLength.isNearer(22.4, than: 22.6, to: 21))
  }

  @Test func zerosBehindThePointAreNoLie() {
    for printed in ["4", "4.0"] { #expect(PrintedNumber.agrees(printed, with: 4.04, decimals: 1)) }
    for printed in ["4.00", "4.1", "40", "4.", "04", "-4"] {
      #expect(!PrintedNumber.agrees(printed, with: 4.04, decimals: 1), "\(printed)")
    }
    #expect(PrintedNumber.agrees("0", with: -0.01, decimals: 1))
  }

  @Test func everyPrintedValueIsTheTrueOneRounded() throws {
    for seed in 0..<20 {
      let text = StyleText(RandomText.ordinary(seed: UInt64(seed)))
      for feature in StyleFeature.allCases {
        let value = try #require(feature.value(in: text))
        let printed = feature.printed(value)
        let half = 0.5 * pow(10, -Double(feature.decimals))
        #expect(abs(try #require(Double(printed)) - value) <= half + 1e-9, "\(feature), seed \(seed)")
        #expect(feature.agrees(printed, with: value), "\(feature), seed \(seed)")
        // Two units of the last decimal away is false, unless the rounding left fewer decimals.
        let wrong = feature.printed(value + 4 * half)
        if wrong.utf8.count >= printed.utf8.count { #expect(!feature.agrees(wrong, with: value), "\(feature)") }
      }
    }
  }
}
