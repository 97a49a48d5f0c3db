package import ArgumentParser
package import BoundedJSON
import ScoringAPI

/// How comparisons are judged: the flags that are members of the body of `POST /score`, with the same defaults and
/// bounds.
package struct JudgingOptions: ParsableArguments {
  package init() {}

  @Option(
    help: ArgumentHelp(
      "reasoning: the model writes criteria and an evaluation, then scores. verdict: scores at once. likelihood: how "
        + "much likelier each response is after the exemplars than without them.", valueName: "method"))
  package var method: String?

  @Option(
    help: ArgumentHelp("Which order the responses are shown in: ab, ba, or both and averaged.", valueName: "order"))
  package var order: String?

  @Option(help: "Verdicts to draw and average; with temperature 0 all are the same.")
  package var samples: Int?

  @Option(help: "0 always takes the likeliest token.")
  package var temperature: Double?

  @Option(help: "The same seed draws the same verdict.")
  package var seed: Int?

  @Option(help: "Least tokens of a verdict.")
  package var minTokens: Int?

  @Option(help: "Most tokens of a verdict.")
  package var maxTokens: Int?

  @Flag(help: "Let the model write freely instead of holding it to the verdict's form.")
  package var unconstrained = false

  @Flag(
    inversion: .prefixedNo,
    help: "Put measurements of the texts into the prompt, or not. (default: as the adapter was trained)")
  package var evidence: Bool?

  /// The members that were given; the service's defaults stand for the rest.
  package var members: [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    members["method"] = method.map { .string($0) }
    members["order"] = order.map { .string($0) }
    members["samples"] = samples.map { .integer(Int64($0)) }
    members["temperature"] = temperature.map { .number($0) }
    members["seed"] = seed.map { .integer(Int64($0)) }
    members["min_tokens"] = minTokens.map { .integer(Int64($0)) }
    members["max_tokens"] = maxTokens.map { .integer(Int64($0)) }
    members["evidence"] = evidence.map { .bool($0) }
    if unconstrained { members["constrained"] = .bool(false) }
    return members
  }

  package func validate() throws {
    let texts: [String: JSONValue] = [
      "query": .string("-"), "exemplars": .array([.string("-")]), "response_a": .string("-"),
      "response_b": .string("-"),
    ]
    do throws(APIError) {
      _ = try ScoreRequest(.object(texts.merging(members) { _, given in given }))
    } catch {
      let faults = error.fields.map { "--\($0.pointer.dropFirst().replacing("_", with: "-")) \($0.detail)" }
      throw ValidationError(faults.joined(separator: "; "))
    }
  }
}
