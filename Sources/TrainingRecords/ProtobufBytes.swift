/// The few field kinds of Protocol Buffers that event files need, written one after another.
///
/// - Source: protobuf.dev/programming-guides/encoding.
struct ProtobufBytes {
  private(set) var bytes: [UInt8] = []

  private enum WireKind: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func addKey(_ field: UInt64, _ kind: WireKind) { addVarint(field << 3 | kind.rawValue) }

  private mutating func addVarint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// An integer or enumeration; like the reference writer, nothing for 0, the default.
  mutating func add(_ field: UInt64, integer value: Int) {
    if value == 0 { return }
    addKey(field, .varint)
    addVarint(UInt64(bitPattern: Int64(value)))
  }

  /// Nothing for 0, the default (-0 is written).
  mutating func add(_ field: UInt64, double value: Double) {
    if value.bitPattern != 0 { addAlways(field, double: value) }
  }

  private mutating func addAlways(_ field: UInt64, double value: Double) {
    addKey(field, .fixed64)
    bytes += Self.littleEndian(value.bitPattern)
  }

  /// Written also where it is 0: a member of a `oneof`, whose presence says which it is.
  mutating func addAlways(_ field: UInt64, float value: Float) {
    addKey(field, .fixed32)
    bytes += Self.littleEndian(value.bitPattern)
  }

  mutating func add(_ field: UInt64, bytes value: [UInt8]) {
    addKey(field, .lengthDelimited)
    addVarint(UInt64(value.count))
    bytes += value
  }

  mutating func add(_ field: UInt64, text value: String) { add(field, bytes: Array(value.utf8)) }

  mutating func add(_ field: UInt64, message build: (inout ProtobufBytes) -> Void) {
    var inner = ProtobufBytes()
    build(&inner)
    add(field, bytes: inner.bytes)
  }

  /// Packed; nothing where there are none.
  mutating func add(_ field: UInt64, packed values: [Double]) {
    if values.isEmpty { return }
    add(field, bytes: values.flatMap { Self.littleEndian($0.bitPattern) })
  }

  static func littleEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    // SAFETY: an integer's bytes are all initialised.
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
