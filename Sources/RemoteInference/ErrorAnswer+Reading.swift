import BoundedJSON

extension ErrorAnswer {
  /// Reads an answer that is an error in any of the forms servers use: OpenAI's `error` object, a problem document (RFC
  /// 9457), FastAPI's `detail`, a text or a page. None of them is relied on: the status decides.
  ///
  /// - Parameter key: what must not be shown, should the server repeat it.
  init(_ reply: HTTPReply, hiding key: APIKey?, wallSeconds: Int) {
    self.init(status: reply.status, message: "")
    retryAfter = RetryAfter.duration(in: reply.fields, wallSeconds: wallSeconds)
    func clean(_ text: String) -> String { Excerpt.text(text, hiding: key) }
    // `try?`: what is not JSON is shown as it is.
    guard let document = try? JSONReader.value(reply.body, limits: .request), document.object != nil else {
      message = Self.page(reply).map(clean) ?? Excerpt.text(reply.body, hiding: key)
      return
    }
    let error = document["error"]
    let text =
      error?["message"]?.string ?? error?.string ?? document["detail"]?.string ?? Self.details(document["detail"])
      ?? document["message"]?.string ?? document["title"]?.string
    message = text.map(clean) ?? Excerpt.text(reply.body, hiding: key)
    let word = error?["code"]?.string ?? error?["type"]?.string ?? document["type"]?.string ?? document["code"]?.string
    code = word.flatMap { $0.split(separator: ":").last }.map { clean(String($0)) }
    retryable = document["retryable"]?.bool
  }

  /// What validators say of each field: "body.messages: field required".
  private static func details(_ value: JSONValue?) -> String? {
    guard let list = value?.array, !list.isEmpty else { return nil }
    let sentences = list.prefix(5).compactMap { entry -> String? in
      guard let text = entry["msg"]?.string ?? entry["detail"]?.string else { return nil }
      let place = entry["loc"]?.array?.compactMap { $0.string ?? $0.integer.map(String.init) } ?? []
      return place.isEmpty ? text : "\(place.joined(separator: ".")): \(text)"
    }
    return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
  }

  /// The title of a page; nil where the answer is none.
  private static func page(_ reply: HTTPReply) -> String? {
    let start = String(decoding: reply.body.prefix(65_536), as: UTF8.self)
    guard reply.fields["content-type"]?.lowercased().hasPrefix("text/html") == true || start.hasPrefix("<!") else {
      return nil
    }
    guard let title = start.firstMatch(of: /(?i)<title[^>]*>([^<]*)<\/title>/) else { return "an HTML page" }
    return "an HTML page named \(String(title.1))"
  }
}
