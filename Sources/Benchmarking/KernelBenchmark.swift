import Engine
package import Kernels
package import Models
import Tensors

/// Times a model's own matrix products, each against its roofline and beside OpenBLAS.
///
/// Theory of operation. The layers of a model that have the same shape and the same number of activation digits are one
/// group. One repeat applies all layers of a group one after the other, as a forward pass does, after caches were
/// cleared by reading other memory: in a pass every layer's weights come from memory, since a whole model does not fit
/// the caches, and one small matrix measured again and again would be measured in them. Quantising the activations is
/// part of other steps of a pass and is not timed.
///
/// The roofline counts the weights' bytes, which are read once whatever the number of rows, and the integer operations:
/// one multiplication and one addition for each weight, row and digit. OpenBLAS multiplies float32 matrices of the same
/// shape, its columns shared out among our threads with one thread of its own each, which is how it is fastest.
package struct KernelBenchmark {
  /// Layers of one shape.
  struct Group {
    let name: String
    let layers: [LinearLayer]
    /// More rows are never asked for.
    let rowsMax: Int

    var first: LinearLayer { layers[0] }
    var note: String {
      let bits =
        Double(layers.reduce(0) { $0 + $1.byteCount }) * 8 / Double(layers.count * first.outputs * first.inputs)
      let activations = first.digits == 0 ? "float32" : "\(8 * first.digits)-bit"
      return "\(layers.count) of \(first.outputs)x\(first.inputs), \(Quantity.fixed(bits, digits: 1)) bits a weight, "
        + "\(activations) activations"
    }
  }

  /// Rows of activations that are measured: those of decoding up to 64, those of prefilling beyond.
  package static let rowCounts = [1, 2, 4, 8, 16, 32, 64, 128, 512]
  /// What is read between repeats: more than any last-level cache.
  static let clearingBytes = 128 << 20

  private let linear: LinearKernel
  private let roofline: Roofline
  private let stopwatch: Stopwatch
  private let clearing = FloatBuffer(count: clearingBytes / MemoryLayout<Float>.stride)

  package init(linear: LinearKernel, roofline: Roofline, stopwatch: Stopwatch) {
    self.linear = linear
    self.roofline = roofline
    self.stopwatch = stopwatch
    clearing.values.update(repeating: 1)
  }

  /// Measures all products of a model.
  package func run(
    _ weights: DecoderWeights, rowCounts: [Int] = Self.rowCounts, openBLAS: OpenBLAS?, progress: BenchmarkProgress
  ) -> [BenchmarkRow] {
    let plan = Self.groups(weights).flatMap { group in
      rowCounts.filter { $0 <= group.rowsMax }.map { (group: group, rows: $0) }
    }
    var rows: [BenchmarkRow] = []
    for (index, step) in plan.enumerated() {
      progress.step(index, of: plan.count, "\(step.group.name), \(step.rows) rows")
      rows += [
        layers(step.group, rows: step.rows), openBLAS.flatMap { reference(step.group, rows: step.rows, $0) },
      ].compactMap { $0 }
    }
    progress.end()
    return rows
  }

  /// The layers of a model, those alike together, in the order of a pass.
  static func groups(_ weights: DecoderWeights) -> [Group] {
    let sites: [(name: String, layers: [LinearLayer])] = [
      ("qkv", weights.layers.map(\.queryKeyValue)), ("attention output", weights.layers.map(\.attentionOutput)),
      ("gate and up", weights.layers.map(\.gateUp)), ("down", weights.layers.map(\.down)),
    ]
    var groups: [Group] = []
    for (name, layers) in sites {
      let digits = Set(layers.map(\.digits)).sorted()
      for digit in digits {
        groups.append(
          Group(
            name: digits.count > 1 ? "\(name), \(8 * digit)-bit" : name,
            layers: layers.filter { $0.digits == digit }, rowsMax: .max))
      }
    }
    // The engine computes no more rows of logits at a time.
    return groups + [Group(name: "head", layers: [weights.outputHead], rowsMax: InferenceEngine.logitsRowsMax)]
  }

  private func layers(_ group: Group, rows: Int) -> BenchmarkRow? {
    let layer = group.first
    let input = Self.activations(rows * layer.inputs)
    let output = FloatBuffer(count: rows * layer.outputs)
    let quantised = QuantisedRows(rows: rows, inputsMax: layer.inputs)
    for row in 0..<rows {
      linear.quantise(input.pointer + row * layer.inputs, for: layer, index: row, into: quantised)
    }
    defer { withExtendedLifetime((input, output, quantised)) {} }
    let seconds = stopwatch.seconds(prepare: clearCaches) {
      for layer in group.layers {
        linear.apply(
          layer, to: LinearInput(floats: UnsafePointer(input.pointer), quantised: quantised), rows: rows,
          into: output.pointer)
      }
    }
    let operations = 2 * Double(group.layers.count * layer.outputs) * Double(layer.inputs * rows)
    let bound = roofline.bound(
      [
        layer.digits == 0
          ? Roofline.Work(operations, .float32) : Roofline.Work(operations * Double(layer.digits), .int8)
      ], bytes: Double(group.layers.reduce(0) { $0 + $1.byteCount }))
    return Self.row(
      "\(group.name), \(rows) rows", operations: operations, seconds: seconds, bound: bound, note: group.note)
  }

  private func reference(_ group: Group, rows: Int, _ library: OpenBLAS) -> BenchmarkRow? {
    let (inputs, outputs) = (group.first.inputs, group.first.outputs)
    let input = Self.activations(rows * inputs)
    let matrix = Self.activations(inputs * outputs)
    let output = FloatBuffer(count: rows * outputs)
    defer { withExtendedLifetime((input, matrix, output)) {} }
    // SAFETY: parts write disjoint columns of the output; the rest is only read, and all outlives the region.
    nonisolated(unsafe) let (x, b, y) = (UnsafePointer(input.pointer), UnsafePointer(matrix.pointer), output.pointer)
    let seconds = stopwatch.seconds(prepare: clearCaches) {
      linear.parallel.ranges(of: outputs / 16, grain: 1) { range in
        let first = range.lowerBound * 16
        let end = range.upperBound == outputs / 16 ? outputs : range.upperBound * 16
        library.gemm(
          x, xStride: inputs, rows: rows, b + first, bStride: outputs, inner: inputs, columns: end - first,
          into: y + first, yStride: outputs, accumulate: false)
      }
    }
    let operations = 2 * Double(outputs) * Double(inputs * rows)
    let bound = roofline.bound(
      [Roofline.Work(operations, .float32)], bytes: Double(MemoryLayout<Float>.stride * inputs * outputs))
    return Self.row(
      "\(group.name), \(rows) rows, OpenBLAS", operations: operations, seconds: seconds, bound: bound,
      note: "float32, \(library.coreName)")
  }

  /// Reads other memory, on all threads, which also keeps them awake.
  private func clearCaches() { MachinePeak.read(clearing, parallel: linear.parallel) }

  /// A row in Gop/s.
  static func row(
    _ name: String, operations: Double, seconds: [Double], bound: Roofline.Bound, note: String
  ) -> BenchmarkRow? {
    guard let measurement = Measurement(seconds.map { operations / $0 / 1e9 }) else { return nil }
    return BenchmarkRow(
      name: name, unit: "Gop/s", goal: .higher, measurement,
      limitShare: bound.share(operations / measurement.median / 1e9), limit: bound.name, note: note)
  }

  /// Numbers between -1 and 1, the same every time.
  static func activations(_ count: Int) -> FloatBuffer {
    let buffer = FloatBuffer(count: count)
    var random = SplitMix64(seed: 1)
    for index in 0..<count { buffer.pointer[index] = Float(Int64(bitPattern: random.next()) >> 40) / 8_388_608 }
    return buffer
  }
}
