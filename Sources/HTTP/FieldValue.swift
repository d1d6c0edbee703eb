/// The value of a response's field. A CR, LF, NUL or other control but HTAB cannot get in, so no value that a client
/// had a hand in can split a response; nor can white space at an end, which a reader would drop (RFC 9110 §5.5).
package struct FieldValue: Sendable, ExpressibleByStringLiteral {
  package private(set) var bytes: [UInt8]

  /// nil where the bytes are not a field value.
  package init?(bytes: [UInt8]) {
    guard Self.isValid(bytes) else { return nil }
    self.bytes = bytes
  }

  /// The string's UTF-8; nil where that is not a field value.
  ///
  /// `FieldValue("…")` with a literal is the initializer below, by Swift's rule for literals.
  package init?(_ string: String) {
    self.init(bytes: [UInt8](string.utf8))
  }

  /// Traps on a literal that is not a field value: that is a mistake in this program.
  package init(stringLiteral literal: String) {
    guard let value = FieldValue(literal) else { preconditionFailure("not a field value: \(literal)") }
    self = value
  }

  /// Makes it the number's 16 hex digits, in the storage that it has.
  package mutating func write(hexadecimal number: UInt64) {
    if bytes.count != 16 { bytes = Array(repeating: 0, count: 16) }
    unsafe bytes.withUnsafeMutableBytes {
      unsafe $0.storeBytes(of: Self.hexDigits(UInt32(truncatingIfNeeded: number >> 32)), as: UInt64.self)
      unsafe $0.storeBytes(
        of: Self.hexDigits(UInt32(truncatingIfNeeded: number)), toByteOffset: 8, as: UInt64.self)
    }
  }

  /// Eight digits as they stand in memory, all at once: each nibble gets a byte of a word.
  private static func hexDigits(_ number: UInt32) -> UInt64 {
    var word = UInt64(number)
    word = (word | word << 16) & 0x0000_ffff_0000_ffff
    word = (word | word << 8) & 0x00ff_00ff_00ff_00ff
    word = (word | word << 4) & 0x0f0f_0f0f_0f0f_0f0f
    // Adding 6 carries into bit 4 from 10 on; those digits are letters, which stand 39 further on.
    let letters = (word + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return (word + 0x3030_3030_3030_3030 + letters * 39).bigEndian
  }

  private static func isValid(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first, let last = bytes.last else { return true }
    return !first.isWhitespace && !last.isWhitespace && bytes.allSatisfy(\.isFieldContent)
  }
}

/// The name of a response's field: a token (RFC 9110 §5.1), and none of those by which a client finds the end of the
/// response and of the connection, which are the encoder's alone.
package struct ResponseFieldName: Sendable, ExpressibleByStringLiteral {
  package let bytes: [UInt8]

  /// nil where the string is no such name.
  package init?(_ string: String) {
    bytes = [UInt8](string.utf8)
    let name = bytes.map(\.lowercased)
    guard !bytes.isEmpty, bytes.allSatisfy(ByteSet.token.contains), !Self.own.contains(where: name.elementsEqual) else {
      return nil
    }
  }

  /// Traps on a literal that is no such name: that is a mistake in this program.
  package init(stringLiteral literal: String) {
    guard let name = ResponseFieldName(literal) else { preconditionFailure("not a field name: \(literal)") }
    self = name
  }

  /// The encoder's.
  private static let own = ["content-length", "transfer-encoding", "connection", "date"].map(\.utf8)

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
