/// What `metrics.jsonl` says, turned from lines into courses: for each tag, its values by step.
package struct MetricHistory: Sendable {
  package struct Course: Sendable, Equatable {
    package var steps: [Int]
    /// As many; NaN where the value was not finite.
    package var values: [Double]

    package init(steps: [Int] = [], values: [Double] = []) {
      self.steps = steps
      self.values = values
    }

    /// The last value that is a number.
    package var last: Double? { values.last { $0.isFinite } }

    /// More points than this are not asked for: a plot has no room for them.
    private static let smoothedPointsMax = 1000
    /// Of a window's values, the share left out at each end.
    private static let trimmedShare = 0.1

    /// The course behind the noise: at each point the mean of a window around it, without its lowest and highest tenth,
    /// so that one outlier does not become a hill. The window is as wide on both sides, for a mean of the past alone
    /// runs behind; towards the ends it shrinks. Values that are not finite count for nothing; where a window has no
    /// other, there is a gap.
    ///
    /// - Parameter half: points of the window on each side of its middle; 0 gives the values themselves.
    /// - Returns: at most a thousand points, the last of the course among them.
    /// - Complexity: O(min(n, 1000) half log half).
    package func smoothed(half: Int) -> Course {
      let count = values.count
      let points = min(count, Self.smoothedPointsMax)
      var result = Course()
      for point in 0..<points {
        let middle = points > 1 ? point * (count - 1) / (points - 1) : 0
        let reach = min(half, middle, count - 1 - middle)
        result.steps.append(steps[middle])
        result.values.append(Self.trimmedMean(values[(middle - reach)...(middle + reach)]))
      }
      return result
    }

    /// NaN where no value is finite.
    private static func trimmedMean(_ window: ArraySlice<Double>) -> Double {
      let sorted = window.filter(\.isFinite).sorted()
      let left = Int(Double(sorted.count) * trimmedShare)
      let kept = sorted[left..<(sorted.count - left)]
      return kept.reduce(0, +) / Double(kept.count)
    }

    /// Smoothed over a twentieth of the course; a short one stays as it is.
    package var smoothed: Course { smoothed(half: values.count / 40) }

    /// The mean of the last twentieth, which says where a noisy course ends; nil where nothing there is finite.
    package var recent: Double? {
      let mean = Self.trimmedMean(values.suffix(max(1, values.count / 20)))
      return mean.isFinite ? mean : nil
    }
  }

  package private(set) var courses: [String: Course] = [:]
  /// Lines with texts, by step.
  package private(set) var texts: [(step: Int, texts: [String: String])] = []
  /// Of each tag, by step.
  package private(set) var distributions: [String: [(step: Int, values: [Double])]] = [:]
  package private(set) var lastStep = 0
  package private(set) var wallSeconds = 0.0

  package init(_ lines: [MetricsLine]) {
    for line in lines {
      for (tag, value) in line.values {
        courses[tag, default: Course()].steps.append(line.step)
        courses[tag, default: Course()].values.append(value)
      }
      if !line.texts.isEmpty { texts.append((line.step, line.texts)) }
      for (tag, values) in line.distributions { distributions[tag, default: []].append((line.step, values)) }
      (lastStep, wallSeconds) = (line.step, line.wallSeconds)
    }
  }

  package subscript(_ tag: String) -> Course? { courses[tag] }

  /// Tags of a kind: "train/reward/ccat50" is one of "train/reward".
  package func parts(of tag: String) -> [String] { courses.keys.filter { $0.hasPrefix(tag + "/") }.sorted() }

  /// Tags that had values which are no numbers: how many, and the first step of those.
  package var notFinite: [(tag: String, count: Int, firstStep: Int)] {
    courses.sorted { $0.key < $1.key }.compactMap { tag, course in
      guard let first = course.values.firstIndex(where: { !$0.isFinite }) else { return nil }
      return (tag, course.values.count { !$0.isFinite }, course.steps[first])
    }
  }
}
