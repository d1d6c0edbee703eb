/// `host [":" port]`: the Host field and the authority of a target (RFC 9110 §7.2, RFC 3986 §3.2).
///
/// Userinfo is refused, and so are what nobody sends: IPvFuture, and zone identifiers in an address.
enum Authority {
  /// The port may be missing or empty, unless `needsPort` says that it is CONNECT's.
  static func isValid(_ head: Span<UInt8>, in range: Range<Int>, needsPort: Bool) -> Bool {
    guard let hostEnd = endOfHost(head, range) else { return false }
    guard hostEnd < range.upperBound else { return !needsPort }
    guard head[hostEnd] == UInt8(ascii: ":") else { return false }
    let port = hostEnd + 1..<range.upperBound
    return port.isEmpty ? !needsPort : isPort(head, port)
  }

  private static func isPort(_ head: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var port = 0
    var position = range.lowerBound
    while position < range.upperBound {
      let digit = head[position] &- UInt8(ascii: "0")
      port = port &* 10 &+ Int(digit)
      guard digit < 10, port <= 65535 else { return false }
      position &+= 1
    }
    return true
  }

  /// nil when there is no valid host.
  private static func endOfHost(_ head: Span<UInt8>, _ range: Range<Int>) -> Int? {
    guard !range.isEmpty else { return nil }
    if head[range.lowerBound] == UInt8(ascii: "[") {
      let end = head.endOfRun(of: .addressLiteral, from: range.lowerBound + 1, to: range.upperBound)
      guard end < range.upperBound, head[end] == UInt8(ascii: "]") else { return nil }
      return isIPv6Address(head, range.lowerBound + 1..<end) ? end + 1 : nil
    }
    return endOfRegisteredName(head, range)
  }

  /// reg-name, of which an IPv4 address is one (RFC 3986 §3.2.2). An empty label is no name that DNS could look up
  /// (RFC 1034 §3.1); a final dot is.
  private static func endOfRegisteredName(_ head: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var position = range.lowerBound
    var labelStart = position
    while true {
      position = head.endOfRun(of: .plainLabel, from: position, to: range.upperBound)
      guard position < range.upperBound else { break }
      if head[position] == UInt8(ascii: ".") {
        guard position > labelStart else { return nil }
        position += 1
        labelStart = position
      } else if head[position] == UInt8(ascii: "%") {
        guard head.escapedByte(at: position, end: range.upperBound) != nil else { return nil }
        position += 3
      } else {
        break
      }
    }
    return position > range.lowerBound ? position : nil
  }

  /// IPv6address of RFC 3986 §3.2.2: eight groups of one to four digits, the last two perhaps an IPv4 address; one
  /// "::" stands for at least one group.
  private static func isIPv6Address(_ head: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let end = range.upperBound
    var position = range.lowerBound
    var groups = 0
    var isCompressed = head.extracting(range).hasBytes("::", at: 0)
    if isCompressed { position += 2 }
    while position < end {
      let groupEnd = head.endOfRun(of: .hexDigit, from: position, to: min(end, position + 4))
      if groupEnd < end, head[groupEnd] == UInt8(ascii: ".") {
        guard isIPv4Address(head, position..<end) else { return false }
        groups += 2
        break
      }
      guard groupEnd > position else { return false }
      groups += 1
      position = groupEnd
      guard position < end else { break }
      guard head[position] == UInt8(ascii: ":"), position + 1 < end else { return false }
      position += 1
      if head[position] == UInt8(ascii: ":") {
        guard !isCompressed else { return false }
        isCompressed = true
        position += 1
      }
    }
    return isCompressed ? groups < 8 : groups == 8
  }

  /// IPv4address of RFC 3986 §3.2.2: four numbers up to 255 without leading zeros.
  private static func isIPv4Address(_ head: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var position = range.lowerBound
    for octet in 0..<4 {
      if octet > 0 {
        guard position < range.upperBound, head[position] == UInt8(ascii: ".") else { return false }
        position += 1
      }
      let end = head.endOfRun(of: .digit, from: position, to: min(range.upperBound, position + 3))
      guard end > position, end == position + 1 || head[position] != UInt8(ascii: "0") else { return false }
      var value = 0
      for digit in position..<end { value = value * 10 + Int(head[digit] &- UInt8(ascii: "0")) }
      guard value <= 255 else { return false }
      position = end
    }
    return position == range.upperBound
  }
}

extension ByteSet {
  /// HEXDIG, ":" and ".": what may stand between the brackets.
  fileprivate static var addressLiteral: ByteSet {
    ByteSet(low: ByteSet.hexDigit.low | 1 << 0x3A | 1 << 0x2E, high: ByteSet.hexDigit.high)
  }
}
