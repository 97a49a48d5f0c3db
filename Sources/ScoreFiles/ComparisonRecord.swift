package import BoundedJSON
package import Judge
package import ScoringAPI

/// One comparison of a file: what is asked, and what its line says beside it.
package struct ComparisonRecord: Sendable, Equatable {
  /// Its place among the comparisons of the input, from 0.
  package var index: Int
  /// Its line in the input, from 1; blank lines count.
  package var line: Int
  /// The line's own `id`, a string or number; nil where it has none.
  package var id: JSONValue?
  /// What the service would make of it: the texts, and how they are judged.
  package var request: ScoreRequest
  /// Which response is known to be right, `a` or `b`; nil where nothing is known.
  package var preferred: Winner?

  package init(index: Int, line: Int, id: JSONValue? = nil, request: ScoreRequest, preferred: Winner? = nil) {
    self.index = index
    self.line = line
    self.id = id
    self.request = request
    self.preferred = preferred
  }
}

/// Which members of an object make the comparison, and how it is judged.
///
/// The texts and options pass through the service's own rules, so a file accepts what the service accepts and says the
/// same of what is wrong. Members that nothing here names are other people's and stay unread.
package struct ComparisonFields: Sendable, Equatable {
  /// The name of the member that holds the query: data sets have more than one form of it.
  package var query: String
  /// Use only the first so many exemplars; nil uses all.
  package var exemplarsMax: Int?
  /// Members of the body of `POST /score` beside the texts, the same for every comparison.
  package var options: [String: JSONValue]

  /// Whether an object may hold such members itself, as a saved body of `POST /score` does; those of `options` win. In
  /// a data set a member of such a name may mean something else.
  package var readsOptions: Bool

  package init(
    query: String = "query", exemplarsMax: Int? = nil, options: [String: JSONValue] = [:], readsOptions: Bool = false
  ) {
    self.readsOptions = readsOptions
    self.query = query
    self.exemplarsMax = exemplarsMax
    self.options = options
  }

  /// Takes the request out of an object.
  ///
  /// - Throws: `invalidRequest` with every fault, under the members' own names.
  package func request(of value: JSONValue) throws(APIError) -> ScoreRequest {
    // What is no object is refused in the service's words.
    guard value.object != nil else { return try ScoreRequest(value) }
    var body = options
    if readsOptions {
      for rule in FieldRule.score where body[rule.name] == nil { body[rule.name] = value[rule.name] }
    }
    body["query"] = value[query]
    body["response_a"] = value["response_a"]
    body["response_b"] = value["response_b"]
    body["exemplars"] = value["exemplars"]
    if let exemplarsMax, let exemplars = value["exemplars"]?.array {
      body["exemplars"] = .array(Array(exemplars.prefix(exemplarsMax)))
    }
    do throws(APIError) {
      return try ScoreRequest(.object(body))
    } catch {
      guard case .invalidRequest(let faults) = error else { throw error }
      throw .invalidRequest(
        faults.map { $0.pointer == "/query" ? FieldError(pointer: JSONReader.pointer([query]), detail: $0.detail) : $0 }
      )
    }
  }

  /// Takes the known answer out of an object: `preferred`, "A" or "B" in either case, or null.
  package func preferred(of value: JSONValue) throws(APIError) -> Winner? {
    switch value["preferred"] {
    case nil, .null: return nil
    case .string("A"), .string("a"): return .a
    case .string("B"), .string("b"): return .b
    default: throw Self.fault(pointer: "/preferred", detail: "must be \"A\" or \"B\"")
    }
  }

  /// Takes the identifier out of an object: `id`, a string or a whole number, or null.
  package func id(of value: JSONValue) throws(APIError) -> JSONValue? {
    switch value["id"] {
    case nil, .null: return nil
    case .string(let text): return .string(text)
    case .integer(let number): return .integer(number)
    default: throw Self.fault(pointer: "/id", detail: "must be a string or a whole number")
    }
  }

  private static func fault(pointer: String, detail: String) -> APIError {
    .invalidRequest([FieldError(pointer: pointer, detail: detail)])
  }
}
