import Benchmarking

/// Records made up for tests.
enum RecordFixture {
  static let machine = Machine(
    processor: "Test CPU", cores: 2, memoryBytes: 24_000_000_000,
    memoryRead: Machine.Speed(oneThread: 40e9, allThreads: 50e9),
    float32: Machine.Speed(oneThread: 200e9, allThreads: 400e9),
    bfloat16: Machine.Speed(oneThread: 400e9, allThreads: 800e9),
    int8: Machine.Speed(oneThread: 800e9, allThreads: 1600e9), instructions: "avx512 avx512bf16 avx512vnni")

  static func origin(model: String = "tiny") -> BenchmarkRecord.Origin {
    BenchmarkRecord.Origin(
      date: "2025-01-02T03:04:05Z", commit: "abc", version: "1.2.3", machine: machine, model: model,
      precision: "balanced", threads: 2)
  }

  static func row(
    _ name: String, _ values: [Double], goal: BenchmarkRow.Goal = .higher, unit: String = "tokens/s",
    share: Double? = nil
  ) throws -> BenchmarkRow {
    guard let measurement = Measurement(values) else { throw Empty() }
    return BenchmarkRow(
      name: name, unit: unit, goal: goal, measurement, limitShare: share, limit: share.map { _ in "memory" })
  }

  static func record(
    _ rows: [BenchmarkRow], kind: BenchmarkRecord.Kind = .engine, model: String = "tiny"
  ) -> BenchmarkRecord {
    BenchmarkRecord(kind: kind, origin: origin(model: model), rows: rows)
  }

  struct Empty: Error {}
}
