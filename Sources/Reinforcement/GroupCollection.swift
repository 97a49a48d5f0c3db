/// Gathers the groups of one step, and says how many further prompts are to be tried in place of groups that teach
/// nothing.
///
/// Theory of operation. A step wants a number of groups whose rewards differ. It tries that many prompts, keeps the
/// groups with variance, and tries as many further prompts as are missing, until it has enough or the next round would
/// go beyond the bound on prompts tried. At the bound it goes on with the groups it has: fewer of them make a noisier
/// step of the same size, since losses are means over what is there, and a run does not die because its task has become
/// easy (or is still too hard). Where there is none at all there is nothing to learn from, and the step is skipped.
/// Without resampling the first round is all: groups without variance stay, since their completions still have a place
/// in the divergence from the reference policy.
///
/// - Source: Yu et al. 2025 (DAPO, arXiv 2503.14476) section 3.2. The reference there fails a run at the bound.
package struct GroupCollection<Group: Sendable>: Sendable {
  /// How it stands.
  package enum State: Sendable, Equatable {
    /// So many further prompts are to be tried.
    case wants(prompts: Int)
    /// The step has its groups.
    case complete
    /// The bound was reached with some groups missing.
    case short(missing: Int)
    /// The bound was reached, and there is no group to learn from.
    case nothing
  }

  /// Groups that a step wants.
  package let wanted: Int
  /// Prompts a step tries at most; no less than `wanted`.
  package let promptsMax: Int
  private let resamples: Bool
  /// Those kept so far, in the order they came.
  package private(set) var groups: [Group] = []
  /// Prompts tried so far.
  package private(set) var tried = 0
  /// Of these, how many had no variance, kept or not.
  package private(set) var withoutVariance = 0

  /// - Parameters:
  ///   - wanted: groups of a step, 1 or more.
  ///   - promptsMax: prompts a step may try, `wanted` or more; nil where groups without variance are kept.
  package init(wanted: Int, promptsMax: Int?) {
    precondition(wanted >= 1 && promptsMax ?? wanted >= wanted)
    self.wanted = wanted
    self.promptsMax = promptsMax ?? wanted
    resamples = promptsMax != nil
  }

  package var state: State {
    let missing = wanted - groups.count
    if missing == 0 { return .complete }
    let further = min(missing, promptsMax - tried)
    if further > 0 { return .wants(prompts: further) }
    return groups.isEmpty ? .nothing : .short(missing: missing)
  }

  /// Takes in a group that was tried.
  ///
  /// - Precondition: more were wanted.
  package mutating func add(_ group: Group, hasVariance: Bool) {
    guard case .wants = state else { preconditionFailure("no further prompt was wanted") }
    tried += 1
    if !hasVariance { withoutVariance += 1 }
    if hasVariance || !resamples { groups.append(group) }
  }

  /// The share of prompts tried whose rewards were all equal, 0...1; 0 before the first.
  package var shareWithoutVariance: Double { tried == 0 ? 0 : Double(withoutVariance) / Double(tried) }
}
