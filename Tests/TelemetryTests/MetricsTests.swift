import Telemetry
import Testing

@Suite struct MetricsTests {
  @Test func writesSortedAndEscapedText() {
    let registry = MetricsRegistry(constantLabels: ["model_name": "a\"b"])
    let requests = registry.counter("z_total", help: "Back\\slash\nand line.", labels: ["path", "code"])
    requests.with("/b", "2xx").add(2)
    requests.with("/a\n\\", "5xx").add()
    requests.with("/b", "2xx").add()
    registry.gauge("a_ratio", help: "A ratio.").set(0.25)
    registry.gauge("b_missing", help: "Unknown now.") { .nan }
    registry.gauge("c_reading", help: "Read at scrape.") { 7 }
    #expect(
      registry.exposition() == #"""
        # HELP a_ratio A ratio.
        # TYPE a_ratio gauge
        a_ratio{model_name="a\"b"} 0.25
        # HELP b_missing Unknown now.
        # TYPE b_missing gauge
        # HELP c_reading Read at scrape.
        # TYPE c_reading gauge
        c_reading{model_name="a\"b"} 7
        # HELP z_total Back\\slash\nand line.
        # TYPE z_total counter
        z_total{model_name="a\"b",path="/a\n\\",code="5xx"} 1
        z_total{model_name="a\"b",path="/b",code="2xx"} 3

        """#)
  }

  @Test func histogramsAreCumulativeAndBoundsBelongToTheirBucket() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("h_seconds", help: "H.", bounds: [0.1, 1, 2.5])
    for value in [0.1, 0.05, 0.11, 2.5, 3, .nan, -1] { histogram.observe(value) }
    #expect(
      registry.exposition() == """
        # HELP h_seconds H.
        # TYPE h_seconds histogram
        h_seconds_bucket{le="0.1"} 3
        h_seconds_bucket{le="1"} 4
        h_seconds_bucket{le="2.5"} 5
        h_seconds_bucket{le="+Inf"} 6
        h_seconds_sum 4.76
        h_seconds_count 6

        """)
  }

  @Test func countsOfManyThreadsAddUp() async {
    let registry = MetricsRegistry()
    let family = registry.counter("c_total", help: "C.", labels: ["n"])
    let histogram = Histogram(bounds: [1])
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for round in 0..<2_000 {
            family.with(String((task + round) % 7)).add()
            histogram.observe(0.5)
          }
        }
      }
    }
    let total = (0..<7).reduce(0) { $0 + family.with(String($1)).value }
    #expect(total == 16_000)
    #expect(histogram.snapshot.cumulative == [16_000, 16_000])
    #expect(histogram.snapshot.sum == 8_000)
    #expect(registry.exposition().split(separator: "\n").count == 2 + 7)
  }

  @Test func aPeerCannotGrowAFamilyForEver() {
    let registry = MetricsRegistry()
    let family = registry.counter("c_total", help: "C.", labels: ["n"])
    for number in 0..<10_000 { family.with(String(number)).add() }
    #expect(registry.exposition().split(separator: "\n").count <= 3 + MetricFamily<Counter>.childrenMax)
    #expect(family.with("other").value == 10_000 - MetricFamily<Counter>.childrenMax)
  }

  @Test func bucketTablesRise() {
    for table in [
      Buckets.timeToFirstToken, Buckets.interTokenLatency, Buckets.requestLatency, Buckets.httpDuration,
      Buckets.iterationTokens, Buckets.batchSize, Buckets.score, Buckets.margin, Buckets.exemplars,
      Buckets.oneTwoFive(upTo: 8_192),
    ] {
      #expect(zip(table, table.dropFirst()).allSatisfy { $0 < $1 })
    }
    #expect(Buckets.oneTwoFive(upTo: 25) == [1, 2, 5, 10, 20, 25])
    #expect(Buckets.oneTwoFive(upTo: 1) == [1])
  }

  @Test func readsThisProcessFromTheKernel() throws {
    let registry = MetricsRegistry()
    ProcessMetrics.register(in: registry)
    func value(_ name: String) throws -> Double {
      let text = registry.exposition()
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
      return try #require(Double(line.dropFirst(name.count + 1)))
    }
    #expect(try value("process_resident_memory_bytes") > 1_000_000)
    // The kernel counts in hundredths of a second, so a young process may have to work for its first one.
    let start = MonotonicTime.now()
    while try value("process_cpu_seconds_total") == 0, MonotonicTime.now().seconds(since: start) < 10 {}
    #expect(try (0.01...3_600).contains(value("process_cpu_seconds_total")))
    #expect(try (3...value("process_max_fds")).contains(value("process_open_fds")))
    let now = Double(WallTime.now().seconds)
    #expect(try (now - 86_400...now + 2).contains(value("process_start_time_seconds")))
  }

  @Test func aCommandNameWithParenthesesDoesNotShiftTheFields() {
    let rest = (3...30).map(String.init).joined(separator: " ")
    let stat = ProcessStat("42 (a) (b c) \(rest)")
    #expect(stat?.cpuTicks == 14 + 15)
    #expect(stat?.startTicks == 22)
    #expect(ProcessStat("42 (a") == nil)
    #expect(ProcessStat("42 (a) 1 2") == nil)
  }
}
