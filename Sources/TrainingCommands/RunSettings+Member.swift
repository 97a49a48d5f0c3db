package import BoundedJSON
package import TrainingRecords

extension RunSettings {
  private static let limits = JSONLimits(bytesMax: 1 << 20, depthMax: 16, valuesMax: 10_000)

  /// A value as a member of `settings.json`.
  package static func member(_ value: some Encodable) throws(JSONError) -> JSONValue {
    try JSONReader.value(JSONWriter.bytes(value), limits: limits)
  }
}
