// The start of a head: empty lines that are forgiven, then the request line.

extension RequestParser {
  private static let emptyLinesMax = 2
  private static let methodMax = 32

  /// Where the request line begins: some clients send an empty line after a body (RFC 9112 §2.2).
  func skipEmptyLines(_ input: Span<UInt8>) throws(RequestError) -> Int? {
    var position = 0
    while position < input.count, input[position] == .carriageReturn {
      guard position < Self.emptyLinesMax * 2 else { throw .tooManyEmptyLines }
      guard position + 1 < input.count else { return nil }
      guard input[position + 1] == .lineFeed else { throw .bareCarriageReturn }
      position += 2
    }
    return position < input.count ? position : nil
  }

  /// `method SP target SP version CRLF` with single spaces (RFC 9112 §3). False when incomplete.
  func takeRequestLine(
    _ head: Span<UInt8>, at position: inout Int, into request: inout Request
  ) throws(RequestError) -> Bool {
    let stop = min(head.count, limits.requestLineMax)

    let methodEnd = head.endOfRun(of: .token, from: 0, to: min(stop, Self.methodMax))
    guard methodEnd < stop else { return try incomplete(stop) }
    guard head[methodEnd] == .space, methodEnd > 0 else { throw methodRefusal(head[methodEnd], at: methodEnd) }
    request.method = Method(head, count: methodEnd)

    let targetStart = methodEnd + 1
    var targetEnd = head.endOfRun(of: .target, from: targetStart, to: stop)
    // A byte beyond ASCII is in no URI, but leaves no doubt where the line ends: the target is refused later.
    while targetEnd < stop, head[targetEnd] >= 0x80 {
      targetEnd = head.endOfRun(of: .target, from: targetEnd + 1, to: stop)
    }
    guard targetEnd < stop else { return try incomplete(stop) }
    guard head[targetEnd] == .space, targetEnd > targetStart else {
      switch head[targetEnd] {
      case .space, .carriageReturn: throw .malformedRequestLine
      case .lineFeed: throw .bareLineFeed
      default: throw .invalidTarget
      }
    }
    request.target.whole = targetStart..<targetEnd

    position = targetEnd + 1
    guard let version = try takeVersion(head, at: &position) else { return false }
    request.version = version
    return true
  }

  /// At `stop` the line has reached its limit, or the input its end.
  private func incomplete(_ stop: Int) throws(RequestError) -> Bool {
    guard stop < limits.requestLineMax else { throw .requestLineTooLong }
    return false
  }

  private func methodRefusal(_ byte: UInt8, at position: Int) -> RequestError {
    switch byte {
    case .lineFeed: .bareLineFeed
    case 0x16 where position == 0: .tlsHandshake  // ContentType handshake, RFC 8446 §5.1
    default: .malformedMethod
    }
  }

  /// `HTTP/1.1 CRLF`. The bytes are read one by one only where they are not just that.
  private func takeVersion(_ head: Span<UInt8>, at position: inout Int) throws(RequestError) -> Version? {
    if position + 8 <= limits.requestLineMax, head.hasBytes("HTTP/1.1\r\n", at: position) {
      position += 10
      return .http11
    }
    for expected in "HTTP/".utf8 {
      guard let byte = try lineByte(head, at: position) else { return nil }
      guard byte == expected else { throw versionRefusal(byte) }
      position += 1
    }
    guard let major = try lineByte(head, at: position) else { return nil }
    // HTTP/0.9 had no version in its request line, so a 0 is as malformed as a letter.
    guard ByteSet.digit.contains(major), major != UInt8(ascii: "0") else { throw versionRefusal(major) }
    position += 1
    var minor = UInt8(ascii: "0")
    guard position < head.count else { return nil }
    // "HTTP/2" is the name of a version, one that is not supported; "HTTP/1" is not.
    if major == UInt8(ascii: "1") || head[position] != .carriageReturn {
      guard let dot = try lineByte(head, at: position) else { return nil }
      guard dot == UInt8(ascii: ".") else { throw versionRefusal(dot) }
      guard let digit = try lineByte(head, at: position + 1) else { return nil }
      guard ByteSet.digit.contains(digit) else { throw versionRefusal(digit) }
      minor = digit
      position += 2
    }
    guard try takeLineEnd(head, at: &position) else { return nil }
    guard major == UInt8(ascii: "1") else { throw .unsupportedVersion }
    return minor == UInt8(ascii: "0") ? .http10 : .http11
  }

  /// The CRLF, which the limit does not count. False when incomplete.
  private func takeLineEnd(_ head: Span<UInt8>, at position: inout Int) throws(RequestError) -> Bool {
    guard position < head.count else { return false }
    guard head[position] == .carriageReturn else {
      throw position < limits.requestLineMax ? versionRefusal(head[position]) : .requestLineTooLong
    }
    guard position + 1 < head.count else { return false }
    guard head[position + 1] == .lineFeed else { throw .bareCarriageReturn }
    position += 2
    return true
  }

  /// The line's byte at `position`; nil at the end of the input.
  private func lineByte(_ head: Span<UInt8>, at position: Int) throws(RequestError) -> UInt8? {
    guard position < limits.requestLineMax else { throw .requestLineTooLong }
    return position < head.count ? head[position] : nil
  }

  private func versionRefusal(_ byte: UInt8) -> RequestError {
    byte == .lineFeed ? .bareLineFeed : .malformedVersion
  }
}
