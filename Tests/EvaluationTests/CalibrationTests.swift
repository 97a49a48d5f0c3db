import Judge
import Corpora
import Evaluation
import Foundation
import Testing

@Suite struct CalibrationTests {
  private func pair(_ id: String, _ preferred: PreferencePair.Slot, p: Double, margin: Double = 1) -> JudgedPair {
    JudgedPair(Sample.pair(id, preferred: preferred), answers: [Sample.answer(5 + margin, 5, p: p)])
  }

  @Test func measuresAreThoseCountedByHand() throws {
    let pairs = [
      pair("1", .a, p: 0.9), pair("2", .b, p: 0.95), pair("3", .b, p: 0.25),
      JudgedPair(Sample.pair("4"), answers: [Sample.failed(.malformed)]),
    ]
    let measures = CalibrationMeasures.stated(pairs)
    #expect(measures.n == 3)
    #expect(measures.missing == 1)
    #expect(measures.bins.map(\.n) == [0, 0, 1, 0, 0, 0, 0, 0, 0, 2])
    // Last bin: stated 0.925, observed 0.5; third: stated 0.25, observed 0. ECE = 2/3 * 0.425 + 1/3 * 0.25.
    let (ece, brier) = (try #require(measures.ece), try #require(measures.brier))
    #expect(abs(ece - 1.1 / 3) < 1e-12)
    // 0.01 + 0.9025 + 0.0625.
    #expect(abs(brier - 0.975 / 3) < 1e-12)
    let loss = -(log(0.9) + log(0.05) + log(0.75)) / 3
    #expect(abs(try #require(measures.logLoss) - loss) < 1e-12)
    #expect(measures.bins[0].stated == nil && measures.bins[0].interval == nil)
  }

  @Test func certaintyThatFailsCostsMuchButNotWithoutEnd() throws {
    let measures = CalibrationMeasures.stated([pair("1", .b, p: 1), pair("2", .a, p: 1)])
    #expect(measures.bins[9].n == 2)
    #expect(abs(try #require(measures.logLoss) + log(1e-6) / 2) < 1e-9)
  }

  @Test func aJudgeWhoseProbabilitiesComeTrueHasAlmostNoError() throws {
    var errors: [Double] = []
    for count in [500, 20_000] {
      var random = Numbers(seed: 5)
      let pairs = (0..<count).map { index -> JudgedPair in
        let p = random.unit()
        return pair("\(index)", random.unit() < p ? .a : .b, p: p)
      }
      errors.append(try #require(CalibrationMeasures.stated(pairs).ece))
    }
    #expect(errors[1] < 0.02)
    #expect(errors[1] < errors[0])
  }

  @Test(arguments: [0.5, 2.0, 8.0]) func theTemperatureOfAJudgeIsFoundAgain(_ temperature: Double) throws {
    var random = Numbers(seed: 9)
    let pairs = (0..<8_000).map { index -> JudgedPair in
      let margin = (random.unit() - 0.5) * 18
      let p = 1 / (1 + exp(-margin / temperature))
      return pair("\(index)", random.unit() < p ? .a : .b, p: 0.5, margin: margin)
    }
    let fit = try Calibration.fit(pairs, method: "verdict", fittedOn: "made up")
    #expect(abs(fit.temperature / temperature - 1) < 0.08)
    #expect(fit.n == 8_000)
    #expect(try #require(CalibrationMeasures.scaled(pairs, by: fit).ece) < 0.02)
  }

  @Test func theFittedTemperatureLosesLeast() throws {
    var random = Numbers(seed: 2)
    let pairs = (0..<300).map { pair("\($0)", random.unit() < 0.7 ? .a : .b, p: 0.5, margin: random.unit() * 6 - 2) }
    let fit = try Calibration.fit(pairs, method: "m", fittedOn: "f")
    func loss(_ temperature: Double) throws -> Double {
      var other = fit
      other.temperature = temperature
      return try #require(CalibrationMeasures.scaled(pairs, by: other).logLoss)
    }
    for factor in [0.8, 0.95, 1.05, 1.25] { #expect(try loss(fit.temperature) < loss(fit.temperature * factor)) }
  }

  @Test func fitsThatHaveNoBestStopAtTheEnds() throws {
    let sure = [pair("1", .a, p: 0.5, margin: 2), pair("2", .b, p: 0.5, margin: -2)]
    #expect(abs(try Calibration.fit(sure, method: "m", fittedOn: "f").temperature - 0.01) < 1e-9)
    let lost = [pair("1", .b, p: 0.5, margin: 2), pair("2", .a, p: 0.5, margin: -2)]
    #expect(abs(try Calibration.fit(lost, method: "m", fittedOn: "f").temperature - 1000) < 1e-6)
    #expect(throws: EvaluationError.empty("result with a margin to fit a temperature on")) {
      try Calibration.fit([], method: "m", fittedOn: "f")
    }
  }

  @Test func calibrationsSurviveTheirFileAndBadOnesAreNamed() throws {
    let calibration = Calibration(temperature: 2.25, method: "verdict", fittedOn: "ccat50 validation", n: 400)
    let bytes = try calibration.bytes()
    #expect(
      String(decoding: bytes, as: UTF8.self) == """
        {
          "fitted_on" : "ccat50 validation",
          "method" : "verdict",
          "n" : 400,
          "temperature" : 2.25
        }

        """)
    #expect(try Calibration.read(bytes, file: "c.json") == calibration)
    func message(_ text: String) -> String {
      do throws(EvaluationError) {
        _ = try Calibration.read(Array(text.utf8), file: "c.json")
        return "read"
      } catch { return "\(error)" }
    }
    #expect(
      message(#"{"temperature":0,"method":"m","fitted_on":"f","n":1}"#)
        == "c.json: temperature: must be from 0.01 to 1000")
    #expect(message(#"{"temperature":1,"method":"m","n":1}"#) == "c.json: /fitted_on: is missing")
  }
}
