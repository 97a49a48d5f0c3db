/// What may be spent, and on what terms. Costs are whole picounits of the currency (10^-12), so that sums do not depend
/// on their order.
package struct Budget: Sendable, Hashable {
  /// HTTP requests, retries included; nil for no limit.
  package var requestsMax: Int?
  /// Tokens of prompts and completions together; nil for no limit.
  package var tokensMax: Int?
  /// In units of the currency of the prices; nil for no limit.
  package var costMax: Double?
  /// The price of a million tokens of prompts, in any currency.
  package var priceIn: Double
  /// The price of a million tokens of completions, in the same.
  package var priceOut: Double

  package init(
    requestsMax: Int? = nil, tokensMax: Int? = nil, costMax: Double? = nil, priceIn: Double = 0, priceOut: Double = 0
  ) {
    self.requestsMax = requestsMax
    self.tokensMax = tokensMax
    self.costMax = costMax
    self.priceIn = priceIn
    self.priceOut = priceOut
  }

  static let picounits = 1e12

  /// What so many tokens cost, in picounits; the largest number there is where it would not fit.
  func cost(promptTokens: Int, completionTokens: Int) -> Int64 {
    let cost = (Double(promptTokens) * priceIn + Double(completionTokens) * priceOut) * Self.picounits / 1_000_000
    return Int64(exactly: cost.rounded()) ?? .max
  }
}

/// A limit of a budget that one more request could exceed.
package struct BudgetLimit: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable, Hashable {
    case requests
    case tokens
    case cost
  }

  package let kind: Kind
  /// What may be spent.
  package let max: Double
  /// What is spent.
  package let spent: Double
  /// What the requests under way may still take, at most.
  package let reserved: Double
  /// What one more may take, at most.
  package let next: Double

  package var description: String {
    func shown(_ amount: Double) -> String {
      kind == .cost ? "\((amount * 1_000_000).rounded() / 1_000_000)" : "\(Int(exactly: amount) ?? .max)"
    }
    let under = reserved > 0 ? ", \(shown(reserved)) may go to requests under way" : ""
    return "the budget of \(shown(max)) \(kind == .cost ? "for the cost" : kind.rawValue) is spent: "
      + "\(shown(spent)) used\(under), and one more request may take \(shown(next)); raise it and run again to go on"
  }
}

/// What was asked and spent, over all runs on one journal.
package struct CostCounters: Sendable, Hashable {
  /// HTTP requests, retries included. Those under way when a process was killed are not known, and what tries without
  /// a usable answer cost is not either.
  package var requests = 0
  /// Of them, those that repeated one.
  package var retries = 0
  package var answers = 0
  /// Requests refused for good.
  package var refusals = 0
  package var promptTokens = 0
  package var completionTokens = 0
  /// Answers whose tokens the server did not count, so that they were estimated from their bytes.
  package var estimatedAnswers = 0
  /// In 10^-12 of the currency of the prices.
  package var costPicounits: Int64 = 0

  package init() {}

  /// Sets the requests to tries of one request, by their numbers from 0.
  mutating func count(attempts: Range<Int>) {
    requests = attempts.count
    retries = attempts.count - (attempts.contains(0) ? 1 : 0)
  }

  package var tokens: Int { promptTokens + completionTokens }
  /// In the currency of the prices.
  package var cost: Double { Double(costPicounits) / Budget.picounits }

  package static func += (sum: inout CostCounters, other: CostCounters) {
    sum.requests += other.requests
    sum.retries += other.retries
    sum.answers += other.answers
    sum.refusals += other.refusals
    sum.promptTokens += other.promptTokens
    sum.completionTokens += other.completionTokens
    sum.estimatedAnswers += other.estimatedAnswers
    let (cost, overflow) = sum.costPicounits.addingReportingOverflow(other.costPicounits)
    sum.costPicounits = overflow ? .max : cost
  }
}
