/// What a handler answers.
package struct Response: Sendable {
  package var status: Status
  package private(set) var fields: ResponseFields = [:]
  /// Kept on a status that has none, where it is not sent: the answer is otherwise that of the 200.
  package var body: [UInt8]
  /// The entity tag of `body`, with its quotes; a coded form of it gets another one.
  package var etag: FieldValue?
  /// Whether a client that prefers it gets the body in gzip.
  package private(set) var isCompressible = false

  package init(_ status: Status, contentType: FieldValue? = nil, body: [UInt8] = []) {
    self.status = status
    self.body = body
    if let contentType { add(.contentType, contentType) }
  }

  /// Adds a field after those that are there. Names may repeat.
  package mutating func add(_ name: ResponseFieldName, _ value: FieldValue) {
    fields.add(name, value)
  }

  /// A copy that may be compressed.
  ///
  /// - Parameter vary: the fields of requests by which the answer is chosen, for caches.
  package func compressible(vary: FieldValue = "Accept-Encoding") -> Response {
    var response = adding(.vary, vary)
    response.isCompressible = true
    return response
  }

  /// The same in gzip: `encoded` in the place of the body, and an ETag of its own (RFC 9110 §8.8.3.3).
  package func gzipped(_ encoded: [UInt8]) -> Response {
    var response = self
    response.body = encoded
    if status.allowsBody { response.add(.contentEncoding, "gzip") }
    response.etag = etag.flatMap { FieldValue(bytes: $0.bytes.dropLast() + ETag.gzipSuffix) }
    return response
  }

  /// A copy with one field more.
  package func adding(_ name: ResponseFieldName, _ value: FieldValue) -> Response {
    var response = self
    response.add(name, value)
    return response
  }
}
