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

    /// The exponential mean, begun without the bias of its start; NaN changes nothing, and is NaN before the first number.
    ///
    /// - Parameter points: about how many points weigh in; 1 or less gives the values themselves.
    /// - Source: the bias correction of Kingma and Ba 2015 (arXiv:1412.6980), section 3.
    package func smoothed(over points: Double) -> [Double] {
      let decay = max(0, 1 - 2 / (max(points, 1) + 1))
      var (mean, weight) = (0.0, 0.0)
      return values.map { value in
        if value.isFinite {
          mean = decay * mean + (1 - decay) * value
          weight = decay * weight + (1 - decay)
        }
        return weight > 0 ? mean / weight : .nan
      }
    }

    /// A twentieth of the course, or none where the course is short.
    package var smoothed: [Double] { smoothed(over: values.count < 20 ? 1 : Double(values.count) / 20) }
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
