/// What a handler answers.
package struct Response: Sendable {
  package var status: Status
  package private(set) var fields: ResponseFields = [:]
  package var body: [UInt8]

  package init(_ status: Status, contentType: FieldValue? = nil, body: [UInt8] = []) {
    self.status = status
    self.body = body
    if let contentType { add(.contentType, contentType) }
  }

  /// Adds a field after those that are there. Names may repeat.
  package mutating func add(_ name: ResponseFieldName, _ value: FieldValue) {
    fields.add(name, value)
  }

  /// A copy with one field more.
  package func adding(_ name: ResponseFieldName, _ value: FieldValue) -> Response {
    var response = self
    response.add(name, value)
    return response
  }
}
