import DataFiles

/// The report of `persrm inspect` on an adapter.
extension AdapterSummary {
  /// Several lines, each ended by a line feed. Modules that differ only in their layer share a line.
  package var text: String {
    let scaling = isRankStabilised ? "alpha / sqrt(rank)" : "alpha / rank"
    var lines: [(String, String)] = [
      ("adapter", "LoRA"),
      ("path", escaped(path)),
      ("rank", "\(rank)"),
      ("alpha", "\(alpha), scale \(FixedDecimal.text(scale, digits: 4)) (\(scaling))"),
      ("dropout", "\(dropout) in training"),
      ("targets", targetModules.map(escaped).joined(separator: ", ")),
      ("parameters", ModelSummary.count(parameters)),
      ("stored", "\(types.map(escaped).joined(separator: ", ")), \(ModelSummary.bytes(bytes))"),
      ("base model", baseModel.map(escaped) ?? "not named"),
      ("base SHA-256", baseFingerprint.map(escaped) ?? "not recorded"),
    ]
    for (index, entry) in metadata.sorted(by: { $0.key < $1.key }).enumerated() {
      lines.append((index == 0 ? "metadata" : "", "\(escaped(entry.key)) = \(escaped(entry.value))"))
    }
    let head = lines.map { ModelSummary.padded($0.0, 16) + $0.1 }
    return (head + ["", "modules (change: root mean square of what is added to each weight)"] + moduleLines)
      .joined(separator: "\n") + "\n"
  }

  /// One line for each group of modules that are alike but for the number of their layer.
  private var moduleLines: [String] {
    struct Group {
      var shape: String
      var parameters: Int
      var layers: [Int]
      var changes: [Double]
    }
    var order: [String] = []
    var groups: [String: Group] = [:]
    for module in modules {
      let (pattern, layer) = ModelSummary.pattern(module.name)
      let shape = "[\(module.outputs), \(module.inputs)]"
      let key = pattern + " " + shape
      if groups[key] == nil { order.append(key) }
      var group = groups[key] ?? Group(shape: shape, parameters: 0, layers: [], changes: [])
      group.parameters += module.parameters
      group.layers += layer.map { [$0] } ?? []
      group.changes.append(module.change)
      groups[key] = group
    }
    let rows: [(name: String, tail: String)] = order.compactMap { key in
      guard let group = groups[key] else { return nil }
      let mean = (group.changes.reduce(0) { $0 + $1 * $1 } / Double(group.changes.count)).squareRoot()
      let name = String(key.dropLast(group.shape.count + 1)) + "  N = " + ModelSummary.ranges(group.layers.sorted())
      let tail =
        ModelSummary.padded(group.shape, 16)
        + ModelSummary.padded("\(ModelSummary.count(group.parameters)) parameters", 22)
        + "change \(FixedDecimal.text(mean, digits: 6))"
      return (name, tail)
    }
    let width = rows.map(\.name.count).max() ?? 0
    return rows.map { "  " + ModelSummary.padded($0.name, width + 2) + $0.tail }
  }
}
