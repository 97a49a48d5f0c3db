package import Kernels

/// Draws from many rows of logits at once, on several cores.
///
/// Rows are shared out in parts of neighbours; each part has a sampler, and so scratch, of its own, made once. A draw
/// depends on its row alone, so what is drawn does not depend on the number of threads.
package struct ParallelSampler: Sendable {
  /// One row, and how to draw from it.
  package struct Row {
    /// [vocabularySize]; only read.
    package let logits: UnsafePointer<Float>
    package let choices: TokenChoices
    package let parameters: SamplingParameters
    /// Tokens the sequence has generated before this one.
    package let index: Int
    /// Whether the draw says how likely it was as it was drawn.
    package let tellsSampling: Bool

    package init(
      logits: UnsafePointer<Float>, choices: TokenChoices, parameters: SamplingParameters, index: Int,
      tellsSampling: Bool = false
    ) {
      self.logits = logits
      self.choices = choices
      self.parameters = parameters
      self.index = index
      self.tellsSampling = tellsSampling
    }
  }

  private let parallel: ParallelFor
  /// One for each part, of which there are at most as many as threads.
  private let samplers: [Sampler]

  /// - Parameter vocabularySize: ids at and beyond this are never drawn.
  package init(kernels: KernelSet, vocabularySize: Int, parallel: ParallelFor) {
    self.parallel = parallel
    samplers = (0..<parallel.threads).map { _ in Sampler(kernels: kernels, vocabularySize: vocabularySize) }
  }

  /// Draws one token of each row, as `Sampler.draw` does; in the order of the rows.
  package func draw(_ rows: [Row]) -> [Sampler.Draw] {
    if rows.isEmpty { return [] }
    let parts = min(samplers.count, rows.count)
    return [Sampler.Draw](unsafeUninitializedCapacity: rows.count) { draws, count in
      count = rows.count
      guard let first = draws.baseAddress else { return }
      // SAFETY: each part writes its own draws, with its own sampler's scratch; the rows' logits are only read.
      nonisolated(unsafe) let (rows, draws) = (rows, first)
      parallel(parts: parts) { part in
        for index in rows.count * part / parts..<rows.count * (part + 1) / parts {
          let row = rows[index]
          let draw = samplers[part].draw(
            row.logits, choices: row.choices, parameters: row.parameters, index: row.index,
            tellsSampling: row.tellsSampling)
          (draws + index).initialize(to: draw)
        }
      }
    }
  }

  /// As `Sampler.logProbabilities`.
  package func logProbabilities(
    of targets: [Int32?], _ logits: UnsafeMutablePointer<Float>, stride: Int
  ) -> [Float] {
    samplers[0].logProbabilities(of: targets, logits, stride: stride, parallel: parallel)
  }
}
