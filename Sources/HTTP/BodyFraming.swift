/// How a request's body is delimited (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Equatable {
  /// No body follows: no length, or a length of 0.
  case none
  /// So many bytes follow: above 0 and within `RequestParser.Limits.bodyMax`.
  case length(Int)
  /// Chunks follow, for a `ChunkedDecoder`.
  case chunked
}

extension BodyFraming {
  /// The length in a Content-Length value: 1*DIGIT and nothing else (RFC 9110 §8.6).
  ///
  /// A well-formed number is `.contentTooLarge` above `bodyMax`, however many digits it has.
  init(contentLength value: Range<Int>, in head: Span<UInt8>, bodyMax: Int) throws(RequestError) {
    guard !value.isEmpty, head.endOfRun(of: .digit, from: value.lowerBound, to: value.upperBound) == value.upperBound
    else { throw .invalidContentLength }
    var length = 0
    for position in value {
      let digit = Int(head[position] &- UInt8(ascii: "0"))
      let (tenfold, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(digit)
      guard !overflow, !carry, sum <= bodyMax else { throw .contentTooLarge }
      length = sum
    }
    self = length == 0 ? .none : .length(length)
  }
}

/// The codings of all Transfer-Encoding lines of a head, in order (RFC 9112 §6.1).
struct TransferCodings {
  private var isChunked = false
  private var hasOthers = false

  /// Takes one line's list. Refused are an empty member, what is no bare token (no registered coding has
  /// parameters), `identity` (withdrawn by RFC 7230), and anything after `chunked`, itself included.
  mutating func add(_ value: Range<Int>, in head: Span<UInt8>) throws(RequestError) {
    var position = value.lowerBound
    while let coding = head.nextListMember(at: &position, end: value.upperBound) {
      guard
        !isChunked, !coding.isEmpty,
        head.endOfRun(of: .token, from: coding.lowerBound, to: coding.upperBound) == coding.upperBound,
        !head.equalsIgnoringCase("identity", in: coding)
      else { throw .malformedTransferEncoding }
      if head.equalsIgnoringCase("chunked", in: coding) { isChunked = true } else { hasOthers = true }
    }
  }

  /// `.chunked`; a list that does not end so leaves the length unknown, which is a 400 (RFC 9112 §6.3).
  func framing() throws(RequestError) -> BodyFraming {
    guard isChunked else { throw .malformedTransferEncoding }
    guard !hasOthers else { throw .unsupportedTransferEncoding }
    return .chunked
  }
}
