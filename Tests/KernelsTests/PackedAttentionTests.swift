import Foundation
import Kernels
import Tensors
import Testing

/// Attention over packed rows against its definition in double precision, against separate sequences, and against
/// itself.
@Suite struct PackedAttentionTests {
  struct Shape: Sendable {
    let heads: Int
    let kvHeads: Int
    let headDim: Int
    var rowStride: Int { (heads + 2 * kvHeads) * headDim }
  }

  static let fast = KernelSet.InstructionSet.allCases.filter { $0 != .portable }.compactMap(KernelSet.init)

  /// Everything that one forward and backward pass leaves.
  struct Pass {
    let out: [Float]
    let logSumExp: [Float]
    let gradient: [Float]
    var bits: [UInt32] { (out + logSumExp + gradient).map(\.bitPattern) }
  }

  private func run(
    _ layout: PackedLayout, _ shape: Shape, source: [Float], outGradient: [Float], threads: Int = 2,
    precision: PackedAttention.Precision = .float32, kernels: KernelSet = .best
  ) -> Pass {
    let attention = PackedAttention(
      layout: layout, headCount: shape.heads, kvHeadCount: shape.kvHeads, headDim: shape.headDim,
      parallel: ParallelFor(threads: threads), precision: precision, kernels: kernels)
    let rows = layout.rowCount
    let out = FloatBuffer(count: rows * shape.heads * shape.headDim)
    let sums = FloatBuffer(count: rows * shape.heads)
    let gradient = FloatBuffer(count: rows * shape.rowStride)
    let workspace = FloatBuffer(count: attention.workspaceCount)
    // What is there before must not matter.
    for buffer in [out, sums, gradient, workspace] { buffer.pointer.update(repeating: .nan, count: buffer.count) }
    attention.forward(
      queryKeyValue: source, into: out.pointer, logSumExp: sums.pointer, workspace: workspace.pointer)
    workspace.pointer.update(repeating: .nan, count: workspace.count)
    attention.backward(
      queryKeyValue: source, out: out.pointer, logSumExp: sums.pointer, outGradient: outGradient,
      into: gradient.pointer, workspace: workspace.pointer)
    return Pass(out: Array(out.values), logSumExp: Array(sums.values), gradient: Array(gradient.values))
  }

  /// Segments of 1...longest rows, each of which continues an earlier one or none.
  private func tree(segments: Int, longest: Int, seed: UInt64) -> PackedLayout {
    var random = RandomFloats(seed: seed)
    var layout = PackedLayout()
    for index in 0..<segments {
      let parent = index == 0 || random.next(4) == 0 ? nil : random.next(index)
      layout.append(count: 1 + random.next(longest), parent: parent)
    }
    return layout
  }

  private func inputs(_ layout: PackedLayout, _ shape: Shape, seed: UInt64) -> (source: [Float], gradient: [Float]) {
    var random = RandomFloats(seed: seed)
    return (
      random.values(layout.rowCount * shape.rowStride, scale: 1.5),
      random.values(layout.rowCount * shape.heads * shape.headDim)
    )
  }

  // MARK: Against the definition

  @Test(
    arguments: [
      Shape(heads: 3, kvHeads: 1, headDim: 64), Shape(heads: 4, kvHeads: 2, headDim: 20),
      Shape(heads: 1, kvHeads: 1, headDim: 7), Shape(heads: 2, kvHeads: 1, headDim: 80),
    ], [1, 2])
  func equalsItsDefinitionInDoublePrecision(shape: Shape, seed: UInt64) {
    let layout = tree(segments: 7, longest: 45, seed: seed)
    let (source, outGradient) = inputs(layout, shape, seed: seed + 10)
    let pass = run(layout, shape, source: source, outGradient: outGradient)
    let reference = AttentionReference(layout: layout, shape: shape)
    let expected = reference.forward(source.map(Double.init))
    #expect(worst(pass.out, expected.out) < 1e-5)
    #expect(worst(pass.logSumExp, expected.logSumExp) < 1e-5)
    let gradient = reference.backward(source.map(Double.init), outGradient.map(Double.init))
    #expect(worst(pass.gradient, gradient) < 2e-5)
  }

  /// Inputs that bfloat16 holds exactly, so that only weights and their gradients are rounded: by 1 in 512 at most, by
  /// 1 in 900 in the mean of squares.
  @Test(
    arguments: [
      Shape(heads: 3, kvHeads: 1, headDim: 64), Shape(heads: 4, kvHeads: 2, headDim: 20),
      Shape(heads: 1, kvHeads: 1, headDim: 7), Shape(heads: 2, kvHeads: 1, headDim: 80),
    ], [2, 5, 45])
  func bfloat16EqualsTheDefinitionWithinItsRounding(shape: Shape, longest: Int) {
    var layout = tree(segments: 6, longest: longest, seed: UInt64(longest))
    if longest > 5 && shape.headDim < 64 {
      // More keys than are worked on at a time.
      let parent = layout.append(count: 163)
      layout.append(count: 61, parent: parent)
    }
    var (source, outGradient) = inputs(layout, shape, seed: UInt64(longest))
    // Six binary digits.
    source = source.map { ($0 * 32).rounded() / 32 }
    outGradient = outGradient.map { ($0 * 32).rounded() / 32 }
    let pass = run(layout, shape, source: source, outGradient: outGradient, precision: .bfloat16)
    let reference = AttentionReference(layout: layout, shape: shape)
    let expected = reference.forward(source.map(Double.init))
    let gradient = reference.backward(source.map(Double.init), outGradient.map(Double.init))
    #expect(worst(pass.logSumExp, expected.logSumExp) < 1e-5)
    #expect(worst(pass.out, expected.out) < 4e-3)
    #expect(worst(pass.gradient, gradient) < 8e-3)
    #expect(meanError(pass.out, expected.out) < 2e-3)
    #expect(meanError(pass.gradient, gradient) < 4e-3)
  }

  @Test func theDefinitionsGradientIsThatOfFiniteDifferences() {
    let shape = Shape(heads: 4, kvHeads: 2, headDim: 5)
    let layout = tree(segments: 5, longest: 4, seed: 3)
    let (source, outGradient) = inputs(layout, shape, seed: 5)
    let reference = AttentionReference(layout: layout, shape: shape)
    let gradient = reference.backward(source.map(Double.init), outGradient.map(Double.init))
    let step = 1e-5
    for index in source.indices {
      func loss(_ change: Double) -> Double {
        var moved = source.map(Double.init)
        moved[index] += change
        return zip(reference.forward(moved).out, outGradient).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      let slope = (loss(step) - loss(-step)) / (2 * step)
      #expect(abs(slope - gradient[index]) < 1e-7 * max(1, abs(slope)))
    }
  }

  // MARK: Against itself

  @Test(arguments: [11, 12, 13, 14, 15, 16] as [UInt64])
  func equalsSeparateSequences(seed: UInt64) {
    let shape = Shape(heads: 3, kvHeads: 1, headDim: 16)
    let layout = tree(segments: 9, longest: 120, seed: seed)
    let (source, outGradient) = inputs(layout, shape, seed: seed)
    let width = shape.heads * shape.headDim
    let packed = run(layout, shape, source: source, outGradient: outGradient)
    var total = [Double](repeating: 0, count: source.count)
    // Each segment with its ancestors alone: only its own rows carry a gradient, so that the sum over all segments is
    // the whole gradient.
    for (index, segment) in layout.segments.enumerated() {
      let rows = (layout.ancestors(of: index) + [segment.rows]).flatMap(Array.init)
      var alone = PackedLayout()
      alone.append(count: rows.count)
      let part = run(
        alone, shape, source: rows.flatMap { source[$0 * shape.rowStride..<($0 + 1) * shape.rowStride] },
        outGradient: rows.flatMap { row in
          segment.rows.contains(row)
            ? Array(outGradient[row * width..<(row + 1) * width]) : [Float](repeating: 0, count: width)
        })
      for (local, row) in rows.enumerated() {
        for i in 0..<shape.rowStride {
          total[row * shape.rowStride + i] += Double(part.gradient[local * shape.rowStride + i])
        }
        if !segment.rows.contains(row) { continue }
        let got = Array(packed.out[row * width..<(row + 1) * width])
        let expected = part.out[local * width..<(local + 1) * width].map(Double.init)
        #expect(worst(got, expected) < 1e-5)
      }
    }
    #expect(worst(packed.gradient, total) < 1e-5)
  }

  @Test(arguments: [
    (Shape(heads: 3, kvHeads: 1, headDim: 64), 200), (Shape(heads: 2, kvHeads: 2, headDim: 33), 60),
    (Shape(heads: 1, kvHeads: 1, headDim: 3), 300),
  ])
  func givesTheSameBitsInEveryRunAndSet(shape: Shape, longest: Int) throws {
    let layout = tree(segments: 5, longest: longest, seed: 21)
    let (source, outGradient) = inputs(layout, shape, seed: 23)
    let portable = try #require(KernelSet(.portable))
    let expected = run(layout, shape, source: source, outGradient: outGradient, threads: 1, kernels: portable).bits
    for kernels in Self.fast {
      for threads in [1, 2, 3] {
        let got = run(layout, shape, source: source, outGradient: outGradient, threads: threads, kernels: kernels)
        #expect(got.bits == expected, "\(kernels.instructionSet), \(threads) threads")
      }
    }
  }

  @Test func bfloat16GivesTheSameBitsInEveryRun() {
    let shape = Shape(heads: 3, kvHeads: 1, headDim: 33)
    let layout = tree(segments: 5, longest: 200, seed: 41)
    let (source, outGradient) = inputs(layout, shape, seed: 43)
    let passes = [1, 2, 2, 3].map {
      run(layout, shape, source: source, outGradient: outGradient, threads: $0, precision: .bfloat16).bits
    }
    #expect(passes.dropFirst().allSatisfy { $0 == passes[0] })
  }

  @Test func headsTooWideForBfloat16AreComputedInFloat32() {
    let attention = PackedAttention(
      layout: PackedLayout(), headCount: 1, kvHeadCount: 1, headDim: 257, parallel: ParallelFor(threads: 1),
      precision: .bfloat16)
    #expect(attention.precision == .float32)
  }

  @Test func largeScoresNeitherOverflowNorLoseTheirRow() {
    let shape = Shape(heads: 1, kvHeads: 1, headDim: 8)
    var layout = PackedLayout()
    layout.append(count: 250)
    let (values, outGradient) = inputs(layout, shape, seed: 31)
    var source = values
    for index in source.indices where index % shape.rowStride < 16 { source[index] *= 40 }
    let pass = run(layout, shape, source: source, outGradient: outGradient)
    let expected = AttentionReference(layout: layout, shape: shape).forward(source.map(Double.init))
    #expect(worst(pass.out, expected.out) < 1e-3)
    let isFinite = pass.gradient.allSatisfy { $0.isFinite }
    #expect(isFinite)
  }

  @Test(arguments: [0, 8, 16], PackedAttention.Precision.allCases)
  func whatIsNoNumberIsNotPassedOver(offset: Int, precision: PackedAttention.Precision) {
    let shape = Shape(heads: 1, kvHeads: 1, headDim: 8)
    var layout = PackedLayout()
    layout.append(count: 50)
    let inputs = inputs(layout, shape, seed: 33)
    var source = inputs.source
    source[20 * shape.rowStride + offset] = .nan
    let pass = run(layout, shape, source: source, outGradient: inputs.gradient, precision: precision)
    // Rows shortly before may be reached too: nothing times what is no number is none.
    let isClean = pass.out[..<(12 * 8)].allSatisfy { $0.isFinite }
    #expect(isClean && pass.out[20 * 8].isNaN)
    let isHidden = pass.gradient.allSatisfy { $0.isFinite }
    #expect(!isHidden)
  }

  @Test func workspaceGrowsWithRowsAndNotWithTheirSquare() {
    func count(_ rows: Int) -> Int {
      var layout = PackedLayout()
      layout.append(count: rows)
      return PackedAttention(
        layout: layout, headCount: 9, kvHeadCount: 3, headDim: 64, parallel: ParallelFor(threads: 1)
      ).workspaceCount
    }
    #expect(count(32_768) < 9 * count(4096))
  }
}
