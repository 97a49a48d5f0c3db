/// The memory of byte arrays, for calls that throw errors of communication.
extension [UInt8] {
  /// Calls `body` with the array's memory, as `withUnsafeBytes` does, which knows no typed errors.
  func withRawBytes<Value>(
    _ body: (UnsafeRawBufferPointer) throws(CommunicationError) -> Value
  ) throws(CommunicationError) -> Value {
    let result: Result<Value, CommunicationError> = withUnsafeBytes { bytes in
      do throws(CommunicationError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Calls `body` with the array's memory, as `withUnsafeMutableBytes` does.
  mutating func withMutableRawBytes<Value>(
    _ body: (UnsafeMutableRawBufferPointer) throws(CommunicationError) -> Value
  ) throws(CommunicationError) -> Value {
    let result: Result<Value, CommunicationError> = withUnsafeMutableBytes { bytes in
      do throws(CommunicationError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
