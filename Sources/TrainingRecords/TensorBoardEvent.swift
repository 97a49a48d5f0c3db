/// One record of a TensorBoard event file, as bytes.
///
/// A record is the data's length (UInt64, little-endian), the masked CRC-32C of those eight bytes, the data, and the
/// masked CRC-32C of the data. The data is a Protocol Buffers message `Event`.
///
/// - Source: TensorFlow, `core/lib/io/record_writer.cc`, `core/util/event.proto`, `core/framework/summary.proto`.
enum TensorBoardEvent {
  /// Frames data as a record.
  static func record(_ data: [UInt8]) -> [UInt8] {
    let length = ProtobufBytes.littleEndian(UInt64(data.count))
    return length + ProtobufBytes.littleEndian(CRC32C.masked(length)) + data
      + ProtobufBytes.littleEndian(CRC32C.masked(data))
  }

  /// The first record of every file.
  static func fileVersion(time: Double) -> [UInt8] {
    event(time: time, step: 0) { $0.add(3, text: "brain.Event:2") }
  }

  /// Says that what this run directory holds of this step and later ones is void: the run goes on from before it.
  static func sessionStart(time: Double, step: Int) -> [UInt8] {
    event(time: time, step: step) { $0.add(7) { $0.add(1, integer: 1) } }
  }

  /// Everything of one line, or nil where it has nothing that TensorBoard shows. Tags in order, scalars first.
  static func summary(_ line: MetricsLine) -> [UInt8]? {
    let distributions = line.distributions.mapValues { $0.filter(\.isFinite) }.filter { !$0.value.isEmpty }
    if line.values.isEmpty, line.texts.isEmpty, distributions.isEmpty { return nil }
    return event(time: line.time, step: line.step) { event in
      event.add(5) { summary in
        for (tag, value) in line.values.sorted(by: { $0.key < $1.key }) { summary.add(1) { scalar(tag, value, &$0) } }
        for (tag, text) in line.texts.sorted(by: { $0.key < $1.key }) { summary.add(1) { self.text(tag, text, &$0) } }
        for (tag, values) in distributions.sorted(by: { $0.key < $1.key }) {
          summary.add(1) { histogram(tag, values, &$0) }
        }
      }
    }
  }

  private static func event(time: Double, step: Int, _ build: (inout ProtobufBytes) -> Void) -> [UInt8] {
    var event = ProtobufBytes()
    event.add(1, double: time)
    event.add(2, integer: step)
    build(&event)
    return record(event.bytes)
  }

  /// A scalar in the old form, which every reader takes.
  private static func scalar(_ tag: String, _ value: Double, _ summary: inout ProtobufBytes) {
    summary.add(1, text: tag)
    summary.addAlways(2, float: Float(value))
  }

  /// A text as a tensor of one string, for the text plugin.
  private static func text(_ tag: String, _ text: String, _ summary: inout ProtobufBytes) {
    summary.add(1, text: tag)
    let stringType = 7
    summary.add(8) { tensor in
      tensor.add(1, integer: stringType)
      tensor.add(2) { shape in shape.add(2) { $0.add(1, integer: 1) } }
      tensor.add(8, text: text)
    }
    summary.add(9) { metadata in metadata.add(1) { $0.add(1, text: "text") } }
  }

  /// Bars of a histogram.
  static let bars = 30

  /// A histogram in the old form: upper ends of equal bars from the least to the greatest value, and counts.
  ///
  /// - Parameter values: finite, at least one.
  private static func histogram(_ tag: String, _ values: [Double], _ summary: inout ProtobufBytes) {
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    let count = low < high ? bars : 1
    let width = (high - low) / Double(count)
    var counts = [Double](repeating: 0, count: count)
    for value in values {
      let bar = width > 0 ? Int(min((value - low) / width, Double(count - 1))) : 0
      counts[bar] += 1
    }
    let limits = (1...count).map { $0 == count ? high : low + Double($0) * width }
    summary.add(1, text: tag)
    summary.add(5) { histogram in
      histogram.add(1, double: low)
      histogram.add(2, double: high)
      histogram.add(3, double: Double(values.count))
      histogram.add(4, double: values.reduce(0, +))
      histogram.add(5, double: values.reduce(0) { $0 + $1 * $1 })
      // The first bar would begin at minus infinity, so an empty one ends where the values begin.
      histogram.add(6, packed: [low] + limits)
      histogram.add(7, packed: [0] + counts)
    }
  }
}
