import DataFiles
import Foundation
import FoundationXML
import Reports
import TestSupport
import Testing
import TrainingRecords

@Suite struct TrainingReportTests {
  private let origin = HTMLReport.Origin(
    program: "persrm-sft", version: "0.1.0", commit: "abc", commandLine: "persrm-sft --output run", date: "2026-01-02")

  private func line(_ step: Int, _ values: [String: Double]) -> MetricsLine {
    MetricsLine(step: step, time: 1, wallSeconds: Double(step), values: values)
  }

  private func names(_ report: HTMLReport) -> [String] { report.figures.map(\.labels.name) }

  private func isWellFormed(_ html: String) -> Bool {
    XMLParser(data: Data(html.replacing("<!DOCTYPE html>", with: "").utf8)).parse()
  }

  @Test func showsTheCurvesOfSupervisedTraining() throws {
    var lines = (1...60).map { step in
      line(
        step,
        [
          "train/loss": 2 / Double(step), "train/learning_rate": 1e-4, "train/gradient_norm": 1,
          "train/tokens_per_second": 700 + Double(step),
        ])
    }
    lines.append(line(60, ["eval/loss": 0.75, "eval/accuracy": 0.875, "eval/accuracy/letters": 0.5]))
    lines.append(MetricsLine(step: 60, time: 1, wallSeconds: 60, values: [:], texts: ["samples/0": "<criteria>&"]))
    let report = TrainingReport.page(lines, settings: someSettings(), origin: origin)
    #expect(
      names(report) == [
        "loss", "accuracy", "eval-accuracy-parts", "learning-rate", "gradient-norm", "tokens-per-second",
      ])
    let html = report.html
    #expect(isWellFormed(html))
    #expect(html.contains("&lt;criteria&gt;&amp;") && html.contains("optimiser.learning_rate"))
    #expect(html.contains("87.5 %") && html.contains("at step 60") && html.contains("traces.jsonl.gz"))
    let loss = try #require(report.figures.first as? LineChart)
    #expect(loss.series.map(\.name) == ["training, each step", "training", "validation"])
    #expect(loss.series.map(\.isFaint) == [true, false, false])
  }

  @Test func showsTheCurvesOfReinforcement() throws {
    let lines = (1...30).map { step in
      line(
        step,
        [
          "train/reward": Double(step) / 30, "train/reward_std": 0.5, "train/zero_variance_rate": 0.25,
          "train/format_rate": 1, "train/tie_rate": 0, "train/a_rate": 0.5, "train/kl": 0.01, "train/entropy": 1,
          "train/clip_rate": 0, "train/length": 90, "train/length_max": 200, "train/reward/letters": 1,
          "train/margin": 3, "train/loss": 0.001,
        ])
    }
    let report = TrainingReport.page(lines, settings: nil, origin: origin)
    #expect(
      names(report) == [
        "reward", "train-reward-parts", "zero-variance", "form", "a-rate", "kl", "entropy", "clip-rate", "length",
        "loss", "other-train-margin",
      ])
    let reward = try #require(report.figures.first as? LineChart)
    let last = try #require(reward.series.last?.points.last?.y)
    #expect(abs((last.high ?? 0) - (last.low ?? 0) - 1) < 1e-9)
    #expect(isWellFormed(report.html))
  }

  @Test func aRunThatDivergedIsShownAndSaid() {
    let lines = (1...100).map { step in line(step, ["train/loss": step < 50 ? 1 : .nan, "train/reward": .nan]) }
    let html = TrainingReport.page(lines, settings: nil, origin: origin).html
    #expect(isWellFormed(html))
    #expect(html.contains("train/loss was not a finite number at 51 of its steps, first at step 50."))
  }

  @Test func aRunThatHasJustBegunHasAPage() {
    let html = TrainingReport.page([], settings: someSettings(), origin: origin).html
    #expect(html.contains("Nothing has been measured yet.") && isWellFormed(html))
  }

  @Test func tagsThatLookAlikeAreDifferentFigures() {
    let report = TrainingReport.page(
      [line(1, ["x/a-b": 1, "x/a_b": 1, "x/a/b": 1, "x/A/b": 1, "loss": 1])], settings: nil, origin: origin)
    #expect(report.figures.count == 5 && Set(names(report)).count == 5)
  }

  @Test func anOutlierDoesNotFlattenTheCurve() throws {
    let lines = (1...200).map { step in line(step, ["train/loss": step == 90 ? 4000 : 1 + Double(step % 7)]) }
    let report = TrainingReport.page(lines, settings: nil, origin: origin)
    let loss = try #require(report.figures.first as? LineChart)
    #expect(try #require(loss.y.range).upperBound < 200)
    #expect(loss.labels.caption.contains("upper edge"))
  }

  @Test func smoothingIsHandComputed() {
    let course = MetricHistory.Course(steps: [1, 2, 3, 4, 5], values: [1, .nan, 4, 1, 7])
    // Windows of one, three, three, three and one.
    #expect(course.smoothed(half: 1) == .init(steps: [1, 2, 3, 4, 5], values: [1, 2.5, 2.5, 4, 7]))
    let gap = MetricHistory.Course(steps: [1, 2, 3], values: [.nan, .nan, 3]).smoothed(half: 0)
    #expect(gap.values[0].isNaN && gap.values[1].isNaN && gap.values[2] == 3)
  }

  @Test func smoothingPassesOverAnOutlierAndKeepsALineAsItIs() {
    let steps = Array(1...2001)
    var course = MetricHistory.Course(steps: steps, values: steps.map { 3 + 0.5 * Double($0) })
    let straight = course.smoothed(half: 50)
    #expect(straight.steps.count == 1000 && straight.steps.first == 1 && straight.steps.last == 2001)
    #expect(zip(straight.steps, straight.values).allSatisfy { abs($1 - (3 + 0.5 * Double($0))) < 1e-9 })
    course.values[1000] = 1e9
    #expect(course.smoothed(half: 50).values.allSatisfy { $0 < 1100 })
    #expect(abs((course.recent ?? 0) - (3 + 0.5 * 1951.5)) < 1)
  }

  @Test func isMadeAgainOfTheFolderAlone() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("run")
    do {
      let run = try RunDirectory(path: path, settings: someSettings(), resume: false)
      var recorder = try RunRecorder(directory: run, continuingAfter: nil, clock: HandClock().clock)
      try recorder.record(step: 1, values: ["train/loss": 1])
    }
    try TrainingReport.write(folder: path, origin: origin)
    let first = try folder.read("run/report.html")
    try TrainingReport.write(folder: path, origin: origin)
    #expect(try folder.read("run/report.html") == first)
    #expect(String(decoding: first, as: UTF8.self).contains("persrm-sft, 1 steps"))
  }
}
