/// The report of `persrm inspect`.
extension ModelSummary {
  /// Several lines, each ended by a line feed. Tensors that differ only in their layer share a line.
  package var text: String {
    let model = configuration
    var lines: [(String, String)] = [
      ("model", escaped(model.name.isEmpty ? "(no name)" : model.name)),
      ("path", escaped(path)),
      ("format", format),
      ("architecture", model.architecture.rawValue),
      ("parameters", Self.count(parameters)),
      ("layers", "\(model.layerCount) of width \(model.hiddenSize), feed-forward \(model.intermediateSize)"),
      (
        "attention",
        "\(model.headCount) query heads, \(model.kvHeadCount) key/value heads, \(model.headDim) each"
          + (model.attentionBias ? ", with biases" : "")
      ),
      ("vocabulary", "\(model.vocabSize), output projection \(model.tieWordEmbeddings ? "tied" : "of its own")"),
      ("context", "\(model.positionCount) positions"),
      ("rope", "base \(model.ropeTheta)" + (model.ropeScaling.map { ", \($0)" } ?? "")),
      ("tokenizer", tokenizerText),
      ("special tokens", specialTokensText),
    ]
    for (index, total) in types.enumerated() {
      lines.append((index == 0 ? "weights" : "", Self.line(total)))
    }
    let context = memory.cachePerPositionBFloat16 * model.positionCount
    lines.append(
      (
        "memory",
        "weights about \(Self.bytes(memory.weightsStored)) as stored, "
          + "\(Self.bytes(memory.weightsFloat32)) with --precision float32"
      ))
    lines.append(
      (
        "",
        "key/value cache \(Self.bytes(memory.cachePerPositionBFloat16)) a position, "
          + "\(Self.bytes(context)) for one full context (bfloat16; int8 takes half, Float32 twice)"
      ))
    let head = lines.map { Self.padded($0.0, 16) + $0.1 }
    return (head + ["", "tensors"] + tensorLines).joined(separator: "\n") + "\n"
  }

  private var tokenizerText: String {
    if let problem = tokenizer.problem { return problem }
    let counts =
      "\(tokenizer.tokens.map(String.init) ?? "no") tokens, \(tokenizer.merges.map(String.init) ?? "no") merges"
    return "\(escaped(tokenizer.kind)), \(counts), \(tokenizer.hasChatTemplate ? "a" : "no") chat template"
  }

  private var specialTokensText: String {
    let end = configuration.eosTokenIDs.map(String.init).joined(separator: ", ")
    return "begin \(configuration.bosTokenID.map(String.init) ?? "none"), end \(end.isEmpty ? "none" : end)"
  }

  private static func line(_ total: TypeTotal) -> String {
    padded(total.type, 6) + padded("\(total.tensors) \(total.tensors == 1 ? "tensor" : "tensors")", 14)
      + padded("\(count(total.elements)) elements", 20) + bytes(total.bytes)
  }

  /// One line for each group of tensors that are alike but for the number of their layer.
  private var tensorLines: [String] {
    struct Group {
      var name: String
      var tail: String
      var layers: [Int]
    }
    var groups: [Group] = []
    var places: [String: Int] = [:]
    for tensor in tensors {
      let (pattern, layer) = Self.pattern(tensor.name)
      let tail =
        Self.padded("\(tensor.shape)", 18) + Self.padded(tensor.type, 6) + Self.bytes(tensor.bytes)
        + (tensor.isUsed ? "" : "  (not used)")
      if let layer, let place = places[pattern + tail] {
        groups[place].layers.append(layer)
      } else {
        places[pattern + tail] = groups.count
        groups.append(Group(name: pattern, tail: tail, layers: layer.map { [$0] } ?? []))
      }
    }
    let names = groups.map { group in
      escaped(group.name) + (group.layers.isEmpty ? "" : "  N = " + Self.ranges(group.layers))
    }
    let width = names.map(\.count).max() ?? 0
    return zip(names, groups).map { "  " + Self.padded($0, width + 2) + $1.tail }
  }

  /// "model.layers.7.x" as "model.layers.N.x" and 7.
  static func pattern(_ name: String) -> (pattern: String, layer: Int?) {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 3, parts[0] == "model", parts[1] == "layers", let layer = Int(parts[2]) else {
      return (name, nil)
    }
    parts[2] = "N"
    return (parts.joined(separator: "."), layer)
  }

  /// Ascending numbers as "0-3, 5".
  static func ranges(_ numbers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = runs.last, last.upperBound == number - 1 {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ", ")
  }

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  static func count(_ value: Int) -> String { scaled(value, units: ["", " k", " M", " G", " T"]) }
  static func bytes(_ value: Int) -> String { scaled(value, units: [" B", " kB", " MB", " GB", " TB"]) }

  /// Three or four digits and a decimal unit: "134.5 M".
  private static func scaled(_ value: Int, units: [String]) -> String {
    if value < 1000 { return "\(value)\(units[0])" }
    var scaled = Double(value)
    var unit = 0
    while scaled >= 999.95 && unit < units.count - 1 {
      scaled /= 1000
      unit += 1
    }
    let tenths = Int((scaled * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)\(units[unit])"
  }
}
