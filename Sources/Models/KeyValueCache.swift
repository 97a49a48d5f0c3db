package import Kernels
package import ModelFiles
package import Tensors

/// Keys and values of all sequences, in blocks of 16 tokens that any sequence may hold.
///
/// Layout: [layer, block, kvHead, keys then values] float32. Keys of a block are stored [headDim, 16], so
/// that a query meets 16 positions at a time; values [16, headDim rounded up to 16]. Pages take memory only once
/// written.
package final class KeyValueCache: Sendable {
  package let blockCount: Int
  package let layerCount: Int
  package let kvHeadCount: Int
  package let headDim: Int
  package let pool: FloatBuffer
  private let valueStride: Int

  /// Bytes of one block over all layers.
  package static func blockBytes(_ configuration: ModelConfiguration) -> Int {
    let perToken = configuration.headDim + KernelSet.valueStride(headDim: configuration.headDim)
    return configuration.layerCount * configuration.kvHeadCount * KernelSet.blockTokens * perToken
      * MemoryLayout<Float>.stride
  }

  package init(_ configuration: ModelConfiguration, blockCount: Int) {
    self.blockCount = blockCount
    layerCount = configuration.layerCount
    kvHeadCount = configuration.kvHeadCount
    headDim = configuration.headDim
    valueStride = KernelSet.valueStride(headDim: configuration.headDim)
    pool = FloatBuffer(count: blockCount * Self.blockBytes(configuration) / MemoryLayout<Float>.stride)
  }

  /// Floats of the keys of one head in one block.
  private var keyFloats: Int { KernelSet.blockTokens * headDim }
  /// Floats of the keys and values of one head in one block.
  private var headFloats: Int { KernelSet.blockTokens * (headDim + valueStride) }
  /// Floats from block to block within a layer.
  private var blockStride: Int { kvHeadCount * headFloats }

  /// Where a head's keys and values of one layer lie, for attention.
  package func view(layer: Int, kvHead: Int, blocks: UnsafePointer<Int32>) -> KernelSet.CacheView {
    KernelSet.CacheView(
      pool: pool.pointer + layer * blockCount * blockStride, blocks: blocks, blockStride: blockStride,
      keyOffset: kvHead * headFloats, valueOffset: kvHead * headFloats + keyFloats)
  }

  /// Stores one token's keys and values of one layer.
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
      let key = base + head * headFloats
      for d in 0..<headDim { key[d * KernelSet.blockTokens + slot] = keys[head * headDim + d] }
      (key + keyFloats + slot * valueStride).update(from: values + head * headDim, count: headDim)
    }
  }
}
