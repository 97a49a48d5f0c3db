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
    let course = MetricHistory.Course(steps: [1, 2, 3, 4], values: [1, .nan, 4, 2])
    // Decay 1/2: (1), (1), (4 + 1/2) / (3/2), (2 + 2 + 1/4) / (7/4).
    let smoothed = course.smoothed(over: 3)
    #expect(zip(smoothed, [1, 1, 3, 17.0 / 7]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(course.smoothed(over: 1)[0] == 1 && course.smoothed(over: 1)[3] == 2)
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
