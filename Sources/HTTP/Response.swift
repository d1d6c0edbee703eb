/// What a handler answers. Date, Connection and Content-Length are the encoder's; adding them here sends them twice.
package struct Response: Sendable {
  package var status: Status
  /// Rendered: `Name: value CRLF` for each field, in the order they were added.
  package private(set) var fieldLines: [UInt8] = []
  package var body: [UInt8]

  package init(_ status: Status, contentType: FieldValue? = nil, body: [UInt8] = []) {
    self.status = status
    self.body = body
    if let contentType { add(.contentType, contentType) }
  }

  /// Adds a field after those that are there. Names may repeat.
  package mutating func add(_ name: ResponseFieldName, _ value: FieldValue) {
    fieldLines.reserveCapacity(fieldLines.count + name.bytes.count + value.bytes.count + 4)
    fieldLines.append(contentsOf: name.bytes)
    fieldLines.append(literal: ": ")
    fieldLines.append(contentsOf: value.bytes)
    fieldLines.append(literal: "\r\n")
  }

  /// A copy with one field more.
  package func adding(_ name: ResponseFieldName, _ value: FieldValue) -> Response {
    var response = self
    response.add(name, value)
    return response
  }
}
