import Synchronization

/// Holds requests to a budget: each reserves the most it may take before it is sent, so that requests under way
/// together cannot exceed what one alone could not.
///
/// Requests are never more than `requestsMax`. Tokens of a prompt are estimated, so tokens and cost may pass their
/// limits by the error of the estimates.
final class SpendingLedger: Sendable {
  private struct State {
    var spent: CostCounters
    /// Attempts that were counted but are not in `spent` yet.
    var attemptsUnderWay = 0
    var tokensReserved = 0
    var costReserved: Int64 = 0
  }

  let budget: Budget
  private let state: Mutex<State>

  /// - Parameter spent: by earlier runs.
  init(budget: Budget, spent: CostCounters) {
    self.budget = budget
    state = Mutex(State(spent: spent))
  }

  var counters: CostCounters { state.withLock { $0.spent } }

  /// Sets the most that one request may take aside.
  func reserve(promptTokens: Int, completionTokens: Int) throws(BudgetLimit) {
    let cost = budget.cost(promptTokens: promptTokens, completionTokens: completionTokens)
    let limit = state.withLock { state -> BudgetLimit? in
      if let limit = self.limit(state, tokens: promptTokens + completionTokens, cost: cost) { return limit }
      state.tokensReserved += promptTokens + completionTokens
      state.costReserved += cost
      return nil
    }
    if let limit { throw limit }
  }

  private func limit(_ state: State, tokens: Int, cost: Int64) -> BudgetLimit? {
    if let limit = requestLimit(state) { return limit }
    if let max = budget.tokensMax, state.spent.tokens + state.tokensReserved + tokens > max {
      return BudgetLimit(
        kind: .tokens, max: Double(max), spent: Double(state.spent.tokens), reserved: Double(state.tokensReserved),
        next: Double(tokens))
    }
    let total = Double(state.spent.costPicounits) + Double(state.costReserved) + Double(cost)
    if let max = budget.costMax, total > max * Budget.picounits {
      return BudgetLimit(
        kind: .cost, max: max, spent: state.spent.cost, reserved: Double(state.costReserved) / Budget.picounits,
        next: Double(cost) / Budget.picounits)
    }
    return nil
  }

  private func requestLimit(_ state: State) -> BudgetLimit? {
    guard let max = budget.requestsMax, state.spent.requests + state.attemptsUnderWay >= max else { return nil }
    return BudgetLimit(
      kind: .requests, max: Double(max), spent: Double(state.spent.requests + state.attemptsUnderWay), reserved: 0,
      next: 1)
  }

  /// Counts one HTTP request that is about to be sent.
  func countAttempt() throws(BudgetLimit) {
    let limit = state.withLock { state -> BudgetLimit? in
      if let limit = requestLimit(state) { return limit }
      state.attemptsUnderWay += 1
      return nil
    }
    if let limit { throw limit }
  }

  /// Books what a request took in the end, `record.requests` attempts among it, and gives back what was reserved.
  func settle(promptTokens: Int, completionTokens: Int, record: CostCounters) {
    let cost = budget.cost(promptTokens: promptTokens, completionTokens: completionTokens)
    state.withLock { state in
      state.tokensReserved -= promptTokens + completionTokens
      state.costReserved -= cost
      state.attemptsUnderWay -= record.requests
      state.spent += record
    }
  }
}
