package import Kernels
package import ModelFiles
package import Tensors

/// How keys and values are kept.
package enum KeyValueType: String, Sendable, CaseIterable {
  /// The reference.
  case float32
  /// Half the memory, and products at twice the speed.
  case bfloat16
  /// A quarter of the memory: 8-bit integers with a scale for each token and head.
  case int8

  /// What attention reads; nil for float32, which has kernels of its own.
  package var element: AttentionKernels.Element? {
    switch self {
    case .float32: nil
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }
}

/// Keys and values of all sequences, in blocks of 16 tokens that any sequence may hold.
///
/// Layout: [layer, block, kvHead, keys then values]. In float32, keys of a block are stored [headDim, 16], so that a
/// query meets 16 positions at a time, and values [16, headDim rounded up to 16]; in bfloat16, keys
/// [headDim / 2, 16, 2] and values [8, headDim rounded up to 16, 2], pairs of what a dot product adds up; in 8 bits,
/// groups of four of it, and scales (`AttentionKernels.headUnits`). Pages take memory only once written.
package final class KeyValueCache: Sendable {
  package let type: KeyValueType
  package let blockCount: Int
  package let layerCount: Int
  package let kvHeadCount: Int
  package let headDim: Int
  package let pool: FloatBuffer
  private let valueStride: Int

  /// Bytes of one block over all layers.
  package static func blockBytes(_ configuration: ModelConfiguration, type: KeyValueType) -> Int {
    configuration.layerCount * configuration.kvHeadCount * headBytes(headDim: configuration.headDim, type: type)
  }

  /// Bytes of one head of one layer in one block.
  private static func headBytes(headDim: Int, type: KeyValueType) -> Int {
    if let element = type.element { return 2 * AttentionKernels.headUnits(headDim: headDim, element) }
    return 4 * KernelSet.blockTokens * (headDim + KernelSet.valueStride(headDim: headDim))
  }

  package init(_ configuration: ModelConfiguration, type: KeyValueType, blockCount: Int) {
    self.type = type
    self.blockCount = blockCount
    layerCount = configuration.layerCount
    kvHeadCount = configuration.kvHeadCount
    headDim = configuration.headDim
    valueStride = KernelSet.valueStride(headDim: configuration.headDim)
    pool = FloatBuffer(
      count: blockCount * Self.blockBytes(configuration, type: type) / MemoryLayout<Float>.stride)
  }

  /// Float32 values of the keys of one head in one block.
  private var keyFloats: Int { KernelSet.blockTokens * headDim }
  /// Units of a cache's type, float32 or 16 bits, of one head in one block.
  package var headUnits: Int {
    type.element.map { AttentionKernels.headUnits(headDim: headDim, $0) }
      ?? KernelSet.blockTokens * (headDim + valueStride)
  }
  /// Units from block to block within a layer.
  private var blockStride: Int { kvHeadCount * headUnits }

  /// Where a head's keys and values of one layer of a float32 cache lie, for attention.
  package func view(layer: Int, kvHead: Int, blocks: UnsafePointer<Int32>) -> KernelSet.CacheView {
    KernelSet.CacheView(
      pool: pool.pointer + layer * blockCount * blockStride, blocks: blocks, blockStride: blockStride,
      keyOffset: kvHead * headUnits, valueOffset: kvHead * headUnits + keyFloats)
  }

  /// The units of a reduced cache.
  private var units: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(pool.pointer).assumingMemoryBound(to: UInt16.self)
  }

  /// Where a head's keys and values of one layer of a reduced cache lie, for attention.
  package func reducedView(layer: Int, kvHead: Int, _ element: AttentionKernels.Element) -> AttentionKernels.CacheView {
    AttentionKernels.CacheView(
      pool: units + layer * blockCount * blockStride, blockStride: blockStride, keyOffset: kvHead * headUnits,
      valueOffset: kvHead * headUnits + AttentionKernels.keyUnits(headDim: headDim, element))
  }

  /// A block of one layer of a reduced cache; its heads lie `headUnits` apart.
  package func reducedBlock(layer: Int, block: Int) -> UnsafeMutablePointer<UInt16> {
    units + (layer * blockCount + block) * blockStride
  }

  /// Stores one token's keys and values of one layer of a float32 cache.
  ///
  /// - Parameters:
  ///   - keys, values: [kvHeads, headDim], keys already rotated.
  ///   - block, slot: which block, and which of its 16 places.
  package func store(
    layer: Int, block: Int, slot: Int, keys: UnsafePointer<Float>, values: UnsafePointer<Float>
  ) {
    // SAFETY: each token of a step has a place of its own, so parallel stores never meet.
    let base = pool.pointer + (layer * blockCount + block) * blockStride
    for head in 0..<kvHeadCount {
      let key = base + head * headUnits
      for d in 0..<headDim { key[d * KernelSet.blockTokens + slot] = keys[head * headDim + d] }
      (key + keyFloats + slot * valueStride).update(from: values + head * headDim, count: headDim)
    }
  }
}
