private import CKernels

/// Grouped-query causal attention over the rows of a layout, forward and backward.
///
/// Theory of operation. Queries are taken in tiles against tiles of the keys they see, so that no matrix of scores is
/// ever whole: forward keeps each row's running maximum and sum and leaves the logarithm of the sum, from which
/// backward computes the probabilities again. With P = exp(S - logSumExp), S = scale Q K^T and D = the sum over
/// features of out times its gradient: dV = P^T dO, dP = dO V^T, dS = P (dP - D), dQ = scale dS K, dK = scale dS^T Q.
/// `PackedAttentionPlan` says how the work is cut; results are the same to the bit in every run and with any number
/// of threads, in float32 also with every instruction set.
///
/// - Complexity: O(scores that are not hidden * headDim) for each head, bound by arithmetic: two products forward,
///   five backward. Memory is O(rows): see `workspaceCount`.
/// - Source: Dao et al. 2022 (arXiv:2205.14135); grouped queries: Ainslie et al. 2023 (arXiv:2305.13245).
package struct PackedAttention: Sendable {
  /// What the factors of products are rounded to; sums and everything that is handed out are float32.
  package enum Precision: String, Sendable, CaseIterable {
    case float32
    /// Some 1.8 times as fast. Weights and gradients have 8 binary digits before they are summed: results are within
    /// 1 in 500 of float32's in the mean of squares, gradients within 1 in 250.
    case bfloat16
  }

  package let layout: PackedLayout
  /// Query heads; consecutive ones share a key-value head.
  package let headCount: Int
  package let kvHeadCount: Int
  package let headDim: Int
  /// In effect: `float32` where `bfloat16` was asked for and the machine has no instructions for it.
  package let precision: Precision
  private let parallel: ParallelFor
  private let kernels: KernelSet
  private let plan: PackedAttentionPlan
  private let runs: [ck_packed_run]
  // SAFETY: points at a constant table with static lifetime that nothing writes.
  private nonisolated(unsafe) let table: UnsafePointer<ck_packed_table>

  /// Floats from one row of queries, keys and values to the next.
  package var rowStride: Int { (headCount + 2 * kvHeadCount) * headDim }
  private var scale: Float { 1 / Float(headDim).squareRoot() }

  /// - Parameters:
  ///   - headCount: a multiple of `kvHeadCount`.
  ///   - headDim: 1 or more; multiples of 32 are fast.
  ///   - precision: bfloat16 needs AVX-512 with its dot products, and heads of up to 256 features.
  ///   - kernels: the instruction set of float32; all give the same bits.
  package init(
    layout: PackedLayout, headCount: Int, kvHeadCount: Int, headDim: Int, parallel: ParallelFor,
    precision: Precision = .float32, kernels: KernelSet = .best
  ) {
    precondition(kvHeadCount >= 1 && headCount >= kvHeadCount && headCount % kvHeadCount == 0 && headDim >= 1)
    guard let table = ck_packed_kernels(ck_isa(kernels.instructionSet.number)) else {
      preconditionFailure("a kernel set exists only where the machine has its instructions")
    }
    let narrow = precision == .bfloat16 && headDim <= Int(CK_PACKED_BF16_WIDTH) ? ck_packed_bf16_kernels() : nil
    self.layout = layout
    self.headCount = headCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
    self.parallel = parallel
    self.kernels = kernels
    self.table = narrow ?? table
    self.precision = narrow == nil ? .float32 : .bfloat16
    plan = PackedAttentionPlan(layout: layout, headCount: headCount, tileRowsMax: Int(CK_PACKED_QUERIES))
    runs = plan.runs.map { ck_packed_run(first: $0.first, count: $0.count, seen: $0.seen) }
  }

  // MARK: Workspace

  /// Features of a head in panels of 32.
  private var paddedDim: Int { (headDim + 31) / 32 * 32 }
  /// Floats of one position in panels of positions: two features of bfloat16 are the size of one float.
  private var columnWidth: Int { precision == .float32 ? headDim : (headDim + 1) / 2 }
  /// Floats of one position in one panel of features.
  private var rowWidth: Int { PackedAttentionPlan.panelPositions / (precision == .float32 ? 1 : 2) }
  /// Floats of one head in panels of positions, and in panels of features.
  private var columnsCount: Int { plan.positionCount * columnWidth }
  private var rowsCount: Int { plan.positionCount * rowWidth * (paddedDim / PackedAttentionPlan.panelPositions) }
  private var scratchCount: Int { 2 * Int(CK_PACKED_QUERIES) * (Int(CK_PACKED_KEYS) + paddedDim) }

  /// Floats that `forward` and `backward` need for themselves: some copies of keys and values, and for backward the
  /// gradients of keys and values once or twice for each query head.
  package var workspaceCount: Int { gradientsStart(split: plan.splits.count, head: 0) }

  private func gradientsStart(split: Int, head: Int) -> Int {
    let panels = 2 * kvHeadCount * (columnsCount + rowsCount)
    let units = plan.splits[..<split].reduce(0) { $0 + headCount * unitCount($1) }
    return panels + units + (split < plan.splits.count ? head * unitCount(plan.splits[split]) : 0)
  }

  /// Floats of one unit of the backward pass: gradients of keys, gradients of values, scratch.
  private func unitCount(_ split: PackedAttentionPlan.Split) -> Int {
    (2 * split.positions.count * headDim + scratchCount + 15) / 16 * 16
  }

  /// Where the copies of keys and values are.
  private struct Panels {
    let keyColumns: UnsafeMutablePointer<Float>
    let valueRows: UnsafeMutablePointer<Float>
    let valueColumns: UnsafeMutablePointer<Float>
    let keyRows: UnsafeMutablePointer<Float>
  }

  private func panels(_ workspace: UnsafeMutablePointer<Float>) -> Panels {
    let (columns, rows) = (kvHeadCount * columnsCount, kvHeadCount * rowsCount)
    return Panels(
      keyColumns: workspace, valueRows: workspace + columns, valueColumns: workspace + columns + rows,
      keyRows: workspace + 2 * columns + rows)
  }

  /// Copies keys and values into panels; backward needs both in both forms.
  private func pack(_ queryKeyValue: UnsafePointer<Float>, isBackward: Bool, into panels: Panels) {
    // SAFETY: parts write the panels of different places and heads; the source is only read.
    nonisolated(unsafe) let (source, panels) = (queryKeyValue, panels)
    let (rowStride, width, step) = (rowStride, headDim, PackedAttentionPlan.panelPositions)
    parallel(parts: plan.places.count * kvHeadCount) { part in
      let (place, kvHead) = (plan.places[part / kvHeadCount], part % kvHeadCount)
      let keys = source + place.rows.lowerBound * rowStride + (headCount + kvHead) * width
      let values = keys + kvHeadCount * width
      for first in stride(from: 0, to: place.rows.count, by: step) {
        let count = min(step, place.rows.count - first)
        let column = kvHead * columnsCount + (place.position + first) * columnWidth
        let row = kvHead * rowsCount + (place.position + first) * rowWidth
        let (key, value) = (keys + first * rowStride, values + first * rowStride)
        table.pointee.pack_columns(key, rowStride, count, width, panels.keyColumns + column)
        table.pointee.pack_rows(
          value, rowStride, count, step, width, panels.valueRows + row, step * plan.positionCount)
        if !isBackward { continue }
        table.pointee.pack_columns(value, rowStride, count, width, panels.valueColumns + column)
        table.pointee.pack_rows(key, rowStride, count, step, width, panels.keyRows + row, step * plan.positionCount)
      }
    }
  }

  /// What forward and backward say alike to the kernel about a tile of one head.
  private func call(
    _ tile: PackedAttentionPlan.Tile, head: Int, runs: UnsafePointer<ck_packed_run>,
    queryKeyValue: UnsafePointer<Float>, panels: Panels
  ) -> ck_packed_call {
    ck_packed_call(
      rows: tile.rows.count, head_dim: headDim, scale: scale, runs: runs + tile.runs.lowerBound,
      run_count: tile.runs.count, queries: queryKeyValue + tile.rows.lowerBound * rowStride + head * headDim,
      query_stride: rowStride, key_columns: panels.keyColumns + kvHead(of: head) * columnsCount,
      panel_stride: PackedAttentionPlan.panelPositions * plan.positionCount)
  }

  private func kvHead(of head: Int) -> Int { head / (headCount / kvHeadCount) }

  // MARK: Forward

  /// out = softmax(Q K^T / sqrt(headDim)) V, each row over what the layout lets it see.
  ///
  /// - Parameters:
  ///   - queryKeyValue: [rows, headCount + 2 * kvHeadCount, headDim]: queries and keys, rotated, then values. What is
  ///     no finite number reaches all rows that see it, and perhaps some just before it.
  ///   - out: [rows, headCount, headDim]; overwritten.
  ///   - logSumExp: [headCount, rows], the logarithm of each row's sum of exponentials of scores; overwritten.
  ///   - workspace: `workspaceCount` floats; overwritten.
  package func forward(
    queryKeyValue: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    logSumExp: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) {
    let panels = panels(workspace)
    pack(queryKeyValue, isBackward: false, into: panels)
    runs.withUnsafeBufferPointer { all in
      guard let first = all.baseAddress else { return }
      // SAFETY: a part writes the results of its own rows and head; everything else is only read.
      nonisolated(unsafe) let (source, out, sums, panels, runs) = (queryKeyValue, out, logSumExp, panels, first)
      parallel(parts: plan.tiles.count * headCount) { part in
        let (tile, head) = (plan.tiles[plan.order[part / headCount]], part % headCount)
        var call = ck_packed_forward_call(
          call: call(tile, head: head, runs: runs, queryKeyValue: source, panels: panels),
          value_rows: panels.valueRows + kvHead(of: head) * rowsCount,
          out: out + (tile.rows.lowerBound * headCount + head) * headDim, out_stride: headCount * headDim,
          log_sum_exp: sums + head * layout.rowCount + tile.rows.lowerBound)
        table.pointee.attend(&call)
      }
    }
  }

  // MARK: Backward

  /// The gradients of queries, keys and values from that of `out`.
  ///
  /// - Parameters:
  ///   - queryKeyValue, out, logSumExp: as `forward` read and left them.
  ///   - outGradient: [rows, headCount, headDim]
  ///   - queryKeyValueGradient: shaped as `queryKeyValue`; overwritten.
  ///   - workspace: `workspaceCount` floats; overwritten.
  package func backward(
    queryKeyValue: UnsafePointer<Float>, out: UnsafePointer<Float>, logSumExp: UnsafePointer<Float>,
    outGradient: UnsafePointer<Float>, into queryKeyValueGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    let panels = panels(workspace)
    pack(queryKeyValue, isBackward: true, into: panels)
    runs.withUnsafeBufferPointer { all in
      guard let first = all.baseAddress else { return }
      // SAFETY: a part writes its own unit's memory and the gradients of its own queries; all else is only read.
      nonisolated(unsafe) let (source, out, sums, outGradient) = (queryKeyValue, out, logSumExp, outGradient)
      nonisolated(unsafe) let (target, space, panels, runs) = (queryKeyValueGradient, workspace, panels, first)
      parallel(parts: plan.splits.count * headCount) { part in
        let (split, head) = (plan.splits[part / headCount], part % headCount)
        let memory = space + gradientsStart(split: part / headCount, head: head)
        let gradients = split.positions.count * headDim
        memory.update(repeating: 0, count: 2 * gradients)
        for tile in plan.tiles[split.tiles] {
          let first = (tile.rows.lowerBound * headCount + head) * headDim
          var call = ck_packed_backward_call(
            call: call(tile, head: head, runs: runs, queryKeyValue: source, panels: panels),
            value_columns: panels.valueColumns + kvHead(of: head) * columnsCount,
            key_rows: panels.keyRows + kvHead(of: head) * rowsCount, out: out + first,
            out_gradient: outGradient + first, out_stride: headCount * headDim,
            log_sum_exp: sums + head * layout.rowCount + tile.rows.lowerBound,
            query_gradient: target + tile.rows.lowerBound * rowStride + head * headDim,
            query_gradient_stride: rowStride, key_gradient: memory, value_gradient: memory + gradients,
            first_position: split.positions.lowerBound, scratch: memory + 2 * gradients)
          table.pointee.attend_backward(&call)
        }
      }
    }
    sumUnits(workspace, into: queryKeyValueGradient)
  }

  /// Adds what the units have gathered for keys and values, in order of heads and splits.
  private func sumUnits(
    _ workspace: UnsafeMutablePointer<Float>, into queryKeyValueGradient: UnsafeMutablePointer<Float>
  ) {
    // SAFETY: parts write the gradients of different rows' keys and values; the units' memory is only read.
    nonisolated(unsafe) let (space, target) = (UnsafePointer(workspace), queryKeyValueGradient)
    let starts = plan.splits.indices.map { gradientsStart(split: $0, head: 0) }
    let group = headCount / kvHeadCount
    parallel.ranges(of: layout.rowCount, grain: 32, slack: 4) { range in
      for place in plan.places where place.rows.overlaps(range) {
        for row in place.rows.clamped(to: range) {
          let position = place.position + row - place.rows.lowerBound
          let keys = target + row * rowStride + headCount * headDim
          keys.update(repeating: 0, count: 2 * kvHeadCount * headDim)
          for (split, start) in zip(plan.splits, starts) where split.positions.contains(position) {
            let (size, gradients) = (unitCount(split), split.positions.count * headDim)
            for head in 0..<headCount {
              let from = space + start + head * size + (position - split.positions.lowerBound) * headDim
              let to = keys + head / group * headDim
              kernels.add(from, to: to, count: headDim)
              kernels.add(from + gradients, to: to + kvHeadCount * headDim, count: headDim)
            }
          }
        }
      }
    }
  }
}
