/// One metadata value of a GGUF file. Numbers lose their width; arrays stay in the file until somebody wants them.
enum GGUFValue: Sendable, Equatable {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case bool(Bool)
  case string(String)
  case array(GGUFArray)

  /// A whole number that fits.
  var integer: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    default: nil
    }
  }
  /// Any number.
  var number: Double? {
    switch self {
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
}

/// An array in the metadata: walked once when the file is opened, so its elements are known to be there.
struct GGUFArray: Sendable, Equatable {
  let elementType: GGUFValueType
  let count: Int
  /// The elements, in the file.
  let byteRange: Range<Int>
}

/// The types of metadata values, by their number in the file (GGUF specification, `gguf_metadata_value_type`).
enum GGUFValueType: UInt32, Sendable {
  case uint8 = 0, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// Bytes of a value; nil where they differ from value to value.
  var fixedBytes: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
  /// The fewest bytes a value takes: a string at least its length, an array its type and length.
  var leastBytes: Int { fixedBytes ?? (self == .string ? 8 : 12) }
}

extension ByteReader {
  /// The next value type; `key` is for the message.
  mutating func valueType(key: String) throws(ModelFileError) -> GGUFValueType {
    let raw = try integer(UInt32.self)
    guard let type = GGUFValueType(rawValue: raw) else {
      throw .unknownValueType(file: file.path, key: key, type: raw)
    }
    return type
  }

  /// The next value, of this type.
  mutating func value(_ type: GGUFValueType, key: String, depth: Int = 0) throws(ModelFileError) -> GGUFValue {
    switch type {
    case .uint8: .unsigned(UInt64(try integer(UInt8.self)))
    case .uint16: .unsigned(UInt64(try integer(UInt16.self)))
    case .uint32: .unsigned(UInt64(try integer(UInt32.self)))
    case .uint64: .unsigned(try integer(UInt64.self))
    case .int8: .signed(Int64(try integer(Int8.self)))
    case .int16: .signed(Int64(try integer(Int16.self)))
    case .int32: .signed(Int64(try integer(Int32.self)))
    case .int64: .signed(try integer(Int64.self))
    case .float32: .float(Double(Float(bitPattern: try integer(UInt32.self))))
    case .float64: .float(Double(bitPattern: try integer(UInt64.self)))
    case .bool: .bool(try boolean(key: key))
    case .string: .string(try string("length of '\(key)'", max: ModelFileLimits.stringBytesMax))
    case .array: .array(try arrayWalk(key: key, depth: depth))
    }
  }

  private mutating func boolean(key: String) throws(ModelFileError) -> Bool {
    let raw = try integer(UInt8.self)
    if raw > 1 { throw .invalidValue(file: file.path, key: key, reason: "must be 0 or 1, not \(raw)") }
    return raw == 1
  }

  /// Passes over an array, checking that all of it is there.
  private mutating func arrayWalk(key: String, depth: Int) throws(ModelFileError) -> GGUFArray {
    if depth >= ModelFileLimits.arrayDepthMax {
      throw .limitExceeded(
        file: file.path, what: "nesting of '\(key)'", value: UInt64(depth) + 1, max: ModelFileLimits.arrayDepthMax)
    }
    let type = try valueType(key: key)
    let count = try count("length of '\(key)'", max: ModelFileLimits.arrayCountMax, unitBytes: type.leastBytes)
    let start = offset
    if let fixed = type.fixedBytes {
      try skip(UInt64(count * fixed))
    } else {
      for _ in 0..<count {
        if type == .string {
          try skip(try integer(UInt64.self))
        } else {
          _ = try arrayWalk(key: key, depth: depth + 1)
        }
      }
    }
    return GGUFArray(elementType: type, count: count, byteRange: start..<offset)
  }
}
