import Foundation
import Reinforcement
import TestSupport
import Testing

@Suite struct PolicyObjectiveTests {
  private func token(
    _ current: Double, _ old: Double, rollout: Double? = nil, reference: Double? = nil, _ advantage: Double,
    weight: Double = 1
  ) -> PolicyObjective.Token {
    PolicyObjective.Token(
      current: current, old: old, rollout: rollout, reference: reference, advantage: advantage, weight: weight)
  }

  private func near(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-12 }

  @Test func onPolicyTheLossIsTheNegativeAdvantage() {
    // r = 1: loss = -A w, slope = -A r w = -A w.
    let term = PolicyObjective().term(token(-1.5, -1.5, 0.75, weight: 0.1))
    #expect(near(term.loss, -0.075) && near(term.gradient, -0.075))
    #expect(term.ratio == 1 && term.clip == .none && term.divergence == 0 && term.importance == 1)
  }

  /// ln 1.1 = 0.0953101798043249; inside the clip of 0.2.
  @Test func insideTheClipTheRatioCounts() {
    let term = PolicyObjective().term(token(-1 + 0.0953101798043249, -1, 2))
    // -1.1 * 2 = -2.2, and its slope is the same.
    #expect(near(term.loss, -2.2) && near(term.gradient, -2.2) && near(term.ratio, 1.1) && term.clip == .none)
  }

  /// Ratios 1.5 (ln 0.405465108108164) and 0.5 (ln -0.693147180559945), advantages 2 and -2, clip 0.2 and 0.28.
  @Test func outsideTheClipOnlyWhatMakesThingsBetterIsHeld() {
    let objective = PolicyObjective(clipLow: 0.2, clipHigh: 0.28)
    let (up, down) = (0.405465108108164, -0.693147180559945)
    // min(1.5 * 2, 1.28 * 2) = 2.56, held.
    let high = objective.term(token(up, 0, 2))
    #expect(near(high.loss, -2.56) && high.gradient == 0 && high.clip == .high)
    // min(1.5 * -2, 1.28 * -2) = -3, not held.
    let worse = objective.term(token(up, 0, -2))
    #expect(near(worse.loss, 3) && near(worse.gradient, 3) && worse.clip == .none)
    // min(0.5 * 2, 0.8 * 2) = 1, not held.
    let lower = objective.term(token(down, 0, 2))
    #expect(near(lower.loss, -1) && near(lower.gradient, -1) && lower.clip == .none)
    // min(0.5 * -2, 0.8 * -2) = -1.6, held.
    let low = objective.term(token(down, 0, -2))
    #expect(near(low.loss, 1.6) && low.gradient == 0 && low.clip == .low)
  }

  @Test func theDualClipBoundsTheLossOfABadToken() {
    // Ratio 5 (ln 1.6094379124341), A = -2: min = -10; with c = 3 max(-10, -6) = -6.
    let objective = PolicyObjective(dualClip: 3)
    let held = objective.term(token(1.6094379124341, 0, -2))
    #expect(near(held.loss, 6) && held.gradient == 0 && held.clip == .dual)
    #expect(near(PolicyObjective().term(token(1.6094379124341, 0, -2)).loss, 10))
    // Ratio 2 is within it, and good tokens know nothing of it.
    let free = objective.term(token(0.693147180559945, 0, -2))
    #expect(near(free.loss, 4) && near(free.gradient, 4) && free.clip == .none)
    #expect(objective.term(token(1.6094379124341, 0, 2)).clip == .high)
  }

  @Test func theDivergenceIsK3() {
    // f / p = 2: k = 2 - ln 2 - 1 = 0.306852819440055, slope 1 - 2 = -1. beta 0.5, no advantage.
    let objective = PolicyObjective(klCoefficient: 0.5)
    let term = objective.term(token(-2, -2, reference: -2 + 0.693147180559945, 0, weight: 0.25))
    #expect(near(term.divergence, 0.306852819440055))
    #expect(near(term.loss, 0.25 * 0.5 * 0.306852819440055) && near(term.gradient, 0.25 * 0.5 * -1))
    // f / p = 1/2: k = 0.5 + ln 2 - 1 = 0.193147180559945, slope 1 - 0.5 = 0.5.
    let other = objective.term(token(-2, -2, reference: -2 - 0.693147180559945, 0))
    #expect(near(other.divergence, 0.193147180559945) && near(other.gradient, 0.25))
    #expect(objective.term(token(-2, -2, reference: -2, 0)).divergence == 0)
    // It is measured without being part of the loss, too.
    let measured = PolicyObjective().term(token(-2, -2, reference: -2 + 0.693147180559945, 0))
    #expect(near(measured.divergence, 0.306852819440055) && measured.loss == 0 && measured.gradient == 0)
  }

  @Test func aSampleCountsByItsImportanceUpToTheCap() {
    let objective = PolicyObjective(klCoefficient: 0.5, importanceCap: 2)
    // q / e = 1.5: loss -1.5 * 2 = -3; the divergence (f / p = 2) is not multiplied: + 0.5 * 0.306852819440055.
    let term = objective.term(token(-2, -2, rollout: -2.405465108108164, reference: -1.306852819440055, 2))
    #expect(near(term.importance, 1.5) && !term.isImportanceCapped)
    #expect(near(term.loss, -3 + 0.1534264097200275) && near(term.gradient, -3 - 0.5))
    // q / e = 5, held to 2.
    let capped = PolicyObjective(importanceCap: 2).term(token(-2, -2, rollout: -3.6094379124341, 1))
    #expect(capped.importance == 2 && capped.isImportanceCapped && near(capped.loss, -2))
    // q / e = 1/2 is below the cap; unknown and unwanted ones are 1.
    #expect(near(PolicyObjective(importanceCap: 2).term(token(-2, -2, rollout: -1.306852819440055, 1)).importance, 0.5))
    #expect(PolicyObjective(importanceCap: 2).term(token(-2, -2, 1)).importance == 1)
    #expect(PolicyObjective().term(token(-2, -2, rollout: -9, 1)).importance == 1)
  }

  @Test func whatTheReferenceFindsImpossibleMakesNoInfinity() {
    let objective = PolicyObjective(klCoefficient: 1)
    let term = objective.term(token(-200, -1, reference: -0.5, 1))
    #expect(term.loss.isFinite && term.gradient.isFinite && term.divergence.isFinite)
    // Held at 20: e^20 - 20 - 1 = 485165174.4097903.
    #expect(abs(term.divergence - 485_165_174.4097903) < 1e-3)
    #expect(term.gradient == 0)
  }

  private func randomToken(
    _ generator: inout SeededGenerator, _ objective: PolicyObjective
  ) -> PolicyObjective.Token {
    let old = Double.random(in: -6...0, using: &generator)
    return token(
      old + Double.random(in: -1...1, using: &generator), old,
      rollout: Bool.random(using: &generator) ? old + Double.random(in: -1...1, using: &generator) : nil,
      reference: old + Double.random(in: -1...1, using: &generator),
      Double.random(in: -3...3, using: &generator), weight: Double.random(in: 0.001...1, using: &generator))
  }

  @Test func theGradientIsThatOfTheLoss() {
    var generator = SeededGenerator(seed: 17)
    var clips: [PolicyObjective.Clip: Int] = [:]
    for round in 0..<3000 {
      let objective = PolicyObjective(
        clipLow: 0.2, clipHigh: 0.28, dualClip: round % 2 == 0 ? 1.6 : nil, klCoefficient: round % 3 == 0 ? 0 : 0.7,
        importanceCap: round % 5 == 0 ? nil : 1.3)
      let token = randomToken(&generator, objective)
      // Not across a corner, where there is no derivative.
      let step = 1e-6
      var (below, above) = (token, token)
      below.current -= step
      above.current += step
      let (low, high) = (objective.term(below), objective.term(above))
      guard low.clip == high.clip else { continue }
      let difference = (high.loss - low.loss) / (2 * step)
      let term = objective.term(token)
      #expect(abs(term.gradient - difference) < 1e-7 * max(1, abs(difference)), "round \(round)")
      clips[term.clip, default: 0] += 1
    }
    for clip in [PolicyObjective.Clip.none, .low, .high, .dual] {
      #expect((clips[clip] ?? 0) > 50, "\(clip) was hardly tried")
    }
  }

  /// The definition once more, written as its equation.
  @Test func theLossIsTheEquation() {
    var generator = SeededGenerator(seed: 23)
    let objective = PolicyObjective(
      clipLow: 0.1, clipHigh: 0.3, dualClip: 2, klCoefficient: 0.05, importanceCap: 1.5)
    for _ in 0..<1000 {
      let token = randomToken(&generator, objective)
      let ratio = exp(token.current - token.old)
      var surrogate = min(ratio * token.advantage, min(max(ratio, 0.9), 1.3) * token.advantage)
      if token.advantage < 0 { surrogate = max(surrogate, 2 * token.advantage) }
      let importance = token.rollout.map { min(exp(token.old - $0), 1.5) } ?? 1
      let log = (token.reference ?? 0) - token.current
      let expected = token.weight * (-importance * surrogate + 0.05 * (exp(log) - log - 1))
      let term = objective.term(token)
      #expect(abs(term.loss - expected) < 1e-12 && term.divergence >= 0)
    }
  }

  /// At the start of a step the gradient of the mean loss is that of REINFORCE, and a group's advantages cancel.
  @Test func groupsOfEqualTokensPullNowhere() {
    let group = GroupAdvantages([1, 0, -1, 1], settings: .init(scale: .sample))
    let weights = LossWeights.tokenMean.weights(lengths: [3, 3, 3, 3])
    let objective = PolicyObjective()
    let pull = zip(group.values, weights).reduce(0.0) { sum, part in
      sum + objective.term(token(-1, -1, part.0, weight: part.1)).gradient
    }
    #expect(abs(pull) < 1e-15)
  }
}

@Suite struct ScoredCompletionTests {
  private let objective = PolicyObjective(
    clipLow: 0.2, clipHigh: 0.28, klCoefficient: 0.1, importanceCap: 2)

  /// Three tokens, ratios 1, 1.5, 0.5, of advantage 2 and weight 1/4.
  private func completion() -> ScoredCompletion {
    ScoredCompletion(
      current: [-1, -0.594534891891836, -1.693147180559945], old: [-1, -1, -1], rollout: [-1, -1, -2.6094379],
      reference: [-1, -0.594534891891836, -1], entropies: [0.5, 1, 1.5], advantage: 2, weight: 0.25)
  }

  @Test func itsGradientsAreThoseOfItsTokens() throws {
    var statistics = PolicyStatistics()
    let gradients = try objective.gradients(of: completion(), adding: &statistics)
    // -1 * 2 / 4; clipped; importance e^1.609 = 5 capped at 2: -2 * 0.5 * 2 / 4, divergence 0.1 (1 - 2) / 4.
    for (gradient, expected) in zip(gradients, [-0.5, 0, -0.525]) { #expect(abs(Double(gradient) - expected) < 1e-6) }
    // Losses -2/4, -2.56/4, (-2 * 0.5 * 2 + 0.1 * 0.306852819)/4.
    #expect(abs(statistics.loss - (-0.5 - 0.64 - 0.5 + 0.1 * 0.306852819 / 4)) < 1e-6)
    #expect(statistics.tokens == 3)
    #expect(abs(statistics.clippedShare - 1.0 / 3) < 1e-15 && statistics.clippedHighShare == statistics.clippedShare)
    #expect(statistics.clippedLowShare == 0 && statistics.clippedDualShare == 0)
    #expect(abs(statistics.divergenceMean - 0.306852819 / 3) < 1e-6)
    #expect(abs(statistics.ratioMean - 1) < 1e-6 && abs(statistics.ratioMax - 1.5) < 1e-6)
    #expect(abs(statistics.importanceMean - 4.0 / 3) < 1e-12)
    #expect(abs(statistics.importanceCappedShare - 1.0 / 3) < 1e-15)
    #expect(statistics.entropyMean == 1)
    #expect(
      abs((statistics.mismatchMean ?? 0) - 1.6094379 / 3) < 1e-6 && abs(statistics.mismatchMax - 1.6094379) < 1e-6)
  }

  @Test func partsAddUpToTheWhole() throws {
    var whole = PolicyStatistics()
    var parts = PolicyStatistics()
    for _ in 0..<2 {
      _ = try objective.gradients(of: completion(), adding: &whole)
      var part = PolicyStatistics()
      _ = try objective.gradients(of: completion(), adding: &part)
      parts.add(part)
    }
    #expect(whole == parts && whole.tokens == 6)
  }

  @Test func whatIsUnknownIsNoNumber() throws {
    var statistics = PolicyStatistics()
    let bare = ScoredCompletion(current: [-1], old: [-1], advantage: 1, weight: 1)
    _ = try PolicyObjective().gradients(of: bare, adding: &statistics)
    #expect(statistics.entropyMean == nil && statistics.mismatchMean == nil)
    #expect(PolicyStatistics().divergenceMean == 0)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func brokenLogProbabilitiesAreNamed(value: Float) {
    var statistics = PolicyStatistics()
    let changes: [(String, WritableKeyPath<ScoredCompletion, [Float]>)] = [("current", \.current), ("old", \.old)]
    for (name, path) in changes {
      var broken = completion()
      broken[keyPath: path][1] = value
      #expect(throws: PolicyObjectiveError.notFinite(name: name, token: 1)) {
        try objective.gradients(of: broken, adding: &statistics)
      }
    }
    for (name, path) in [("rollout", \ScoredCompletion.rollout), ("reference", \.reference)] {
      var broken = completion()
      broken[keyPath: path]?[2] = value
      #expect(throws: PolicyObjectiveError.notFinite(name: name, token: 2)) {
        try objective.gradients(of: broken, adding: &statistics)
      }
    }
    #expect(statistics == PolicyStatistics())
  }
}
