private import CKernels

/// The integer kernels of one instruction set: products of quantised activations with packed quantised weights.
///
/// All sets compute the same bits (`ck_int8.h` says why), so the choice changes only the speed.
package struct IntegerKernels: Sendable {
  /// What there are kernels for.
  package enum InstructionSet: String, Sendable, CaseIterable {
    case portable, avx2, avx512vnni

    fileprivate var code: ck_q_isa {
      switch self {
      case .portable: CK_Q_PORTABLE
      case .avx2: CK_Q_AVX2
      case .avx512vnni: CK_Q_AVX512_VNNI
      }
    }
  }

  /// Inputs that share a scale.
  package static let blockInputs = Int(CK_Q_BLOCK)
  /// Output features of one panel.
  package static let panelFeatures = Int(CK_Q_PANEL)

  package let instructionSet: InstructionSet
  // SAFETY: points at a constant table with static lifetime that nothing writes.
  private nonisolated(unsafe) let table: UnsafePointer<ck_q_table>

  /// The kernels of `instructionSet`, or nil where this machine lacks it.
  package init?(_ instructionSet: InstructionSet) {
    guard let table = ck_q_kernels(instructionSet.code) else { return nil }
    self.instructionSet = instructionSet
    self.table = table
  }

  /// The fastest kernels of this machine.
  package static let best: IntegerKernels = {
    for set in InstructionSet.allCases.reversed() {
      if let kernels = IntegerKernels(set) { return kernels }
    }
    preconditionFailure("the portable kernels run everywhere")
  }()

  /// Quantises one row by blocks of 32 with one or two signed 8-bit digits.
  ///
  /// - Parameters:
  ///   - x: `count` floats.
  ///   - row: `QuantisedRows.rowBytes(inputs: count, digits:)` bytes, 4-byte aligned; overwritten.
  package func quantise(_ x: UnsafePointer<Float>, count: Int, digits: Int, into row: UnsafeMutablePointer<UInt8>) {
    table.pointee.quantise(x, count, Int32(digits), row)
  }

  /// Products of rows with the features of some panels.
  ///
  /// - Parameters:
  ///   - rows: quantised with `digits` digits, one after the other.
  ///   - panelRange: panels of `matrix`.
  ///   - y: [rowCount, matrix.outputs], `yStride` floats from row to row; overwritten, or added to where `accumulate`.
  package func gemm(
    _ matrix: QuantisedMatrix, panelRange: Range<Int>, rows: UnsafePointer<UInt8>, rowCount: Int, digits: Int,
    into y: UnsafeMutablePointer<Float>, yStride: Int, accumulate: Bool
  ) {
    table.pointee.gemm(
      matrix.format.code, Int32(digits), rows, rowCount, matrix.panels, matrix.blockCount, matrix.outputs,
      panelRange.lowerBound, panelRange.upperBound, y, yStride, accumulate ? 1 : 0)
  }
}

extension IntegerKernels {
  /// Reads the weights of one block of a panel, as float32.
  ///
  /// - Parameter weights: input k of feature c goes to `weights[k * stride + c]`, 32 of each; what the last block or
  ///   panel lacks is padding of any finite value.
  func unpack(
    _ matrix: QuantisedMatrix, panel: Int, block: Int, into weights: UnsafeMutablePointer<Float>, stride: Int
  ) {
    assert((0..<matrix.panelCount).contains(panel) && (0..<matrix.blockCount).contains(block))
    // SAFETY: reads one block, which is inside the matrix.
    let bytes = matrix.panels + (panel * matrix.blockCount + block) * matrix.format.blockBytes
    table.pointee.unpack(matrix.format.code, bytes, weights, stride)
  }
}

/// How the weights of a quantised matrix are kept: the bits of an integer, then those of its scale or scales.
package enum QuantisedFormat: Int, Sendable, CaseIterable {
  /// 4-bit integers with an offset of 8 and float16 scales.
  case u4 = 0
  /// 4-bit integers with float16 scales and minima.
  case u4Minimum
  /// 4-bit integers with float32 scales and minima.
  case u4MinimumWide
  /// As the three above, with 5 bits.
  case u5, u5Minimum, u5MinimumWide
  /// 8-bit integers with an offset of 128 and float16 scales.
  case u8

  fileprivate var code: ck_q_format { ck_q_format(rawValue: UInt32(rawValue)) }

  /// Bytes of one block of 32 inputs of a panel of 32 features.
  package var blockBytes: Int { ck_q_block_bytes(code) }

  fileprivate func unpack(
    _ panel: UnsafePointer<UInt8>, inputs: Int, feature: Int, into row: UnsafeMutablePointer<Float>
  ) {
    ck_q_unpack(code, panel, inputs, feature, row)
  }
}

/// Stored weights that are packed as they are, integers and scales.
package enum StoredQuantisation: Int, Sendable, CaseIterable {
  case q4_0 = 0
  case q4_1, q5_0, q5_1, q8_0, q4_K, q5_K

  fileprivate var code: ck_q_source { ck_q_source(rawValue: UInt32(rawValue)) }

  /// The format that keeps them.
  package var format: QuantisedFormat {
    QuantisedFormat(rawValue: Int(ck_q_format_of(code).rawValue)) ?? .u8
  }

  /// Inputs of one stored block: a row must have a whole number of them.
  package var storedBlockInputs: Int { self == .q4_K || self == .q5_K ? 256 : 32 }

  fileprivate func pack(
    _ row: UnsafePointer<UInt8>, inputs: Int, feature: Int, into panel: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    ck_q_pack_stored(code, row, inputs, feature, panel) != 0
  }
}

extension QuantisedMatrix {
  /// Stores the weights of one output feature as they lie in a file.
  ///
  /// - Parameter row: `inputs` stored weights.
  /// - Precondition: `source.format` is the matrix's, and `inputs` a multiple of `source.storedBlockInputs`.
  /// - Returns: whether all scales are finite.
  package func setFeature(_ feature: Int, stored row: UnsafeRawBufferPointer, as source: StoredQuantisation) -> Bool {
    precondition(source.format == format && inputs % source.storedBlockInputs == 0)
    guard let bytes = row.baseAddress else { return false }
    // SAFETY: writes one feature of one panel; nobody reads a matrix that is being filled.
    return source.pack(
      bytes.assumingMemoryBound(to: UInt8.self), inputs: inputs, feature: feature % IntegerKernels.panelFeatures,
      into: panel(of: feature))
  }

  /// Quantises the weights of one output feature to 8 bits by blocks of 32.
  ///
  /// - Parameter row: [inputs]
  /// - Precondition: the format is `.u8`.
  /// - Returns: whether all weights are finite.
  package func setFeature(_ feature: Int, floats row: UnsafePointer<Float>) -> Bool {
    precondition(format == .u8)
    // SAFETY: writes one feature of one panel; nobody reads a matrix that is being filled.
    return ck_q_pack_floats(row, inputs, feature % IntegerKernels.panelFeatures, panel(of: feature)) != 0
  }

  /// Reads the weights of one output feature, as an embedding table is read.
  ///
  /// - Parameter weights: [inputs]; overwritten.
  package func row(_ feature: Int, into weights: UnsafeMutablePointer<Float>) {
    // SAFETY: reads one panel, which is inside the matrix.
    format.unpack(
      panel(of: feature), inputs: inputs, feature: feature % IntegerKernels.panelFeatures, into: weights)
  }
}
