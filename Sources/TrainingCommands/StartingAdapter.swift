import ArgumentParser
package import ModelFiles
package import Training

/// The adapter that a run goes on from, where one is given.
package struct StartingAdapter: Sendable {
  package let adapter: LoRAAdapter
  package let path: String

  /// Reads an adapter and checks that it belongs to the model.
  ///
  /// - Returns: nil where no path is given.
  /// - Throws: `ModelFileError`.
  package init?(path: String?, checkpoint: ModelCheckpoint, allowsOtherBase: Bool) throws(ModelFileError) {
    guard let path else { return nil }
    adapter = try LoRAAdapter(path: path)
    self.path = path
    try adapter.check(fits: checkpoint.configuration)
    if !allowsOtherBase { try adapter.check(trainedOn: checkpoint) }
  }

  /// What is trained: the adapter's own form. Flags may repeat it, but not change it.
  ///
  /// - Parameter given: what the flags say; dropout is theirs.
  package func settings(given: AdapterOptions) throws -> LoRASettings {
    let configuration = adapter.configuration
    let targets = configuration.targetModules.compactMap(LoRASettings.Target.init)
    let own = LoRASettings(
      rank: configuration.rank, alpha: configuration.alpha, dropout: given.loraDropout ?? 0,
      targets: LoRASettings.Target.allCases.filter(targets.contains), usesRSLoRA: configuration.usesRSLoRA)
    if given.full { throw ValidationError("--full trains every weight: it goes with no --adapter") }
    if let rank = given.loraRank, rank != own.rank {
      throw ValidationError("--lora-rank \(rank): the adapter \(path) has rank \(own.rank)")
    }
    if let alpha = given.loraAlpha, alpha != own.alpha {
      throw ValidationError("--lora-alpha \(alpha): the adapter \(path) has alpha \(own.alpha)")
    }
    if given.loraTargets != nil || given.rslora {
      throw ValidationError("--lora-targets and --rslora are those of the adapter \(path): leave them out")
    }
    return own
  }
}
