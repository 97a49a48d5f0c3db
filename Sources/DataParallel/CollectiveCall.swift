/// What a rank is about to do together with the others. It is compared before any data moves, so that ranks that took
/// different ways get an error that names both, instead of each other's numbers.
struct CollectiveCall: Hashable, Sendable {
  enum Operation: UInt64 {
    case sum = 1
    case broadcast
    case barrier
    case gather
    case finish
  }

  /// Bytes of an encoded call: four words.
  static let encodedBytes = 32
  /// Stands first in each call; its last digits are the version of what ranks say to each other.
  private static let mark: UInt64 = 0x5052_4d43_0000_0001

  let operation: Operation
  /// How many calls this rank made before.
  let sequence: UInt64
  /// Numbers to sum or bytes to broadcast; 0 for the others.
  let count: UInt64
  /// The rank to broadcast from; 0 for the others.
  let root: UInt64

  init(_ operation: Operation, sequence: UInt64, count: Int = 0, root: Int = 0) {
    self.operation = operation
    self.sequence = sequence
    self.count = UInt64(count)
    self.root = UInt64(root)
  }

  /// The call in 32 bytes; nil where they are not one of this version.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.encodedBytes else { return nil }
    let first = LittleEndian.word(bytes, at: 0) ^ (Self.mark << 8)
    guard let operation = Operation(rawValue: first) else { return nil }
    self.operation = operation
    sequence = LittleEndian.word(bytes, at: 8)
    count = LittleEndian.word(bytes, at: 16)
    root = LittleEndian.word(bytes, at: 24)
  }

  var encoded: [UInt8] {
    [Self.mark << 8 ^ operation.rawValue, sequence, count, root].flatMap(LittleEndian.bytes(of:))
  }

  /// Throws where another rank's call, as it came, is not this one.
  func check(_ bytes: [UInt8], of rank: Int) throws(CommunicationError) {
    guard let other = CollectiveCall(bytes) else {
      throw .malformed(rank: rank, reason: "32 bytes that are no call")
    }
    if other != self { throw .mismatch(rank: rank, theirs: other.description, ours: description) }
  }
}

extension CollectiveCall: CustomStringConvertible {
  var description: String {
    let name =
      switch operation {
      case .sum: "allReduceSum of \(count) numbers"
      case .broadcast: "broadcast of \(count) bytes from rank \(root)"
      case .barrier: "barrier"
      case .gather: "allGather"
      case .finish: "finish"
      }
    return "\(name) as call \(sequence)"
  }
}
