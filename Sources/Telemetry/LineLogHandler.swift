package import Logging

/// Writes log events as lines: JSON objects for machines, or short text for people.
///
/// JSON has `ts`, `level`, `msg`, `logger` and then the metadata by name, nested dictionaries flattened with dots.
/// Numbers and truth values given as `.stringConvertible` stay numbers and truth values. All else is escaped to
/// printable ASCII, so nothing a peer sent can start a line or steer a terminal.
package struct LineLogHandler: LogHandler {
  package enum Format: String, Sendable, CaseIterable {
    case json
    case text
  }

  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  private let label: String
  private let format: Format
  private let sink: LogSink
  private let clock: @Sendable () -> WallTime

  package init(
    label: String, format: Format, level: Logger.Level = .info, sink: LogSink = .standardError,
    clock: @escaping @Sendable () -> WallTime = { WallTime.now() }
  ) {
    self.label = label
    self.format = format
    logLevel = level
    self.sink = sink
    self.clock = clock
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var merged = metadata
    if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
    if let own = event.metadata { merged.merge(own) { _, new in new } }
    if let error = event.error { merged["error"] = .string(String(describing: error)) }
    var pairs: [(name: String, json: String)] = []
    for (name, value) in merged { LineLogHandler.flatten(name, value, into: &pairs) }
    pairs.sort { $0.name < $1.name }
    let time = clock().rfc3339
    switch format {
    case .json: sink.write(json(event, time, pairs))
    case .text: sink.write(text(event, time, pairs))
    }
  }

  private func json(_ event: LogEvent, _ time: String, _ pairs: [(name: String, json: String)]) -> String {
    let reserved = ["ts", "level", "msg", "logger"]
    var line = "{\"ts\":\"\(time)\",\"level\":\"\(event.level)\",\"msg\":\(Escaping.json(event.message.description))"
    line += ",\"logger\":\(Escaping.json(label))"
    for (name, value) in pairs {
      line += ",\(Escaping.json(reserved.contains(name) ? "meta." + name : name)):\(value)"
    }
    return line + "}"
  }

  private func text(_ event: LogEvent, _ time: String, _ pairs: [(name: String, json: String)]) -> String {
    let message = Escaping.printable(event.message.description.utf8, max: .max)
    let fields = pairs.map { " \(Escaping.printable($0.name.utf8))=\($0.json)" }.joined()
    return "\(time) \(event.level) \(label): \(message)\(fields)"
  }

  private static func flatten(
    _ name: String, _ value: Logger.MetadataValue, into pairs: inout [(name: String, json: String)]
  ) {
    switch value {
    case .string(let text): pairs.append((name, Escaping.json(text)))
    case .stringConvertible(let value): pairs.append((name, scalar(value)))
    case .dictionary(let members):
      for (member, value) in members { flatten("\(name).\(member)", value, into: &pairs) }
    case .array(let values): pairs.append((name, "[\(values.map(element).joined(separator: ","))]"))
    }
  }

  /// Within an array nothing can be flattened, so dictionaries stay objects.
  private static func element(_ value: Logger.MetadataValue) -> String {
    switch value {
    case .string(let text): Escaping.json(text)
    case .stringConvertible(let value): scalar(value)
    case .array(let values): "[\(values.map(element).joined(separator: ","))]"
    case .dictionary(let members): "{\(members.sorted { $0.key < $1.key }.map(member).joined(separator: ","))}"
    }
  }

  private static func member(_ member: (key: String, value: Logger.MetadataValue)) -> String {
    "\(Escaping.json(member.key)):\(element(member.value))"
  }

  private static func scalar(_ value: any CustomStringConvertible & Sendable) -> String {
    switch value {
    case let number as any FixedWidthInteger: String(number)
    case let number as Double where number.isFinite: String(number)
    case let number as Float where number.isFinite: String(number)
    case let truth as Bool: truth ? "true" : "false"
    default: Escaping.json(value.description)
    }
  }
}
