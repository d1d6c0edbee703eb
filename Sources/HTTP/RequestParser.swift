/// Parses the head of a request: strictly RFC 9112, refusing rather than repairing.
///
/// Stateless: when more bytes arrive the head is parsed again from its start. Bytes are judged strictly from left to
/// right, and what needs the whole head only when it is there. So the outcome for the first n bytes of any input is
/// "incomplete" or exactly the outcome of the whole, however it is cut.
package struct RequestParser: Sendable {
  /// How much of a request is taken before it is refused.
  package struct Limits: Sendable {
    /// Bytes of the request line without its CRLF: 414 above.
    package var requestLineMax: Int
    /// Bytes of all field lines with their CRLFs: 431 above. Trailers have as many again.
    package var headerMax: Int
    /// Number of field lines: 431 above. Trailers have as many again.
    package var headerFieldsMax: Int
    /// Bytes of the body: 413 above.
    package var bodyMax: Int

    package init(
      requestLineMax: Int = 8192, headerMax: Int = 16384, headerFieldsMax: Int = 100, bodyMax: Int = 1_048_576
    ) {
      self.requestLineMax = requestLineMax
      self.headerMax = headerMax
      self.headerFieldsMax = headerFieldsMax
      self.bodyMax = bodyMax
    }
  }

  let limits: Limits

  package init(limits: Limits) {
    self.limits = limits
  }

  /// Parses the head at the start of `input` into `request`.
  ///
  /// - Parameter request: new, or filled by a parser with the same limits.
  /// - Returns: the number of bytes that the head takes, leading empty lines included; nil when it is incomplete.
  ///   Without a head, `request` is in no particular state, but for its method, `.other` as long as that is not known,
  ///   and its bytes: there are none.
  package func parse(_ input: Span<UInt8>, into request: inout Request) throws(RequestError) -> Int? {
    // Probes, scrapes and pollers send one head again and again: `request` has what it means already.
    if request.headCount > 0, input.hasBytes(request.bytes.span.extracting(0..<request.headCount)) {
      if !request.body.isEmpty { request.body.removeAll(keepingCapacity: true) }
      return request.headCount
    }
    request.reset()
    guard let start = try skipEmptyLines(input) else { return nil }
    let head = input.extracting(start..<input.count)
    var position = 0
    guard
      try takeRequestLine(head, at: &position, into: &request),
      try takeFieldLines(head, at: &position, into: &request.fields)
    else { return nil }
    request.bytes.append(copying: head.extracting(0..<position))
    try interpret(head, into: &request)
    request.headCount = position
    return start + position
  }
}
