/// The request fields that the server acts upon; every other one is `.other` and only carried along.
package enum FieldName: UInt8, Sendable, CaseIterable {
  case host, contentLength, transferEncoding, connection, expect, accept, acceptEncoding, ifNoneMatch, ifMatch, range
  case authorization, contentType, userAgent
  /// `X-Forwarded-For`
  case forwardedFor
  /// `X-Request-Id`
  case requestID
  case traceparent, trailer, upgrade, other
}

extension FieldName {
  /// The field that the token in `range` names, in any case (RFC 9110 §5.1).
  ///
  /// Length and first letter leave one candidate, which is then compared in full.
  init(_ head: Span<UInt8>, in range: Range<Int>) {
    // Setting bit 5 folds the letters; what else it folds cannot pass the comparison below.
    let initial = range.isEmpty ? 0 : head[range.lowerBound] | 0x20
    let (candidate, name): (FieldName, StaticString) =
      switch range.count {
      case 4: (.host, "host")
      case 5: (.range, "range")
      case 6: initial == UInt8(ascii: "a") ? (.accept, "accept") : (.expect, "expect")
      case 7: initial == UInt8(ascii: "u") ? (.upgrade, "upgrade") : (.trailer, "trailer")
      case 8: (.ifMatch, "if-match")
      case 10: initial == UInt8(ascii: "u") ? (.userAgent, "user-agent") : (.connection, "connection")
      case 11: (.traceparent, "traceparent")
      case 12: initial == UInt8(ascii: "c") ? (.contentType, "content-type") : (.requestID, "x-request-id")
      case 13: initial == UInt8(ascii: "i") ? (.ifNoneMatch, "if-none-match") : (.authorization, "authorization")
      case 14: (.contentLength, "content-length")
      case 15: initial == UInt8(ascii: "a") ? (.acceptEncoding, "accept-encoding") : (.forwardedFor, "x-forwarded-for")
      case 17: (.transferEncoding, "transfer-encoding")
      default: (.other, "")
      }
    self = head.equalsIgnoringCase(name, in: range) ? candidate : .other
  }
}
