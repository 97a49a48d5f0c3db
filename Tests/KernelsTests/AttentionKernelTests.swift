import Foundation
import Kernels
import Tensors
import Testing

/// Attention over reduced keys and values: against plain arithmetic, and the same bits however it is cut.
@Suite struct AttentionKernelTests {
  static let sets = AttentionKernels.InstructionSet.allCases.filter { AttentionKernels($0) != nil }

  /// A sequence in a cache of one layer, stored token by token.
  private struct Fixture {
    let headDim: Int
    let tokens: Int
    let blocks: [Int32]
    let pool: FloatBuffer
    let element: AttentionKernels.Element
    /// [tokens, queryHeads, queryUnits]
    let queries: FloatBuffer
    /// [tokens, queryHeads + 2, headDim]
    let heads: FloatBuffer

    private var headUnits: Int { AttentionKernels.headUnits(headDim: headDim, element) }
    private var keyUnits: Int { AttentionKernels.keyUnits(headDim: headDim, element) }
    private var queryUnits: Int { AttentionKernels.queryUnits(headDim: headDim, element) }
    var pool16: UnsafeMutablePointer<UInt16> {
      UnsafeMutableRawPointer(pool.pointer).assumingMemoryBound(to: UInt16.self)
    }
    var queries16: UnsafeMutablePointer<UInt16> {
      UnsafeMutableRawPointer(queries.pointer).assumingMemoryBound(to: UInt16.self)
    }
    var cache: AttentionKernels.CacheView {
      AttentionKernels.CacheView(
        pool: pool16, blockStride: headUnits, keyOffset: 0, valueOffset: keyUnits)
    }

    init(headDim: Int, tokens: Int, kernels: AttentionKernels) {
      self.headDim = headDim
      self.tokens = tokens
      element = kernels.element
      let count = (tokens + 15) / 16
      blocks = (0..<count).map { Int32((count - 1 - $0) * 2 + 1) }
      let units = AttentionKernels.headUnits(headDim: headDim, kernels.element)
      let queryUnits = AttentionKernels.queryUnits(headDim: headDim, kernels.element)
      pool = FloatBuffer(count: (count * 2 + 1) * units / 2 + 1)
      queries = FloatBuffer(count: tokens * 3 * queryUnits / 2 + 1)
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
          cosines: one.pointer, sines: zero.pointer, queries: queries16 + token * 3 * queryUnits,
          block: pool16 + Int(blocks[token / 16]) * units, headStride: units, slot: token % 16)
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
        rows.map { ($0.token * 3 + $0.head) * queryUnits }.withUnsafeBufferPointer { queryOffsets in
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

    private func brain(_ bits: UInt16) -> Double { Double(Float(bitPattern: UInt32(bits) << 16)) }

    /// What is stored of a token's keys and values, read back.
    func stored(_ token: Int) -> (key: [Double], value: [Double]) {
      let slot = token % 16
      let head = pool16 + Int(blocks[token / 16]) * headUnits
      let width = (headDim + 15) / 16 * 16
      if element == .bfloat16 {
        let value = head + keyUnits
        return (
          (0..<headDim).map { brain(head[$0 / 2 * 32 + slot * 2 + $0 % 2]) },
          (0..<headDim).map { brain(value[slot / 2 * width * 2 + $0 * 2 + slot % 2]) }
        )
      }
      let keys = UnsafeRawPointer(head).assumingMemoryBound(to: UInt8.self)
      let values = UnsafeRawPointer(head + keyUnits).assumingMemoryBound(to: Int8.self)
      let scales = UnsafeRawPointer(values + width * 16).assumingMemoryBound(to: Float.self)
      return (
        (0..<headDim).map { Double(scales[slot]) * Double(Int(keys[$0 / 4 * 64 + slot * 4 + $0 % 4]) - 128) },
        (0..<headDim).map { Double(scales[16 + slot]) * Double(values[slot / 4 * width * 4 + $0 * 4 + slot % 4]) }
      )
    }

    /// A row's query, read back.
    func query(_ row: (token: Int, head: Int)) -> [Double] {
      let q = queries16 + (row.token * 3 + row.head) * queryUnits
      if element == .bfloat16 { return (0..<headDim).map { brain(q[$0]) } }
      let digits = UnsafeRawPointer(q).assumingMemoryBound(to: Int8.self)
      let scale = UnsafeRawPointer(q + headDim).loadUnaligned(as: Float.self)
      return (0..<headDim).map { Double(scale) * Double(Int(digits[$0]) * 256 + Int(digits[headDim + $0])) }
    }

    /// Attention in double precision over what is stored.
    func expected(_ row: (token: Int, head: Int)) -> [Double] {
      let q = query(row)
      let all = (0...row.token).map(stored)
      let scores = all.map { zip(q, $0.key).reduce(0) { $0 + $1.0 * $1.1 } }
      let weights = scores.map { exp2($0 - (scores.max() ?? 0)) }
      let total = weights.reduce(0, +)
      return (0..<headDim).map { d in zip(weights, all).reduce(0) { $0 + $1.0 * $1.1.value[d] } / total }
    }
  }

  @Test(arguments: AttentionKernels.Element.allCases)
  func whatIsStoredIsWithinAStep(_ element: AttentionKernels.Element) throws {
    let fixture = Fixture(headDim: 64, tokens: 40, kernels: .best(element))
    for token in 0..<40 {
      let (key, value) = fixture.stored(token)
      let heads = fixture.heads.pointer + token * 5 * 64
      // Inputs are within 2: half of the last of 8 bits, or half of one of 127 steps.
      let tolerance = element == .bfloat16 ? 2.0 / 256 / 2 : 2.0 / 127 / 2
      for d in 0..<64 {
        #expect(abs(key[d] - Double(heads[3 * 64 + d])) <= tolerance * 1.001)
        #expect(abs(value[d] - Double(heads[4 * 64 + d])) <= tolerance * 1.001)
        let query = Double(heads[64 + d] * AttentionKernels.queryScale(headDim: 64))
        #expect(abs(fixture.query((token, 1))[d] - query) <= tolerance)
      }
    }
  }

  @Test(arguments: sets, [2, 16, 20, 64, 96, 128])
  func agreesWithPlainArithmetic(_ set: AttentionKernels.InstructionSet, headDim: Int) throws {
    for element in AttentionKernels.Element.allCases where AttentionKernels.supports(headDim: headDim, element) {
      try agreesWithPlainArithmetic(try #require(AttentionKernels(set, element)), headDim: headDim)
    }
  }

  private func agreesWithPlainArithmetic(_ kernels: AttentionKernels, headDim: Int) throws {
    let fixture = Fixture(headDim: headDim, tokens: 150, kernels: kernels)
    for token in [0, 1, 14, 15, 16, 63, 64, 65, 100, 127, 128, 149] {
      let rows = (0..<3).map { (token: token, head: $0) }
      for (row, ours) in zip(rows, fixture.attend(rows, cuts: [], kernels)) {
        // Weights are rounded to bfloat16, or to a 65,535th of the largest; values are within 2.
        let tolerance = kernels.element == .bfloat16 ? 8e-3 : 1e-4
        for (a, b) in zip(ours, fixture.expected(row)) { #expect(abs(Double(a) - b) < tolerance, "token \(token)") }
      }
    }
  }

  @Test(arguments: sets, AttentionKernels.Element.allCases)
  func groupingAndCutsChangeNoBit(
    _ set: AttentionKernels.InstructionSet, _ element: AttentionKernels.Element
  ) throws {
    let kernels = try #require(AttentionKernels(set, element))
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
