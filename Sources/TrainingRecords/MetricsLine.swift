private import BoundedJSON
private import DataFiles

/// What was measured at one step: one line of `metrics.jsonl`.
///
/// The line is flat, so that `pandas.read_json(lines=True)`, jq and a spreadsheet read it as it stands:
/// `{"step":12,"time":1764000000.123,"wall_seconds":83.2,"train/kl":0.01,"train/loss":1.23}`. Tags are sorted. A
/// number that is not finite has no JSON form: it is `null`, and its tag stands in `"not_finite"` too. Texts are
/// strings, and distributions arrays of numbers, under tags of their own. One step may have several lines, such as
/// one of training and one of validation.
package struct MetricsLine: Sendable, Equatable {
  /// Optimiser steps done; 0 is before the first.
  package var step: Int
  /// Seconds since 1970; written with three decimals.
  package var time: Double
  /// Time that the run has worked, that before a resumption included; three decimals.
  package var wallSeconds: Double
  /// By tag. NaN and infinity come back from a file as NaN.
  package var values: [String: Double]
  /// By tag, such as samples of what the model wrote.
  package var texts: [String: String]
  /// By tag: many values of one thing, such as every sample's reward. Only finite ones are written.
  package var distributions: [String: [Double]]

  package init(
    step: Int, time: Double, wallSeconds: Double, values: [String: Double], texts: [String: String] = [:],
    distributions: [String: [Double]] = [:]
  ) {
    self.step = step
    self.time = time
    self.wallSeconds = wallSeconds
    self.values = values
    self.texts = texts
    self.distributions = distributions
  }

  /// What a line says without its times: equal for a resumed run and one that was never interrupted.
  package var content: MetricsLine {
    var line = self
    (line.time, line.wallSeconds) = (0, 0)
    return line
  }

  /// The line, without line break.
  ///
  /// - Precondition: tags are visible ASCII, none is one of the line's own names, and no two kinds share one; `step` is
  ///   not negative; both times are finite.
  package var json: [UInt8] {
    precondition(step >= 0 && time.isFinite && wallSeconds.isFinite, "a line has a step and times")
    var members: [String: String] = [:]
    func add(_ tag: String, _ text: String) {
      if let fault = MetricTag.fault(tag) { preconditionFailure(fault) }
      precondition(members.updateValue(text, forKey: tag) == nil, "the tag \(tag) is used twice")
    }
    for (tag, value) in values { add(tag, value.isFinite ? Self.number(value) : "null") }
    for (tag, text) in texts { add(tag, Self.string(text)) }
    for (tag, list) in distributions {
      add(tag, "[" + list.filter(\.isFinite).map(Self.number).joined(separator: ",") + "]")
    }
    var text = "{\"step\":\(step),\"time\":\(FixedDecimal.text(time, digits: 3))"
    text += ",\"wall_seconds\":\(FixedDecimal.text(wallSeconds, digits: 3))"
    for (tag, value) in members.sorted(by: { $0.key < $1.key }) { text += ",\(Self.string(tag)):\(value)" }
    let notFinite = values.filter { !$0.value.isFinite }.keys.sorted()
    if !notFinite.isEmpty { text += ",\"not_finite\":[" + notFinite.map(Self.string).joined(separator: ",") + "]" }
    return Array((text + "}").utf8)
  }

  /// The shortest digits that read back as the same number, without ".0".
  private static func number(_ value: Double) -> String {
    if abs(value) < 1e15, let whole = Int(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  private static func string(_ text: String) -> String {
    // `try?`: a string always has a JSON form.
    (try? JSONWriter.text(text)) ?? "\"\""
  }

  /// Bounds of a line: some hundred tags, and a few dozen samples of some thousand characters.
  private static let limits = JSONLimits(bytesMax: LineReader.lineBytesMax, depthMax: 2, valuesMax: 1 << 20)

  /// Reads a line back.
  ///
  /// - Throws: what is wrong with it, in words.
  init(json: [UInt8]) throws(LineFault) {
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONReader.value(json, limits: Self.limits)
    } catch {
      throw LineFault(reason: error.pointer.isEmpty ? "\(error)" : "\(error.pointer): \(error)")
    }
    guard case .object(var members) = document else { throw LineFault(reason: "not an object") }
    guard let step = members.removeValue(forKey: "step")?.integer, step >= 0 else {
      throw LineFault(reason: "/step: must be a whole number, at least 0")
    }
    self.init(step: Int(step), time: 0, wallSeconds: 0, values: [:])
    guard let time = members.removeValue(forKey: "time")?.number else { throw LineFault(reason: "/time: is missing") }
    guard let wallSeconds = members.removeValue(forKey: "wall_seconds")?.number else {
      throw LineFault(reason: "/wall_seconds: is missing")
    }
    (self.time, self.wallSeconds) = (time, wallSeconds)
    members["not_finite"] = nil
    for (tag, value) in members {
      if let fault = MetricTag.fault(tag) { throw LineFault(reason: fault) }
      switch value {
      case .null: values[tag] = .nan
      case .integer, .number: values[tag] = value.number
      case .string(let text): texts[tag] = text
      case .array(let list):
        let numbers = list.compactMap(\.number)
        guard numbers.count == list.count else { throw LineFault(reason: "\(tag): must hold numbers only") }
        distributions[tag] = numbers
      case .bool, .object: throw LineFault(reason: "\(tag): must be a number, null, a text or an array of numbers")
      }
    }
  }

  /// What is wrong with a line.
  struct LineFault: Error, Equatable {
    var reason: String
  }
}
