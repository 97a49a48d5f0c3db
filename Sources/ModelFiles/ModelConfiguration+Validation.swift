/// Checks that hold whatever the format: each number within its maximum, and all of them sensible together.
extension ModelConfiguration {
  /// - Parameters:
  ///   - file: for messages.
  ///   - key: what the file calls one of our properties.
  func validate(file: String, key: (String) -> String) throws(ModelFileError) {
    let bounds: [(String, Int, Int)] = [
      ("hiddenSize", hiddenSize, ModelFileLimits.widthMax),
      ("layerCount", layerCount, ModelFileLimits.layerCountMax),
      ("headCount", headCount, ModelFileLimits.headCountMax),
      ("kvHeadCount", kvHeadCount, ModelFileLimits.headCountMax),
      ("headDim", headDim, ModelFileLimits.headDimMax),
      ("intermediateSize", intermediateSize, ModelFileLimits.widthMax),
      ("vocabSize", vocabSize, ModelFileLimits.vocabSizeMax),
      ("positionCount", positionCount, ModelFileLimits.positionCountMax),
    ]
    for (name, value, max) in bounds where !(1...max).contains(value) {
      throw .invalidValue(file: file, key: key(name), reason: "must be from 1 to \(max), not \(value)")
    }
    if !headCount.isMultiple(of: kvHeadCount) {
      let reason = "is \(kvHeadCount), which does not divide the \(headCount) query heads"
      throw .invalidValue(file: file, key: key("kvHeadCount"), reason: reason)
    }
    if !headDim.isMultiple(of: 2) {
      throw .invalidValue(file: file, key: key("headDim"), reason: "must be even, not \(headDim)")
    }
    if !(rmsNormEpsilon > 0 && rmsNormEpsilon < 1) {
      throw .invalidValue(file: file, key: key("rmsNormEpsilon"), reason: "must lie between 0 and 1")
    }
    if !(ropeTheta >= 1 && ropeTheta.isFinite) {
      throw .invalidValue(file: file, key: key("ropeTheta"), reason: "must be at least 1")
    }
    if !ropeScalingIsSound {
      throw .invalidValue(file: file, key: key("ropeScaling"), reason: "has factors that make no sense")
    }
    for token in eosTokenIDs + (bosTokenID.map { [$0] } ?? []) where !(0..<vocabSize).contains(token) {
      let reason = "is \(token), outside the vocabulary of \(vocabSize)"
      throw .invalidValue(file: file, key: token == bosTokenID ? "bos_token_id" : "eos_token_id", reason: reason)
    }
  }

  private var ropeScalingIsSound: Bool {
    switch ropeScaling {
    case nil: true
    case .linear(let factor): factor > 0 && factor.isFinite
    case .llama3(let factor, let low, let high, let original):
      factor >= 1 && factor.isFinite && low > 0 && high > low && high.isFinite && original > 0
        && original <= ModelFileLimits.positionCountMax
    }
  }
}
