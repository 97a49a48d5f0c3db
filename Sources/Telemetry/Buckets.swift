/// Upper bounds of the histograms, the same as other model servers use, so that their dashboards fit.
package enum Buckets {
  /// Seconds to the first token.
  package static let timeToFirstToken: [Double] = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2_560,
  ]
  /// Seconds between two tokens.
  package static let interTokenLatency: [Double] = [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
  ]
  /// Seconds of a whole request or of a phase of it. The three lowest are ours: a verdict can be that quick.
  package static let requestLatency: [Double] = [
    0.01, 0.03, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1_920, 7_680,
  ]
  /// Seconds of any HTTP request, probes included.
  package static let httpDuration: [Double] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180]
  /// Tokens or sequences of one engine step: 1, 8, 16 … 16,384.
  package static let iterationTokens: [Double] = [
    1, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384,
  ]
  /// Sequences of one engine step.
  package static let batchSize: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256]
  /// Native scores.
  package static let score: [Double] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  /// Differences of two native scores.
  package static let margin: [Double] = (-9...9).map(Double.init)
  /// Exemplars of one request.
  package static let exemplars: [Double] = [0, 1, 2, 3, 4, 6, 8, 12, 16]

  /// 1, 2, 5, 10, 20, 50 … up to `max`, which is the last.
  ///
  /// - Precondition: `max` is at least 1.
  package static func oneTwoFive(upTo max: Int) -> [Double] {
    precondition(max >= 1, "a series needs a positive end")
    var bounds: [Double] = []
    var decade = 1
    while decade < max {
      for factor in [1, 2, 5] where factor * decade < max { bounds.append(Double(factor * decade)) }
      decade *= 10
    }
    return bounds + [Double(max)]
  }
}
