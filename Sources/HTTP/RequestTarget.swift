/// The target of a request (RFC 9112 §3.2), taken apart. The ranges point into `Request.bytes`.
package struct RequestTarget: Sendable {
  package enum Form: UInt8, Sendable {
    /// `/path?query`
    case origin
    /// `http://host/path?query`, as a proxy is asked; served like the origin form.
    case absolute
    /// `host:port`, for CONNECT only.
    case authority
    /// `*`, for OPTIONS only.
    case asterisk
  }

  package internal(set) var form = Form.origin
  /// The target as it was sent.
  package internal(set) var whole = 0..<0
  /// The decoded path; see `Request.path`.
  package internal(set) var path = 0..<0
  /// What follows the first "?", not decoded.
  package internal(set) var query: Range<Int>?
  /// Host and port of the absolute and the authority form.
  package internal(set) var authority: Range<Int>?

  init() {}
}

extension RequestTarget {
  /// Takes the target at `range` apart and checks it: RFC 3986's syntax first, then our policy on decoded paths.
  ///
  /// - Parameter bytes: a copy of `head`; a path that needs decoding is appended to it.
  init(_ head: Span<UInt8>, in range: Range<Int>, method: Method, bytes: inout [UInt8]) throws(RequestError) {
    self.init()
    whole = range
    if method == .connect {
      guard Authority.isValid(head, in: range, needsPort: true) else { throw .invalidTarget }
      (form, path, authority) = (.authority, range, range)
      return
    }
    switch head[range.lowerBound] {
    case UInt8(ascii: "/"):
      try takePath(head, range, &bytes)
    case UInt8(ascii: "*") where range.count == 1:
      guard method == .options else { throw .asteriskWithoutOptions }
      (form, path) = (.asterisk, range)
    default:
      form = .absolute
      try takePath(head, try takeAuthority(head, range), &bytes)
    }
  }

  /// Takes `http://host:port` off the front and returns the rest. Userinfo is refused (RFC 9110 §4.2.4).
  private mutating func takeAuthority(_ head: Span<UInt8>, _ range: Range<Int>) throws(RequestError) -> Range<Int> {
    let colon = head.endOfRun(of: .token, from: range.lowerBound, to: range.upperBound)
    let scheme = range.lowerBound..<colon
    guard
      head.equalsIgnoringCase("http", in: scheme) || head.equalsIgnoringCase("https", in: scheme),
      head.hasBytes("://", at: colon)
    else { throw .invalidTarget }
    let start = colon + 3
    var end = start
    while end < range.upperBound, head[end] != UInt8(ascii: "/"), head[end] != UInt8(ascii: "?") { end += 1 }
    guard Authority.isValid(head, in: start..<end, needsPort: false) else { throw .invalidTarget }
    authority = start..<end
    return end..<range.upperBound
  }

  private mutating func takePath(
    _ head: Span<UInt8>, _ range: Range<Int>, _ bytes: inout [UInt8]
  ) throws(RequestError) {
    var end = head.endOfRun(of: .plainPath, from: range.lowerBound, to: range.upperBound)
    if end == range.lowerBound {
      // An absolute URI with an empty path means "/" (RFC 9110 §4.2.3).
      path = bytes.count..<bytes.count + 1
      bytes.append(UInt8(ascii: "/"))
    } else if end == range.upperBound || head[end] == UInt8(ascii: "?") {
      path = range.lowerBound..<end
    } else {
      end = try decodePath(head, range, &bytes)
    }
    guard end < range.upperBound else { return }
    guard head[end] == UInt8(ascii: "?") else { throw .invalidTarget }
    query = end + 1..<range.upperBound
    try checkQuery(head, end + 1..<range.upperBound)
  }

  /// The slow way, for a path with a dot or an escape. Returns where it ends.
  ///
  /// `%2F` is left as it is, since decoded it would make a segment boundary that the client did not mean; as a
  /// boundary of `..` it counts, in case a handler decodes it later. So `%25` is left too: `%252F` is another name.
  private mutating func decodePath(
    _ head: Span<UInt8>, _ range: Range<Int>, _ bytes: inout [UInt8]
  ) throws(RequestError) -> Int {
    let start = bytes.count
    var position = range.lowerBound
    var segment = DotSegment()
    while position < range.upperBound, head[position] != UInt8(ascii: "?") {
      var byte = head[position]
      guard ByteSet.path.contains(byte) else { throw .invalidTarget }
      var length = 1
      if byte == UInt8(ascii: "%") {
        guard let escaped = head.escapedByte(at: position, end: range.upperBound) else { throw .invalidTarget }
        guard !escaped.isControl else { throw .escapedControl }
        (byte, length) = (escaped, 3)
      }
      try segment.take(byte)
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%") {
        bytes.append(copying: head.extracting(position..<position + length))
      } else {
        bytes.append(byte)
      }
      position += length
    }
    try segment.take(UInt8(ascii: "/"))
    path = start..<bytes.count
    return position
  }

  private func checkQuery(_ head: Span<UInt8>, _ range: Range<Int>) throws(RequestError) {
    var position = range.lowerBound
    while true {
      position = head.endOfRun(of: .plainQuery, from: position, to: range.upperBound)
      guard position < range.upperBound else { return }
      guard head[position] == UInt8(ascii: "%"), let escaped = head.escapedByte(at: position, end: range.upperBound)
      else { throw .invalidTarget }
      guard escaped != 0 else { throw .escapedControl }
      position += 3
    }
  }
}

/// Watches a path's decoded bytes go by for a segment that is "..": nothing here climbs, so it can only be an attempt.
private struct DotSegment {
  private var dots = 0
  private var hasOthers = false

  mutating func take(_ byte: UInt8) throws(RequestError) {
    switch byte {
    case UInt8(ascii: "/"):
      guard dots != 2 || hasOthers else { throw .parentSegment }
      (dots, hasOthers) = (0, false)
    case UInt8(ascii: "."): dots += 1
    default: hasOthers = true
    }
  }
}
