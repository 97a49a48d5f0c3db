import Foundation
import Kernels
import Tensors
import Testing

/// The fast kernels against the portable twin: the same bits at odd sizes.
@Suite struct KernelTwinTests {
  static let fast = KernelSet.InstructionSet.allCases.filter { $0 != .portable }.compactMap(KernelSet.init)

  private static func random(_ count: Int, seed: UInt64) -> FloatBuffer {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    let buffer = FloatBuffer(count: count)
    for i in 0..<count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      buffer.pointer[i] = Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    return buffer
  }

  private static func bits(_ buffer: FloatBuffer) -> [UInt32] { buffer.values.map(\.bitPattern) }

  private static func fill(_ matrix: PackedMatrix, _ weights: FloatBuffer) {
    for first in stride(from: 0, to: matrix.outputs, by: 32) {
      let isFinite = matrix.setPanel(
        first: first, count: min(32, matrix.outputs - first), rows: weights.pointer + first * matrix.inputs)
      #expect(isFinite)
    }
  }

  private func portable() throws -> KernelSet { try #require(KernelSet(.portable)) }

  private func matrix(outputs: Int, inputs: Int, seed: UInt64) -> PackedMatrix {
    let matrix = PackedMatrix(outputs: outputs, inputs: inputs)
    let weights = Self.random(outputs * inputs, seed: seed)
    Self.fill(matrix, weights)
    return matrix
  }

  @Test(arguments: [1, 2, 3, 5, 6, 7, 11, 12, 13, 25, 200], [(1, 1), (31, 7), (32, 16), (33, 65), (100, 48)])
  func productsAgreeToTheBit(rows: Int, shape: (outputs: Int, inputs: Int)) throws {
    let matrix = matrix(outputs: shape.outputs, inputs: shape.inputs, seed: 3)
    let x = Self.random(rows * shape.inputs, seed: 5)
    for accumulate in [false, true] {
      func product(_ kernels: KernelSet, threads: Int) -> [UInt32] {
        let y = Self.random(rows * shape.outputs, seed: 7)
        LinearKernel(kernels: kernels, parallel: ParallelFor(threads: threads))
          .apply(matrix, to: x.pointer, rows: rows, into: y.pointer, accumulate: accumulate)
        return Self.bits(y)
      }
      let expected = product(try portable(), threads: 1)
      for kernels in Self.fast { #expect(product(kernels, threads: 2) == expected, "\(kernels.instructionSet)") }
    }
  }

  @Test func aRowOfAProductDoesNotDependOnTheOtherRows() throws {
    let matrix = matrix(outputs: 70, inputs: 130, seed: 11)
    let x = Self.random(40 * 130, seed: 13)
    let linear = LinearKernel(kernels: .best, parallel: ParallelFor(threads: 2))
    let whole = FloatBuffer(count: 40 * 70)
    linear.apply(matrix, to: x.pointer, rows: 40, into: whole.pointer)
    for row in 0..<40 {
      let alone = FloatBuffer(count: 70)
      linear.apply(matrix, to: x.pointer + row * 130, rows: 1, into: alone.pointer)
      #expect(Self.bits(alone) == whole.values[row * 70..<(row + 1) * 70].map(\.bitPattern))
    }
  }

  @Test func productsAgreeWithOpenBLASWithinRounding() throws {
    let library = try OpenBLAS.shared.get()
    // A core type that the user has chosen is kept.
    if KernelSet.best.instructionSet == .avx512, ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] == nil {
      #expect(!["Haswell", "Zen", "Prescott", "Sandybridge"].contains(library.coreName), "\(library.coreName)")
    }
    let matrix = matrix(outputs: 96, inputs: 500, seed: 17)
    let x = Self.random(37 * 500, seed: 19)
    let parallel = ParallelFor(threads: 2)
    let (ours, theirs) = (FloatBuffer(count: 37 * 96), FloatBuffer(count: 37 * 96))
    LinearKernel(kernels: .best, parallel: parallel).apply(matrix, to: x.pointer, rows: 37, into: ours.pointer)
    LinearKernel(kernels: .best, parallel: parallel, path: .openBLAS(library))
      .apply(matrix, to: x.pointer, rows: 37, into: theirs.pointer)
    for (our, their) in zip(ours.values, theirs.values) { #expect(abs(our - their) < 2e-4) }
  }

  @Test func packedRowsComeOutAsTheyWentIn() {
    let weights = Self.random(45 * 9, seed: 23)
    let matrix = PackedMatrix(outputs: 45, inputs: 9)
    Self.fill(matrix, weights)
    let out = FloatBuffer(count: 9)
    for row in 0..<45 {
      matrix.row(row, into: out.pointer)
      #expect(Array(out.values) == Array(weights.values[row * 9..<(row + 1) * 9]))
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func packingNoticesWeightsThatAreNotFinite(_ value: Float) {
    let weights = Self.random(40 * 9, seed: 23)
    weights.pointer[39 * 9 + 8] = value
    let matrix = PackedMatrix(outputs: 40, inputs: 9)
    #expect(matrix.setPanel(first: 0, count: 32, rows: weights.pointer))
    #expect(!matrix.setPanel(first: 32, count: 8, rows: weights.pointer + 32 * 9))
  }

  /// Attention of `lengths.count` rows over a scattered block table.
  private func attention(_ kernels: KernelSet, lengths: [Int32], headDim: Int, rows: Range<Int>) -> [UInt32] {
    let blockStride = 16 * (headDim + KernelSet.valueStride(headDim: headDim))
    let pool = Self.random(40 * blockStride, seed: 29)
    let blocks: [Int32] = (0..<20).map { Int32(($0 * 7 + 3) % 40) }
    let q = Self.random(lengths.count * headDim, seed: 31)
    let out = FloatBuffer(count: lengths.count * headDim)
    let scratch = FloatBuffer(count: 12 * 320)
    let offsets = rows.map { $0 * headDim }
    blocks.withUnsafeBufferPointer { blocks in
      guard let base = blocks.baseAddress else { return }
      kernels.attention(
        q: q.pointer, queryOffsets: offsets, lengths: Array(lengths[rows]), rows: rows.count,
        cache: .init(
          pool: pool.pointer, blocks: base, blockStride: blockStride, keyOffset: 0, valueOffset: 16 * headDim),
        headDim: headDim, scale: 0.125, out: out.pointer, outOffsets: offsets, scratch: scratch.pointer)
    }
    return rows.flatMap { row in out.values[row * headDim..<(row + 1) * headDim].map(\.bitPattern) }
  }

  @Test(arguments: [8, 12, 16, 40, 64, 80, 128], [1, 2, 3, 4, 6, 7, 9, 12])
  func attentionAgreesToTheBitAndRowsStandAlone(headDim: Int, rows: Int) throws {
    let lengths = (0..<rows).map { Int32(($0 * 53 + 17) % 300 + 1) }
    let expected = attention(try portable(), lengths: lengths, headDim: headDim, rows: 0..<rows)
    for kernels in Self.fast {
      #expect(attention(kernels, lengths: lengths, headDim: headDim, rows: 0..<rows) == expected)
      for row in 0..<rows {
        #expect(
          attention(kernels, lengths: lengths, headDim: headDim, rows: row..<row + 1)
            == Array(expected[row * headDim..<(row + 1) * headDim]))
      }
    }
  }

  @Test func attentionEqualsItsDefinition() throws {
    let (headDim, length) = (16, 21)
    let blockStride = 2 * 16 * headDim
    let pool = Self.random(3 * blockStride, seed: 37)
    let q = Self.random(headDim, seed: 41)
    let out = FloatBuffer(count: headDim)
    let scratch = FloatBuffer(count: 32)
    let blocks: [Int32] = [2, 0]
    blocks.withUnsafeBufferPointer { blocks in
      guard let base = blocks.baseAddress else { return }
      KernelSet.best.attention(
        q: q.pointer, queryOffsets: [0], lengths: [Int32(length)], rows: 1,
        cache: .init(
          pool: pool.pointer, blocks: base, blockStride: blockStride, keyOffset: 0, valueOffset: 16 * headDim),
        headDim: headDim, scale: 0.25, out: out.pointer, outOffsets: [0], scratch: scratch.pointer)
    }
    var scores: [Double] = []
    for position in 0..<length {
      let base = Int(blocks[position / 16]) * blockStride
      scores.append(
        (0..<headDim).reduce(0) {
          $0 + Double(q.values[$1]) * Double(pool.values[base + $1 * 16 + position % 16])
        } * 0.25)
    }
    let top = try #require(scores.max())
    let weights = scores.map { _exp($0 - top) }
    let total = weights.reduce(0, +)
    for d in 0..<headDim {
      var value = 0.0
      for position in 0..<length {
        let base = Int(blocks[position / 16]) * blockStride + 16 * headDim
        value += weights[position] / total * Double(pool.values[base + position % 16 * headDim + d])
      }
      #expect(abs(value - Double(out.values[d])) < 1e-5)
    }
  }

  @Test(arguments: [1, 15, 16, 17, 100, 577])
  func elementwiseKernelsAgreeToTheBit(count: Int) throws {
    let (x, w) = (Self.random(count, seed: 43), Self.random(count, seed: 47))
    func all(_ kernels: KernelSet) -> [UInt32] {
      let y = FloatBuffer(count: count)
      var result: [UInt32] = []
      kernels.rmsNorm(x.pointer, weight: w.pointer, count: count, epsilon: 1e-5, into: y.pointer)
      result += Self.bits(y)
      kernels.siluMultiply(gate: x.pointer, up: w.pointer, count: count, into: y.pointer)
      result += Self.bits(y)
      result.append(kernels.expSum(x.pointer, count: count, shift: 0.3, scale: 2, into: y.pointer).bitPattern)
      result += Self.bits(y)
      kernels.add(x.pointer, to: y.pointer, count: count)
      result += Self.bits(y)
      result.append(kernels.maximum(x.pointer, count: count).bitPattern)
      let words: [UInt64] = (0...count / 64).map { 0xA5F0_1234_9BDE_7361 &* UInt64($0 + 1) }
      kernels.mask(y.pointer, words: words, count: count)
      for i in 0..<count {
        #expect((y.values[i] == -.infinity) == (words[i / 64] >> UInt64(i % 64) & 1 == 0))
      }
      if count % 2 == 0 {
        kernels.rope(y.pointer, cosines: x.pointer, sines: w.pointer, headDim: count)
        result += Self.bits(y)
      }
      return result
    }
    let expected = all(try portable())
    for kernels in Self.fast { #expect(all(kernels) == expected, "\(kernels.instructionSet)") }
  }

  @Test func exponentialIsAccurateAndZeroFarBelow() {
    let values: [Float] = [0, -0.5, 0.5, -1, -10, -50, -86.9, 1, 10, 60, -88, -1000, -.infinity]
    let out = FloatBuffer(count: values.count)
    _ = KernelSet.best.expSum(values, count: values.count, shift: 0, scale: 1, into: out.pointer)
    for (value, got) in zip(values, out.values) {
      let exact = value < -87 ? 0 : _exp(Double(value))
      #expect(abs(Double(got) - exact) <= exact * 3e-7, "\(value)")
    }
  }
}

/// e^x in double precision.
private func _exp(_ x: Double) -> Double {
  var (sum, term) = (1.0, 1.0)
  let reduced = x / 128
  for n in 1..<30 {
    term *= reduced / Double(n)
    sum += term
  }
  for _ in 0..<7 { sum *= sum }
  return sum
}
