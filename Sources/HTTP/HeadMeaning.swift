// What the parts of a head mean together. Judged only when the head is complete, in one fixed order: target, Host,
// framing, Expect. So a head with several faults is refused for the same one however it is cut. A fault that leaves no
// doubt where the request ends is only noted in it: another one that does is thrown, and wins.

extension RequestParser {
  /// Fills in what follows from request line and fields.
  func interpret(_ head: Span<UInt8>, into request: inout Request) throws(RequestError) {
    do throws(RequestError) {
      let target = request.target.whole
      request.target = try RequestTarget(head, in: target, method: request.method, bytes: &request.bytes)
    } catch {
      // What follows a CONNECT may be no HTTP at all.
      guard error != .asteriskWithoutOptions, request.method != .connect else { throw error }
      request.refusal = error
    }
    let notes = HeadNotes(head, request.fields)
    try checkHost(notes, head, request.version)
    request.framing = try framing(notes, head, request)
    request.keepAlive = notes.keepAlive(request.version)
    // On 1.0 the expectation is ignored (RFC 9110 §10.1.1); and without a body there is nothing to wait for.
    if request.version == .http11 {
      request.expectsContinue = (notes.expectsContinue || notes.expectsOther) && request.framing != .none
      // CONNECT is refused for itself, and ends the connection.
      if notes.expectsOther, request.refusal == nil, request.method != .connect {
        request.refusal = .expectationFailed
      }
    }
  }

  /// Exactly one valid Host, which only 1.0 may leave out (RFC 9112 §3.2).
  private func checkHost(_ notes: HeadNotes, _ head: Span<UInt8>, _ version: Version) throws(RequestError) {
    guard let host = notes.host else {
      guard version == .http10 else { throw .missingHost }
      return
    }
    guard !notes.hasSecondHost else { throw .duplicateHost }
    guard Authority.isValid(head, in: host, needsPort: false) else { throw .invalidHost }
  }

  /// RFC 9112 §6.3, refusing everything that two readers could read differently.
  private func framing(
    _ notes: HeadNotes, _ head: Span<UInt8>, _ request: borrowing Request
  ) throws(RequestError) -> BodyFraming {
    if notes.hasTransferEncoding {
      guard notes.contentLength == nil else { throw .lengthAndEncoding }
      guard request.version == .http11 else { throw .encodingOnHTTP10 }
      var codings = TransferCodings()
      for line in request.fields.lines where line.known == .transferEncoding { try codings.add(line.value, in: head) }
      return try codings.framing()
    }
    guard let length = notes.contentLength else { return .none }
    guard !notes.hasSecondContentLength else { throw .duplicateContentLength }
    return try BodyFraming(contentLength: length, in: head, bodyMax: limits.bodyMax)
  }
}

/// What one walk over the fields finds of those that steer the connection.
private struct HeadNotes {
  var host: Range<Int>?
  var hasSecondHost = false
  var contentLength: Range<Int>?
  var hasSecondContentLength = false
  var hasTransferEncoding = false
  var expectsContinue = false
  var expectsOther = false
  private var saysClose = false
  private var saysKeepAlive = false

  init(_ head: Span<UInt8>, _ fields: borrowing Fields) {
    for line in fields.lines {
      switch line.known {
      case .host:
        hasSecondHost = host != nil
        host = line.value
      case .contentLength:
        hasSecondContentLength = contentLength != nil
        contentLength = line.value
      case .transferEncoding:
        hasTransferEncoding = true
      case .connection:
        takeConnection(head, line.value)
      case .expect:
        takeExpect(head, line.value)
      default:
        break
      }
    }
  }

  /// Options that are not ours are ignored, and so are malformed ones: the list steers nothing else here.
  private mutating func takeConnection(_ head: Span<UInt8>, _ value: Range<Int>) {
    var position = value.lowerBound
    while let option = head.nextListMember(at: &position, end: value.upperBound) {
      if head.equalsIgnoringCase("close", in: option) { saysClose = true }
      if head.equalsIgnoringCase("keep-alive", in: option) { saysKeepAlive = true }
    }
  }

  /// RFC 9110 §10.1.1; an empty value asks for nothing that we know.
  private mutating func takeExpect(_ head: Span<UInt8>, _ value: Range<Int>) {
    var position = value.lowerBound
    while let expectation = head.nextListMember(at: &position, end: value.upperBound) {
      if head.equalsIgnoringCase("100-continue", in: expectation) {
        expectsContinue = true
      } else {
        expectsOther = true
      }
    }
  }

  /// RFC 9112 §9.3; `close` wins over `keep-alive`.
  func keepAlive(_ version: Version) -> Bool {
    !saysClose && (version == .http11 || saysKeepAlive)
  }
}
