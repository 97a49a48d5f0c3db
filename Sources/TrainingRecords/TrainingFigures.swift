import Reports

/// The curves of a run.
struct TrainingFigures {
  /// One plot of one tag or a few.
  struct Plan {
    var name: String
    var title: String
    var caption: String
    var y: Axis
    /// With the names of their curves; those that the run has not are left out.
    var tags: [(tag: String, name: String)]
    var references: [ReferenceLine] = []
    /// Each value is shown as it is: it was set, or is the result of many already.
    var isExact = false
  }

  let history: MetricHistory

  static let loss = Plan(
    name: "loss", title: "Loss", caption: "Nats per token. Pale: each step; line: its course; validation as measured.",
    y: Axis("loss, nats per token"),
    tags: [(MetricTag.loss, "training"), (MetricTag.evalLoss, "validation")])
  static let policyLoss = Plan(
    name: "loss", title: "Objective",
    caption: "What is minimised: its size says little, for the advantages sum to zero.",
    y: Axis("loss"), tags: [(MetricTag.loss, "training"), (MetricTag.evalLoss, "validation")])
  static let accuracy = Plan(
    name: "accuracy", title: "Accuracy",
    caption: "Share of pairs judged right; ties and malformed answers count as wrong. A coin is right on half.",
    y: .rate("accuracy"),
    tags: [(MetricTag.evalAccuracy, "validation"), (MetricTag.accuracy, "samples of training")],
    references: [ReferenceLine("coin", 0.5)])
  static let evalFaults = Plan(
    name: "validation-faults", title: "Ties and malformed answers in validation", caption: "Both count as wrong.",
    y: Axis("share", format: .percent),
    tags: [(MetricTag.evalMalformedRate, "malformed"), (MetricTag.evalTieRate, "ties")])
  static let zeroVariance = Plan(
    name: "zero-variance", title: "Groups without variance",
    caption: "Groups whose samples all have the same reward: nothing is learnt of them.",
    y: .rate("share of groups"), tags: [(MetricTag.zeroVarianceRate, "groups")])
  static let form = Plan(
    name: "form", title: "Form of the answers", caption: "Shares of the samples.", y: .rate("share of samples"),
    tags: [(MetricTag.formatRate, "well-formed"), (MetricTag.tieRate, "ties"), (MetricTag.truncationRate, "truncated")])
  static let aRate = Plan(
    name: "a-rate", title: "Preference for the first response",
    caption: "Of the samples that decide, those that prefer the response shown first. Far from half is a bias.",
    y: .rate("share of decided samples"), tags: [(MetricTag.aRate, "first preferred")],
    references: [ReferenceLine("no bias", 0.5)])
  static let kl = Plan(
    name: "kl", title: "KL divergence from the reference policy", caption: "Nats per token.",
    y: Axis("KL, nats per token"), tags: [(MetricTag.kl, "KL")])
  static let entropy = Plan(
    name: "entropy", title: "Entropy of the policy",
    caption: "Nats per token. Near zero, all samples are alike and nothing is explored.",
    y: Axis("entropy, nats per token"), tags: [(MetricTag.entropy, "entropy")])
  static let clip = Plan(
    name: "clip-rate", title: "Clipped tokens", caption: "Shares of tokens whose objective was clipped.",
    y: Axis("share of tokens", format: .percent),
    tags: [(MetricTag.clipRate, "all"), (MetricTag.clipLowRate, "low"), (MetricTag.clipHighRate, "high")])
  static let length = Plan(
    name: "length", title: "Length of the answers", caption: "Tokens of a sample.", y: Axis("tokens"),
    tags: [(MetricTag.length, "mean"), (MetricTag.lengthMax, "longest")])
  static let learningRate = Plan(
    name: "learning-rate", title: "Learning rate", caption: "As the schedule gave it.", y: Axis("learning rate"),
    tags: [(MetricTag.learningRate, "learning rate")], isExact: true)
  static let gradientNorm = Plan(
    name: "gradient-norm", title: "Norm of the gradient", caption: "Over all trained parameters, before clipping.",
    y: Axis("norm"), tags: [(MetricTag.gradientNorm, "norm")])
  static let speed = Plan(
    name: "tokens-per-second", title: "Speed", caption: "Tokens that went forward and backward, by wall time.",
    y: Axis("tokens per second"), tags: [(MetricTag.tokensPerSecond, "tokens per second")])

  /// The plot of a plan; nil where the run has none of its tags.
  ///
  /// What is measured in training is noisy, so its course is drawn, and, where it is the only one, each step behind it.
  /// Validation is drawn as measured.
  func figure(_ plan: Plan) -> LineChart? {
    let present = plan.tags.compactMap { item in history[item.tag].map { (item.name, item.tag, $0) } }
    if present.isEmpty { return nil }
    let noisy = plan.isExact ? [] : present.filter { !$0.1.hasPrefix("eval/") }.map { $0.1 }
    let series = present.flatMap { name, tag, course in
      noisy.contains(tag)
        ? Self.smoothed(name, course, hasValues: noisy.count == 1)
        : [Self.curve(name, course)]
    }
    return chart(plan, series)
  }

  private func chart(_ plan: Plan, _ series: [LineChart.Series]) -> LineChart {
    let (axis, isCut) = Self.axis(plan.y, series)
    let caption = isCut ? plan.caption + " Values above the plot stand at its upper edge." : plan.caption
    return LineChart(
      PlotLabels(name: plan.name, title: plan.title, caption: caption), x: Axis("step"), y: axis, series: series,
      references: plan.references)
  }

  private static func curve(_ name: String, _ course: MetricHistory.Course) -> LineChart.Series {
    LineChart.Series(name, x: course.steps.map(Double.init), y: course.values)
  }

  /// The course, and each value pale behind it; only the values where there are too few to smooth.
  private static func smoothed(
    _ name: String, _ course: MetricHistory.Course, hasValues: Bool
  ) -> [LineChart.Series] {
    let smoothed = course.smoothed
    if smoothed == course { return [curve(name, course)] }
    var values = curve("\(name), each step", course)
    values.isFaint = true
    return (hasValues ? [values] : []) + [curve(name, smoothed)]
  }

  /// An axis that a few outliers do not flatten: it ends where all but a fiftieth of the values do, with room, if the
  /// largest is more than three times as far from the least.
  private static func axis(_ axis: Axis, _ series: [LineChart.Series]) -> (Axis, isCut: Bool) {
    // Not of courses: an outlier moves many of their points.
    let measured = series.indices.filter { $0 == 0 || !series[$0 - 1].isFaint }.map { series[$0] }
    let heights = measured.flatMap(\.points).map(\.y.value).filter(\.isFinite).sorted()
    guard axis.range == nil, heights.count >= 50, let low = heights.first, let high = heights.last else {
      return (axis, false)
    }
    let most = heights[heights.count * 49 / 50]
    guard most > low, high - low > 3 * (most - low) else { return (axis, false) }
    var axis = axis
    // What is never negative is shown from zero, so that the end of the axis is a round number above.
    let top = most + 0.25 * (most - low)
    axis.range = min(low, 0)...top
    return (axis, true)
  }

  /// Reward with its spread; nil without reward.
  var reward: LineChart? {
    guard let course = history[MetricTag.reward] else { return nil }
    var deviations: [Int: Double] = [:]
    if let spread = history[MetricTag.rewardDeviation] {
      for (step, value) in zip(spread.steps, spread.values) where value.isFinite { deviations[step] = value }
    }
    let smoothed = course.smoothed
    let spread = MetricHistory.Course(
      steps: course.steps, values: course.steps.map { deviations[$0] ?? .nan }
    ).smoothed
    let points = zip(smoothed.steps, zip(smoothed.values, spread.values)).map { step, estimate in
      let (mean, deviation) = estimate
      return LineChart.Point(
        Double(step),
        deviation.isFinite ? Estimate(mean, low: mean - deviation, high: mean + deviation) : Estimate(mean))
    }
    var series = [LineChart.Series("reward", points)]
    if smoothed != course {
      var values = Self.curve("reward, each step", course)
      values.isFaint = true
      series.insert(values, at: 0)
    }
    return LineChart(
      PlotLabels(
        name: "reward", title: "Reward",
        caption: "Mean over a step's samples. Band: one standard deviation of the samples to each side."),
      x: Axis("step"), y: Axis("reward"), series: series)
  }

  /// Most curves of one plot: as many as there are colours.
  private static let curvesMax = 8

  /// The plot of the tags below a tag, such as of each corpus; nil where there are none.
  func parts(of tag: String, title: String, y: Axis, references: [ReferenceLine] = []) -> LineChart? {
    let tags = history.parts(of: tag)
    if tags.isEmpty { return nil }
    let series = tags.prefix(Self.curvesMax).compactMap { part in
      history[part].map { course in
        let name = String(part.dropFirst(tag.count + 1))
        return Self.curve(name, tag.hasPrefix("eval/") ? course : course.smoothed)
      }
    }
    let more = tags.count > Self.curvesMax ? " \(tags.count - Self.curvesMax) more are in metrics.jsonl only." : ""
    let plan = Plan(
      name: Self.plotName(tag) + "-parts", title: title, caption: "By part of the data.\(more)", y: y,
      tags: [], references: references)
    return chart(plan, series)
  }

  /// The plot of a tag that no plan knows.
  func other(_ tag: String) -> LineChart? {
    figure(
      Plan(
        name: "other-" + Self.plotName(tag), title: tag, caption: "As the run logged it.", y: Axis("value"),
        tags: [(tag, tag)]))
  }

  /// The first and the last of a tag's distributions.
  func distribution(_ tag: String) -> Histogram? {
    guard let all = history.distributions[tag]?.filter({ !$0.values.isEmpty }), let first = all.first,
      let last = all.last
    else { return nil }
    var series = [Histogram.Series("step \(first.step)", first.values)]
    if last.step != first.step { series.append(Histogram.Series("step \(last.step)", last.values)) }
    return Histogram(
      PlotLabels(
        name: "spread-" + Self.plotName(tag), title: tag,
        caption: series.count > 1 ? "The first and the last that were logged." : "The only one that was logged."),
      x: Axis("value"), series: series)
  }

  /// A tag as a plot's name; different tags have different names.
  static func plotName(_ tag: String) -> String {
    tag.utf8.map { byte -> String in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        String(Unicode.Scalar(byte))
      case UInt8(ascii: "/"): "-"
      default: "_\(String(byte, radix: 16))"
      }
    }.joined()
  }
}
