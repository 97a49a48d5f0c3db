package import Kernels
package import ModelFiles
import Models
import Tensors

/// Times attention alone, over a bfloat16 cache of a model's shape, against its roofline.
///
/// One repeat attends in all layers of the model, each over keys and values of its own, as a pass does. The roofline
/// counts 4 * headDim operations for each query head, row and position seen, in bfloat16, and the bytes of every block
/// once, however many sequences hold it: reading shared blocks once is what the kernels are for.
package struct AttentionBenchmark {
  /// Who attends to what.
  struct Scene {
    let name: String
    let sequences: Int
    /// Tokens of each sequence in the pass, and positions before them.
    let tokens: Int
    let start: Int
    /// Positions that all sequences have in common.
    var shared = 0
  }

  static let scenes = [
    Scene(name: "prefill of 512 rows", sequences: 1, tokens: 512, start: 0),
    Scene(name: "prefill of 512 rows after 1024", sequences: 1, tokens: 512, start: 1024),
    Scene(name: "decode, 1 sequence at 1300", sequences: 1, tokens: 1, start: 1299),
    Scene(name: "decode, 8 sequences at 1300", sequences: 8, tokens: 1, start: 1299),
    Scene(name: "decode, 8 sequences at 1300 that share 900", sequences: 8, tokens: 1, start: 1299, shared: 900),
  ]

  private let configuration: ModelConfiguration
  private let kernels: AttentionKernels
  private let parallel: ParallelFor
  private let roofline: Roofline
  private let stopwatch: Stopwatch

  package init(
    _ configuration: ModelConfiguration, kernels: AttentionKernels = .best(.bfloat16), parallel: ParallelFor,
    roofline: Roofline, stopwatch: Stopwatch
  ) {
    self.configuration = configuration
    self.kernels = kernels
    self.parallel = parallel
    self.roofline = roofline
    self.stopwatch = stopwatch
  }

  /// Measures every scene.
  package func run(progress: BenchmarkProgress) -> [BenchmarkRow] {
    let blockCount = Self.scenes.map { Self.blocks($0).count }.max() ?? 0
    let cache = KeyValueCache(configuration, type: .bfloat16, blockCount: blockCount)
    Self.fill(cache.pool)
    defer { progress.end() }
    return Self.scenes.enumerated().compactMap { index, scene in
      progress.step(index, of: Self.scenes.count, "attention, \(scene.name)")
      return measure(scene, cache: cache)
    }
  }

  private func measure(_ scene: Scene, cache: KeyValueCache) -> BenchmarkRow? {
    let rows = scene.sequences * scene.tokens
    let width = configuration.headCount * configuration.headDim
    let queries = FloatBuffer(count: (rows * width + 1) / 2)
    Self.fill(queries)
    let states = FloatBuffer(count: AttentionPlan.stateFloats(configuration, tokens: rows))
    let out = FloatBuffer(count: rows * width)
    let plan = AttentionPlan(
      Self.batch(scene), configuration: configuration, element: kernels.element, threads: parallel.threads)
    let seconds = stopwatch.seconds {
      for layer in 0..<configuration.layerCount {
        plan.run(
          layer: layer, cache: cache, kernels: kernels,
          queries: UnsafeRawPointer(queries.pointer).assumingMemoryBound(to: UInt16.self), states: states.pointer,
          out: out.pointer, parallel: parallel)
      }
    }
    withExtendedLifetime((queries, states, out)) {}
    let operations = Self.operations(scene, configuration)
    let bytes =
      Set(Self.blocks(scene)).count * KeyValueCache.blockBytes(configuration, type: .bfloat16)
    return KernelBenchmark.row(
      "attention, \(scene.name)", operations: operations, seconds: seconds,
      bound: roofline.bound([Roofline.Work(operations, .bfloat16)], bytes: Double(bytes)),
      note: "\(configuration.headCount) heads of \(configuration.headDim) on \(configuration.kvHeadCount)")
  }

  /// Operations over all layers: scores and weighted values of every position a row sees.
  static func operations(_ scene: Scene, _ configuration: ModelConfiguration) -> Double {
    let seen = scene.tokens * scene.start + scene.tokens * (scene.tokens + 1) / 2
    return 4 * Double(configuration.layerCount * configuration.headCount * configuration.headDim)
      * Double(scene.sequences * seen)
  }

  /// The blocks of all sequences, one after the other; shared ones come up in each.
  static func blocks(_ scene: Scene) -> [Int32] {
    let size = KernelSet.blockTokens
    let count = (scene.start + scene.tokens + size - 1) / size
    // Sequences share whole blocks.
    let shared = scene.shared / size
    return (0..<scene.sequences).flatMap { sequence in
      (0..<count).map { Int32($0 < shared ? $0 : shared + sequence * (count - shared) + $0 - shared) }
    }
  }

  static func batch(_ scene: Scene) -> ForwardBatch {
    let all = blocks(scene)
    let count = all.count / scene.sequences
    return ForwardBatch(
      segments: (0..<scene.sequences).map { sequence in
        ForwardBatch.Segment(
          tokens: [Int32](repeating: 0, count: scene.tokens), start: scene.start,
          blocks: Array(all[sequence * count..<(sequence + 1) * count]), logitsAt: [])
      })
  }

  /// Fills a buffer with bfloat16 numbers of 0.5 to 1 in size, of both signs.
  private static func fill(_ buffer: FloatBuffer) {
    var random = SplitMix64(seed: 2)
    for index in 0..<buffer.count {
      let bits = UInt32(truncatingIfNeeded: random.next()) & 0x807F_807F | 0x3F00_3F00
      buffer.pointer[index] = Float(bitPattern: bits)
    }
  }
}
