import Foundation
import Kernels
import Tensors
import Testing

/// Integer products: the fast kernels against the portable twin to the bit, and the twin against plain arithmetic.
@Suite struct IntegerKernelTests {
  static let fast = IntegerKernels.InstructionSet.allCases.filter { $0 != .portable }.compactMap(IntegerKernels.init)

  private static func random(_ count: Int, seed: UInt64) -> FloatBuffer {
    var state = seed
    let buffer = FloatBuffer(count: count)
    for index in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      buffer.pointer[index] = Float(Int64(bitPattern: state) >> 40) / Float(1 << 22)
    }
    return buffer
  }

  /// A matrix of `format` with random integers, scales and minima.
  static func matrix(_ source: StoredQuantisation?, outputs: Int, inputs: Int) -> QuantisedMatrix {
    let matrix = QuantisedMatrix(outputs: outputs, inputs: inputs, format: source?.format ?? .u8)
    var state: UInt64 = 7
    for feature in 0..<outputs {
      guard let source else {
        let row = random(inputs, seed: UInt64(feature + 1))
        #expect(matrix.setFeature(feature, floats: row.pointer))
        continue
      }
      let bytesPerBlock: Int =
        switch source {
        case .q4_0: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .q4_K: 144
        case .q5_K: 176
        }
      var bytes = (0..<inputs / source.storedBlockInputs * bytesPerBlock).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      }
      for start in stride(from: 0, to: bytes.count, by: bytesPerBlock) {
        bytes[start + 1] = bytes[start + 1] & 0x83 | 0x20
        if ![.q4_0, .q5_0, .q8_0].contains(source) { bytes[start + 3] = bytes[start + 3] & 0x83 | 0x20 }
      }
      #expect(bytes.withUnsafeBytes { matrix.setFeature(feature, stored: $0, as: source) })
    }
    return matrix
  }

  private func product(
    _ matrix: QuantisedMatrix, _ x: FloatBuffer, rows: Int, digits: Int, _ kernels: IntegerKernels, threads: Int = 1,
    accumulate: Bool = false
  ) -> [Float] {
    let layer = LinearLayer([matrix], digits: digits)
    let linear = LinearKernel(kernels: .best, parallel: ParallelFor(threads: threads), integers: kernels)
    let quantised = QuantisedRows(rows: rows, inputsMax: matrix.inputs)
    for row in 0..<rows {
      linear.quantise(x.pointer + row * matrix.inputs, for: layer, index: row, into: quantised)
    }
    let y = Self.random(rows * matrix.outputs, seed: 3)
    linear.apply(
      layer, to: LinearInput(floats: x.pointer, quantised: quantised), rows: rows, into: y.pointer,
      accumulate: accumulate)
    return Array(y.values)
  }

  @Test(arguments: StoredQuantisation.allCases.map { Optional($0) } + [nil], [1, 2])
  func productsAgreeToTheBit(_ source: StoredQuantisation?, digits: Int) throws {
    let inputs = source == nil ? 83 : 512
    let matrix = Self.matrix(source, outputs: 70, inputs: inputs)
    let portable = try #require(IntegerKernels(.portable))
    for rows in [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 40] {
      let x = Self.random(rows * inputs, seed: 5)
      for accumulate in [false, true] {
        let expected = product(matrix, x, rows: rows, digits: digits, portable, accumulate: accumulate)
        for kernels in Self.fast {
          let ours = product(
            matrix, x, rows: rows, digits: digits, kernels, threads: 2, accumulate: accumulate)
          #expect(
            ours.map(\.bitPattern) == expected.map(\.bitPattern), "\(kernels.instructionSet), \(rows) rows")
        }
      }
    }
  }

  @Test(arguments: StoredQuantisation.allCases.map { Optional($0) } + [nil])
  func aProductIsThatOfTheWeightsAndTheRoundedActivations(_ source: StoredQuantisation?) throws {
    let (rows, inputs) = (3, source == nil ? 83 : 512)
    let matrix = Self.matrix(source, outputs: 37, inputs: inputs)
    let x = Self.random(rows * inputs, seed: 9)
    let weights = FloatBuffer(count: inputs)
    // One digit errs by half a step of 127 for each block's largest, two by half a step of 32,639.
    for (digits, steps) in [(1, 127.0), (2, 32_639.0)] {
      let y = product(matrix, x, rows: rows, digits: digits, .best)
      for feature in 0..<37 {
        matrix.row(feature, into: weights.pointer)
        for row in 0..<rows {
          var (sum, error) = (0.0, 0.0)
          for first in stride(from: 0, to: inputs, by: 32) {
            let block = first..<min(inputs, first + 32)
            let largest = block.map { abs(Double(x.pointer[row * inputs + $0])) }.max() ?? 0
            for k in block {
              sum += Double(weights.pointer[k]) * Double(x.pointer[row * inputs + k])
              error += abs(Double(weights.pointer[k])) * (largest / steps / 2 + 2e-5)
            }
          }
          #expect(abs(Double(y[row * 37 + feature]) - sum) <= error, "digits \(digits)")
        }
      }
    }
  }

  @Test func aRowDoesNotDependOnTheOthers() throws {
    let matrix = Self.matrix(.q4_1, outputs: 64, inputs: 96)
    let x = Self.random(29 * 96, seed: 15)
    for digits in [1, 2] {
      let all = product(matrix, x, rows: 29, digits: digits, .best, threads: 2)
      for row in 0..<29 {
        let alone = FloatBuffer(count: 96)
        alone.pointer.update(from: x.pointer + row * 96, count: 96)
        #expect(product(matrix, alone, rows: 1, digits: digits, .best) == Array(all[row * 64..<(row + 1) * 64]))
      }
    }
  }

  @Test func nothingAndTheSmallestNumbersQuantiseToZero() throws {
    for kernels in Self.fast + [try #require(IntegerKernels(.portable))] {
      let matrix = Self.matrix(.q8_0, outputs: 32, inputs: 64)
      let x = FloatBuffer(count: 64)
      for index in 32..<64 { x.pointer[index] = 1e-38 }
      #expect(product(matrix, x, rows: 1, digits: 1, kernels).allSatisfy { $0 == 0 })
    }
  }
}
