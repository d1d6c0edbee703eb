/// The value of a response's field. A CR, LF, NUL or other control but HTAB cannot get in, so no value that a client
/// had a hand in can split a response (RFC 9110 §5.5).
package struct FieldValue: Sendable, ExpressibleByStringLiteral {
  package let bytes: [UInt8]

  /// nil where a byte is not allowed in a field value.
  package init?(bytes: [UInt8]) {
    guard bytes.allSatisfy(\.isFieldContent) else { return nil }
    self.bytes = bytes
  }

  /// The string's UTF-8; nil where a character is not allowed in a field value.
  ///
  /// `FieldValue("…")` with a literal is the initializer below, by Swift's rule for literals.
  package init?(_ string: String) {
    self.init(bytes: [UInt8](string.utf8))
  }

  /// Traps on a literal with a control character: that is a mistake in this program.
  package init(stringLiteral literal: String) {
    guard let value = FieldValue(literal) else { preconditionFailure("not a field value: \(literal)") }
    self = value
  }
}

/// The name of a response's field: a token (RFC 9110 §5.1).
package struct ResponseFieldName: Sendable, ExpressibleByStringLiteral {
  package let bytes: [UInt8]

  /// Traps on a literal that is not a token: that is a mistake in this program.
  package init(stringLiteral literal: String) {
    bytes = [UInt8](literal.utf8)
    precondition(!bytes.isEmpty && bytes.allSatisfy(ByteSet.token.contains), "not a field name: \(literal)")
  }

  package static let acceptRanges: ResponseFieldName = "Accept-Ranges"
  package static let allow: ResponseFieldName = "Allow"
  package static let cacheControl: ResponseFieldName = "Cache-Control"
  package static let contentEncoding: ResponseFieldName = "Content-Encoding"
  package static let contentSecurityPolicy: ResponseFieldName = "Content-Security-Policy"
  package static let contentType: ResponseFieldName = "Content-Type"
  package static let contentTypeOptions: ResponseFieldName = "X-Content-Type-Options"
  package static let etag: ResponseFieldName = "ETag"
  package static let link: ResponseFieldName = "Link"
  package static let location: ResponseFieldName = "Location"
  package static let referrerPolicy: ResponseFieldName = "Referrer-Policy"
  package static let retryAfter: ResponseFieldName = "Retry-After"
  package static let vary: ResponseFieldName = "Vary"
  package static let wwwAuthenticate: ResponseFieldName = "WWW-Authenticate"
}
