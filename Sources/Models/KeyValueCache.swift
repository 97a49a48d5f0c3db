package import Kernels
package import ModelFiles
package import Tensors

/// How keys and values are kept.
package enum KeyValueType: String, Sendable, CaseIterable {
  /// The reference.
  case float32
  /// Half the memory, and products at twice the speed.
  case bfloat16
}

/// Keys and values of all sequences, in blocks of 16 tokens that any sequence may hold.
///
/// Layout: [layer, block, kvHead, keys then values]. In float32, keys of a block are stored [headDim, 16], so that a
/// query meets 16 positions at a time, and values [16, headDim rounded up to 16]; in bfloat16, keys
/// [headDim / 2, 16, 2] and values [8, headDim rounded up to 16, 2], pairs of what a dot product adds up. Pages take
/// memory only once written.
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
    let perToken = configuration.headDim + KernelSet.valueStride(headDim: configuration.headDim)
    return configuration.layerCount * configuration.kvHeadCount * KernelSet.blockTokens * perToken
      * (type == .float32 ? 4 : 2)
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

  /// Elements of the keys of one head in one block.
  private var keyElements: Int { KernelSet.blockTokens * headDim }
  /// Elements of the keys and values of one head in one block.
  package var headElements: Int { KernelSet.blockTokens * (headDim + valueStride) }
  /// Elements from block to block within a layer.
  private var blockStride: Int { kvHeadCount * headElements }

  /// Where a head's keys and values of one layer of a float32 cache lie, for attention.
  package func view(layer: Int, kvHead: Int, blocks: UnsafePointer<Int32>) -> KernelSet.CacheView {
    KernelSet.CacheView(
      pool: pool.pointer + layer * blockCount * blockStride, blocks: blocks, blockStride: blockStride,
      keyOffset: kvHead * headElements, valueOffset: kvHead * headElements + keyElements)
  }

  /// The elements of a bfloat16 cache.
  private var elements: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(pool.pointer).assumingMemoryBound(to: UInt16.self)
  }

  /// Where a head's keys and values of one layer of a bfloat16 cache lie, for attention.
  package func bfloat16View(layer: Int, kvHead: Int) -> AttentionKernels.CacheView {
    AttentionKernels.CacheView(
      pool: elements + layer * blockCount * blockStride, blockStride: blockStride, keyOffset: kvHead * headElements,
      valueOffset: kvHead * headElements + keyElements)
  }

  /// A block of one layer of a bfloat16 cache; its heads lie `headElements` apart.
  package func bfloat16Block(layer: Int, block: Int) -> UnsafeMutablePointer<UInt16> {
    elements + (layer * blockCount + block) * blockStride
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
      let key = base + head * headElements
      for d in 0..<headDim { key[d * KernelSet.blockTokens + slot] = keys[head * headDim + d] }
      (key + keyElements + slot * valueStride).update(from: values + head * headDim, count: headDim)
    }
  }
}
