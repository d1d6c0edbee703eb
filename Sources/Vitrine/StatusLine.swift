/// The first line of an answer, RFC 9112 §4: `HTTP/1.1 200 OK`.
struct StatusLine: Equatable {
  /// 100...999.
  let code: Int
  /// The server's words, possibly none; what is not visible ASCII or a blank shows as `?`.
  let reason: String

  /// What the bytes received so far come to.
  enum Reading: Equatable {
    /// More bytes may make it one.
    case incomplete
    case complete(StatusLine)
    /// Not HTTP/1.x, or longer than `bytesMax`.
    case malformed
  }

  /// Of line and interim answers together: a peer that sends more without an answer has none.
  static let bytesMax = 8192

  /// Reads the status line of the final answer; interim ones, 1xx, are passed over: RFC 9110 §15.2.
  static func read(_ bytes: [UInt8]) -> Reading {
    var rest = bytes[...]
    while true {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
        return bytes.count < bytesMax && couldBegin(rest) ? .incomplete : .malformed
      }
      guard let line = StatusLine(rest[...end]) else { return .malformed }
      guard line.code < 200 else { return .complete(line) }
      guard let next = endOfHead(rest) else { return bytes.count < bytesMax ? .incomplete : .malformed }
      rest = rest[next...]
    }
  }

  /// - Parameter line: with its CRLF; a bare LF is refused, and so is a missing blank after the code.
  private init?(_ line: ArraySlice<UInt8>) {
    let start = line.startIndex
    guard line.count >= Self.fixedCount + 2, line.starts(with: Self.protocolName), Self.isDigit(line[start + 7]),
      line[start + 8] == UInt8(ascii: " "), line[(start + 9)..<(start + 12)].allSatisfy(Self.isDigit),
      line[start + 12] == UInt8(ascii: " "), line.suffix(2) == [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    else { return nil }
    code = line[(start + 9)..<(start + 12)].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    guard code >= 100 else { return nil }
    reason = String(line[(start + Self.fixedCount)...].dropLast(2).map { Character(visible: $0) })
  }

  private static let protocolName = Array("HTTP/1.".utf8)
  /// Bytes of `HTTP/1.1 200 `.
  private static let fixedCount = 13

  /// A peer that speaks another protocol is told by its first bytes, not by the deadline.
  private static func couldBegin(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.prefix(protocolName.count).elementsEqual(protocolName.prefix(bytes.count))
  }

  /// Behind the empty line.
  private static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
    var lineStart = bytes.startIndex
    while let end = bytes[lineStart...].firstIndex(of: UInt8(ascii: "\n")) {
      if bytes[lineStart..<end].elementsEqual([UInt8(ascii: "\r")]) { return end + 1 }
      lineStart = end + 1
    }
    return nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension Character {
  /// The byte as ASCII; `?` for what would move a terminal's cursor or worse.
  fileprivate init(visible byte: UInt8) {
    self = (0x20...0x7e).contains(byte) ? Character(UnicodeScalar(byte)) : "?"
  }
}
