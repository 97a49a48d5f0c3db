import Synchronization

/// The metrics of one name, one for each combination of label values.
///
/// Children stand in a list that only ever grows at its end, by one atomic store. So neither an observer nor a scrape
/// takes a lock, and neither waits for the other. The list is walked, so label sets must be small and fixed; beyond
/// `childrenMax` every further combination shares one child whose label values are all "other".
package final class MetricFamily<Metric: AnyObject & Sendable>: Sendable {
  /// One combination of label values.
  private final class Child: Sendable {
    let values: [String]
    let metric: Metric
    let next = AtomicLazyReference<Child>()

    init(values: [String], metric: Metric) {
      self.values = values
      self.metric = metric
    }
  }

  /// Bounds what a peer can make grow through a label.
  package static var childrenMax: Int { 400 }

  package let labels: [String]
  private let make: @Sendable () -> Metric
  private let first = AtomicLazyReference<Child>()
  private let count = Atomic<Int>(0)

  init(labels: [String], make: @escaping @Sendable () -> Metric) {
    self.labels = labels
    self.make = make
  }

  /// The metric of these label values, made at first use. Keep it where the same one is used often.
  ///
  /// - Precondition: as many values as labels.
  /// - Complexity: O(children); no lock.
  package func with(_ values: String...) -> Metric { with(values: values) }

  /// As `with(_:)`.
  package func with(values: [String]) -> Metric {
    precondition(values.count == labels.count, "one value for each label")
    if let found = find(values) { return found }
    guard count.load(ordering: .relaxed) < MetricFamily.childrenMax else {
      return append(labels.map { _ in "other" })
    }
    return append(values)
  }

  /// All children at this moment, ordered by their label values.
  var children: [(values: [String], metric: Metric)] {
    var all: [(values: [String], metric: Metric)] = []
    var child = first.load()
    while let present = child {
      all.append((present.values, present.metric))
      child = present.next.load()
    }
    return all.sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }

  private func find(_ values: [String]) -> Metric? {
    var child = first.load()
    while let present = child {
      if present.values == values { return present.metric }
      child = present.next.load()
    }
    return nil
  }

  /// Puts a child at the end unless another thread put the same one there first.
  private func append(_ values: [String]) -> Metric {
    let new = Child(values: values, metric: make())
    var stored = first.storeIfNil(new)
    while stored !== new {
      if stored.values == values { return stored.metric }
      stored = stored.next.storeIfNil(new)
    }
    count.add(1, ordering: .relaxed)
    return new.metric
  }
}
