import Synchronization

/// All metrics of a process, and their text for Prometheus (exposition format 0.0.4).
///
/// Registration takes a lock and happens at start. Observing takes none (see `MetricFamily`). A scrape takes only the
/// lock of registration, so it is answered during load and during a drain alike.
package final class MetricsRegistry: Sendable {
  /// The value of the Content-Type field that goes with `exposition()`.
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// What a registered name yields at a scrape.
  private enum Source: Sendable {
    case counter(MetricFamily<Counter>)
    case gauge(MetricFamily<Gauge>)
    case histogram(MetricFamily<Histogram>)
    case gaugeReading(@Sendable () -> Double)
    case counterReading(@Sendable () -> Double)

    var kind: String {
      switch self {
      case .counter, .counterReading: "counter"
      case .gauge, .gaugeReading: "gauge"
      case .histogram: "histogram"
      }
    }
  }

  private struct Entry: Sendable {
    let help: String
    let source: Source
  }

  private let constantLabels: [(name: String, value: String)]
  private let entries = Mutex<[String: Entry]>([:])

  /// - Parameter constantLabels: stand on every sample, as `model_name`.
  package init(constantLabels: [String: String] = [:]) {
    precondition(constantLabels.keys.allSatisfy(Exposition.isName), "label names are names")
    self.constantLabels = constantLabels.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
  }

  /// A counter; `name` ends in `_total`.
  package func counter(_ name: String, help: String) -> Counter {
    counter(name, help: help, labels: []).with()
  }

  /// Counters told apart by `labels`.
  package func counter(_ name: String, help: String, labels: [String]) -> MetricFamily<Counter> {
    let family = MetricFamily(labels: labels) { Counter() }
    register(name, help: help, labels: labels, .counter(family))
    return family
  }

  package func gauge(_ name: String, help: String) -> Gauge {
    gauge(name, help: help, labels: []).with()
  }

  /// Gauges told apart by `labels`.
  package func gauge(_ name: String, help: String, labels: [String]) -> MetricFamily<Gauge> {
    let family = MetricFamily(labels: labels) { Gauge() }
    register(name, help: help, labels: labels, .gauge(family))
    return family
  }

  /// A gauge read when it is scraped. `read` must return at once and take no lock that work holds; a value that is not
  /// a number leaves the sample out.
  package func gauge(_ name: String, help: String, read: @escaping @Sendable () -> Double) {
    register(name, help: help, labels: [], .gaugeReading(read))
  }

  /// A counter read when it is scraped, as `gauge(_:help:read:)`.
  package func counter(_ name: String, help: String, read: @escaping @Sendable () -> Double) {
    register(name, help: help, labels: [], .counterReading(read))
  }

  package func histogram(_ name: String, help: String, bounds: [Double]) -> Histogram {
    histogram(name, help: help, labels: [], bounds: bounds).with()
  }

  /// Histograms told apart by `labels`.
  package func histogram(
    _ name: String, help: String, labels: [String], bounds: [Double]
  ) -> MetricFamily<Histogram> {
    precondition(!labels.contains("le"), "le is the label of buckets")
    let family = MetricFamily(labels: labels) { Histogram(bounds: bounds) }
    register(name, help: help, labels: labels, .histogram(family))
    return family
  }

  private func register(_ name: String, help: String, labels: [String], _ source: Source) {
    precondition(Exposition.isName(name) && labels.allSatisfy(Exposition.isName), "metric and label names are names")
    entries.withLock { entries in
      precondition(entries[name] == nil, "metric \(name) is registered twice")
      entries[name] = Entry(help: help, source: source)
    }
  }

  /// Every sample of this moment, families by name and children by label values.
  package func exposition() -> String {
    let entries = self.entries.withLock { $0 }
    var text = Exposition(constantLabels: constantLabels)
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      text.family(name, kind: entry.source.kind, help: entry.help)
      switch entry.source {
      case .counter(let family):
        for (values, metric) in family.children {
          text.sample(name, family.labels, values, Double(metric.value))
        }
      case .gauge(let family):
        for (values, metric) in family.children { text.sample(name, family.labels, values, metric.value) }
      case .histogram(let family):
        for (values, metric) in family.children { text.histogram(name, family.labels, values, metric) }
      case .gaugeReading(let read), .counterReading(let read):
        let value = read()
        if !value.isNaN { text.sample(name, [], [], value) }
      }
    }
    return text.text
  }
}
