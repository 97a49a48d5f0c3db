import Kernels
import Tensors
import Testing

/// Products with weights that are unpacked as they are used, against the weights read back one row at a time.
@Suite struct StoredWeightsTests {
  static let sources = StoredQuantisation.allCases.map { Optional($0) } + [nil]
  static let integers = IntegerKernels.InstructionSet.allCases.compactMap(IntegerKernels.init)

  /// Layers of every form: one format, two formats with odd numbers of features, odd widths, one of several goes,
  /// and plain floats.
  static let layers = [
    LinearLayer([IntegerKernelTests.matrix(.q4_1, outputs: 70, inputs: 640)], digits: 1),
    LinearLayer(
      [
        IntegerKernelTests.matrix(.q4_K, outputs: 37, inputs: 256),
        IntegerKernelTests.matrix(.q5_0, outputs: 33, inputs: 256),
      ], digits: 2),
    LinearLayer([IntegerKernelTests.matrix(nil, outputs: 600, inputs: 83)], digits: 1),
    LinearLayer([IntegerKernelTests.matrix(nil, outputs: 9, inputs: 2101)], digits: 1),
    LinearLayer(floats),
  ]

  private static var floats: PackedMatrix {
    let matrix = PackedMatrix(outputs: 41, inputs: 51)
    for first in [0, 32] {
      let rows = DenseReference.random(min(32, 41 - first), 51, seed: UInt64(first + 1)).buffer
      #expect(matrix.setPanel(first: first, count: min(32, 41 - first), rows: rows.pointer))
    }
    return matrix
  }

  private static func weights(_ layer: LinearLayer) -> DenseReference {
    let row = FloatBuffer(count: layer.inputs)
    return DenseReference(
      rows: layer.outputs, columns: layer.inputs,
      values: (0..<layer.outputs).flatMap { index in
        layer.row(index, into: row.pointer)
        return Array(row.values)
      })
  }

  private static func identity(_ size: Int) -> DenseReference {
    DenseReference(
      rows: size, columns: size, values: (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 })
  }

  @Test(arguments: sources, integers)
  func unpacksToTheBit(_ source: StoredQuantisation?, _ integers: IntegerKernels) throws {
    let layer = LinearLayer(
      [IntegerKernelTests.matrix(source, outputs: 37, inputs: source == nil ? 83 : 256)], digits: 1)
    let weights = Self.weights(layer)
    for precision in ProductPrecision.allCases {
      let kept = precision == .float32 ? weights : weights.rounded
      let matrix = FrozenMatrix(layer, precision: precision, integers: integers)
      let forward = try FrozenMatrixTests.product(matrix, Self.identity(layer.inputs), isForward: true)
      #expect(forward == kept.transposed.values, "\(precision) forward")
      let backward = try FrozenMatrixTests.product(matrix, Self.identity(layer.outputs), isForward: false)
      #expect(backward == kept.values, "\(precision) backward")
    }
  }

  @Test(arguments: layers, ProductPrecision.allCases)
  func productsAreThoseOfTheUnpackedWeights(_ layer: LinearLayer, _ precision: ProductPrecision) throws {
    let weights = Self.weights(layer)
    let matrix = FrozenMatrix(layer, precision: precision)
    #expect(matrix.byteCount == layer.byteCount)
    for rows in [1, 12, 13] {
      for isForward in [true, false] {
        let x = DenseReference.random(rows, isForward ? layer.inputs : layer.outputs, seed: 3)
        let factor = isForward ? weights.transposed : weights
        let start = rows == 12 ? DenseReference.random(rows, factor.columns, seed: 5).values : nil
        let y = try FrozenMatrixTests.product(matrix, x, isForward: isForward, plus: start)
        let expected =
          precision == .float32 ? x.times(factor, plus: start) : x.rounded.times(factor.rounded, plus: start)
        #expect(DenseReference.distance(y, expected) < 1e-5, "\(rows) rows, forward \(isForward)")
        #expect(DenseReference.distance(y, x.times(factor, plus: start)) < 1e-2)
        let again = try FrozenMatrixTests.product(matrix, x, isForward: isForward, plus: start, threads: 1)
        #expect(again.map(\.bitPattern) == y.map(\.bitPattern), "threads change bits")
      }
    }
  }

  /// Where a layer is of several matrices, its gradients are sums of several chains.
  @Test(arguments: [layers[0], layers[2], layers[3], layers[4]])
  func bfloat16ProductsAreTheSameBitsAsOfWeightsThatAreKeptRounded(_ layer: LinearLayer) throws {
    let kept = FrozenMatrixTests.matrix(Self.weights(layer), .bfloat16)
    let stored = FrozenMatrix(layer, precision: .bfloat16)
    for isForward in [true, false] {
      // More rows than one strip has.
      let x = DenseReference.random(300, isForward ? layer.inputs : layer.outputs, seed: 3)
      let expected = try FrozenMatrixTests.product(kept, x, isForward: isForward)
      let whole = try FrozenMatrixTests.product(stored, x, isForward: isForward)
      #expect(whole.map(\.bitPattern) == expected.map(\.bitPattern))
      let inGoes = try FrozenMatrixTests.product(stored, x, isForward: isForward, roundedBytesMax: 1)
      #expect(inGoes.map(\.bitPattern) == expected.map(\.bitPattern), "in several goes")
    }
  }

  @Test(arguments: layers)
  func rowsAreTheLayersOwn(_ layer: LinearLayer) {
    let matrix = FrozenMatrix(layer, precision: .float32)
    let (ours, its) = (FloatBuffer(count: layer.inputs), FloatBuffer(count: layer.inputs))
    for index in [0, 7, layer.outputs / 2, layer.outputs - 1] {
      matrix.row(index, into: ours.pointer)
      layer.row(index, into: its.pointer)
      #expect(ours.values.map(\.bitPattern) == its.values.map(\.bitPattern))
    }
  }
}
