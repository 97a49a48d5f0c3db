import Foundation
import Kernels
import Tensors
import Testing

/// Attention over bfloat16 keys and values: against plain arithmetic, and the same bits however it is cut.
@Suite struct AttentionKernelTests {
  static let sets = AttentionKernels.InstructionSet.allCases.compactMap(AttentionKernels.init)

  /// A sequence in a cache of one layer, stored token by token.
  private struct Fixture {
    let headDim: Int
    let tokens: Int
    let blocks: [Int32]
    let pool: FloatBuffer
    /// [tokens, queryHeads, headDim] bfloat16.
    let queries: FloatBuffer
    /// [tokens, queryHeads + 2, headDim]
    let heads: FloatBuffer

    private var headElements: Int {
      AttentionKernels.keyElements(headDim: headDim) + AttentionKernels.valueElements(headDim: headDim)
    }
    var pool16: UnsafeMutablePointer<UInt16> {
      UnsafeMutableRawPointer(pool.pointer).assumingMemoryBound(to: UInt16.self)
    }
    var queries16: UnsafeMutablePointer<UInt16> {
      UnsafeMutableRawPointer(queries.pointer).assumingMemoryBound(to: UInt16.self)
    }
    var cache: AttentionKernels.CacheView {
      AttentionKernels.CacheView(
        pool: pool16, blockStride: headElements, keyOffset: 0,
        valueOffset: AttentionKernels.keyElements(headDim: headDim))
    }

    init(headDim: Int, tokens: Int, kernels: AttentionKernels) {
      self.headDim = headDim
      self.tokens = tokens
      let count = (tokens + 15) / 16
      blocks = (0..<count).map { Int32((count - 1 - $0) * 2 + 1) }
      let elements = AttentionKernels.keyElements(headDim: headDim) + AttentionKernels.valueElements(headDim: headDim)
      pool = FloatBuffer(count: (count * 2 + 1) * elements / 2 + 1)
      queries = FloatBuffer(count: tokens * 3 * headDim / 2 + 1)
      heads = FloatBuffer(count: tokens * 5 * headDim)
      var state: UInt64 = 99
      for index in 0..<heads.count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        heads.pointer[index] = Float(Int64(bitPattern: state) >> 40) / Float(1 << 22)
      }
      let (one, zero) = (FloatBuffer(count: headDim / 2), FloatBuffer(count: headDim / 2))
      for index in 0..<headDim / 2 { one.pointer[index] = 1 }
      for token in 0..<tokens {
        kernels.rotateAndStore(
          heads: heads.pointer + token * 5 * headDim, queryHeads: 3, kvHeads: 1, headDim: headDim,
          cosines: one.pointer, sines: zero.pointer, queries: queries16 + token * 3 * headDim,
          block: pool16 + Int(blocks[token / 16]) * elements, headStride: elements, slot: token % 16)
      }
      withExtendedLifetime((one, zero)) {}
    }

    /// Rows (token, head) walk the blocks in parts that end at `cuts`.
    func attend(_ rows: [(token: Int, head: Int)], cuts: [Int], _ kernels: AttentionKernels) -> [[Float]] {
      let floats = AttentionKernels.stateFloats(headDim: headDim)
      let states = FloatBuffer(count: rows.count * floats)
      let out = FloatBuffer(count: rows.count * headDim)
      let last = rows.map { ($0.token + 16) / 16 }.max() ?? 0
      let ends = cuts.filter { $0 < last } + [last]
      var first = 0
      for end in ends {
        rows.map { ($0.token * 3 + $0.head) * headDim }.withUnsafeBufferPointer { queryOffsets in
          rows.map { Int32($0.token + 1) }.withUnsafeBufferPointer { lengths in
            rows.indices.map { $0 * floats }.withUnsafeBufferPointer { stateOffsets in
              rows.indices.map { $0 * headDim }.withUnsafeBufferPointer { outOffsets in
                blocks.withUnsafeBufferPointer { blocks in
                  guard let queryOffsets = queryOffsets.baseAddress, let lengths = lengths.baseAddress,
                    let blocks = blocks.baseAddress, let stateOffsets = stateOffsets.baseAddress,
                    let outOffsets = outOffsets.baseAddress
                  else { return }
                  kernels.attend(
                    AttentionKernels.Walk(
                      queries: queries16, queryOffsets: queryOffsets, lengths: lengths,
                      rows: rows.count, blocks: blocks, blockRange: first..<end, begins: first == 0,
                      ends: end == last, states: states.pointer, stateOffsets: stateOffsets,
                      out: out.pointer, outOffsets: outOffsets),
                    cache: cache, headDim: headDim)
                }
              }
            }
          }
        }
        first = end
      }
      return rows.indices.map { Array(out.values[$0 * headDim..<($0 + 1) * headDim]) }
    }

    /// The same in double precision, from values rounded to bfloat16.
    func expected(_ row: (token: Int, head: Int)) -> [Double] {
      func brain(_ value: Float) -> Double {
        let bits = value.bitPattern
        return Double(Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000))
      }
      let q = queries16 + (row.token * 3 + row.head) * headDim
      var scores: [Double] = []
      for token in 0...row.token {
        let key = heads.pointer + (token * 5 + 3) * headDim
        scores.append(
          (0..<headDim).reduce(0) { $0 + Double(Float(bitPattern: UInt32(q[$1]) << 16)) * brain(key[$1]) })
      }
      let weights = scores.map { exp2($0 - (scores.max() ?? 0)) }
      let total = weights.reduce(0, +)
      return (0..<headDim).map { d in
        weights.enumerated().reduce(0) { $0 + $1.element * brain(heads.pointer[($1.offset * 5 + 4) * headDim + d]) }
          / total
      }
    }
  }

  @Test(arguments: sets.map(\.instructionSet), [2, 16, 20, 64, 96, 128])
  func agreesWithPlainArithmetic(_ set: AttentionKernels.InstructionSet, headDim: Int) throws {
    let kernels = try #require(AttentionKernels(set))
    let fixture = Fixture(headDim: headDim, tokens: 150, kernels: kernels)
    for token in [0, 1, 14, 15, 16, 63, 64, 65, 100, 127, 128, 149] {
      let rows = (0..<3).map { (token: token, head: $0) }
      for (row, ours) in zip(rows, fixture.attend(rows, cuts: [], kernels)) {
        // Weights are rounded to bfloat16, values are within 2.
        for (a, b) in zip(ours, fixture.expected(row)) { #expect(abs(Double(a) - b) < 8e-3, "token \(token)") }
      }
    }
  }

  @Test(arguments: sets.map(\.instructionSet))
  func groupingAndCutsChangeNoBit(_ set: AttentionKernels.InstructionSet) throws {
    let kernels = try #require(AttentionKernels(set))
    let fixture = Fixture(headDim: 64, tokens: 300, kernels: kernels)
    let rows = [(299, 0), (290, 1), (257, 2), (280, 0), (299, 2), (256, 1)].map { (token: $0.0, head: $0.1) }
    let alone = rows.map { fixture.attend([$0], cuts: [], kernels)[0] }
    for count in 1...6 {
      #expect(fixture.attend(Array(rows[..<count]), cuts: [], kernels) == Array(alone[..<count]))
      #expect(fixture.attend(Array(rows[..<count]), cuts: [4, 12, 16], kernels) == Array(alone[..<count]))
    }
    // Rows of very different lengths side by side: what a row does not see leaves it as it is.
    let mixed = [(299, 0), (3, 0), (70, 1)].map { (token: $0.0, head: $0.1) }
    #expect(
      fixture.attend(mixed, cuts: [8], kernels) == mixed.map { fixture.attend([$0], cuts: [], kernels)[0] })
  }
}
