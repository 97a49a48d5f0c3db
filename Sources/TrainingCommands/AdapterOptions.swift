package import ArgumentParser
package import Training

/// The flags of low-rank adaptation. What is left out is the preset's.
package struct AdapterOptions: ParsableArguments {
  package init() {}

  @Option(help: ArgumentHelp("Rows of A and columns of B. (default: 16)", valueName: "rank"))
  package var loraRank: Int?

  @Option(help: ArgumentHelp("Strength: changes are scaled by alpha / rank. (default: 2 * rank)", valueName: "alpha"))
  package var loraAlpha: Double?

  @Option(help: ArgumentHelp("Share of an adapter's inputs that a step leaves out. (default: 0)", valueName: "share"))
  package var loraDropout: Double?

  @Option(
    help: ArgumentHelp(
      "Layers that get an adapter, separated by commas. (default: all: q_proj, k_proj, v_proj, o_proj, gate_proj, "
        + "up_proj, down_proj)", valueName: "names"))
  package var loraTargets: String?

  @Flag(help: "Scale by alpha / sqrt(rank).")
  package var rslora = false

  @Flag(help: "Train every weight instead of adapters.")
  package var full = false

  /// The settings; nil where every weight is trained.
  ///
  /// - Parameter preset: what holds where nothing is given; nil: every weight.
  package func settings(preset: LoRASettings?) throws -> LoRASettings? {
    let isGiven = loraRank != nil || loraAlpha != nil || loraDropout != nil || loraTargets != nil || rslora
    if full {
      if isGiven { throw ValidationError("--full trains every weight: it goes with no --lora-… and no --rslora") }
      return nil
    }
    guard var settings = preset ?? (isGiven ? LoRASettings() : nil) else { return nil }
    if let loraRank {
      settings.rank = loraRank
      settings.alpha = Double(2 * loraRank)
    }
    settings.alpha = loraAlpha ?? settings.alpha
    settings.dropout = loraDropout ?? settings.dropout
    if rslora { settings.usesRSLoRA = true }
    if let loraTargets { settings.targets = try Self.targets(loraTargets) }
    if let fault = settings.fault { throw ValidationError(fault) }
    return settings
  }

  private static func targets(_ text: String) throws -> [LoRASettings.Target] {
    try text.split(separator: ",").map { name in
      guard let target = LoRASettings.Target(rawValue: String(name)) else {
        let known = LoRASettings.Target.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--lora-targets: there is no layer \"\(name)\"; there are \(known)")
      }
      return target
    }
  }
}
