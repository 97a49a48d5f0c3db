/// A whole response. `ResponseSerializer` adds the fields that belong to the connection (Content-Length, Date,
/// Connection); setting them here has no effect.
package struct Response: Sendable, Hashable {
  package var status: Status
  package var fields: Fields
  package var body: [UInt8]

  package init(status: Status, fields: Fields = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// A response with a body of one media type.
  package init(status: Status, contentType: String, body: [UInt8]) {
    self.init(status: status, fields: ["Content-Type": contentType], body: body)
  }
}
