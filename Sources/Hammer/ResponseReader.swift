/// Reads one answer, as it comes, up to its end: RFC 9112 §6.3. What it says is not kept but for what a load generator
/// counts by. Pure.
package struct ResponseReader: Sendable {
  package enum Progress: Sendable, Equatable {
    case incomplete
    /// All of it has come, and nothing else.
    case complete
    /// It is no answer of HTTP/1, or more has come than it says.
    case malformed
  }

  private enum Body: Equatable {
    case head
    case counted(Int)
    case chunked
    case untilEnd
    case over
  }

  /// Of an answer's head; interim ones apart.
  private static let headMax = 64 << 10

  package private(set) var status = 0
  /// The connection ends with this answer.
  package private(set) var closes = false
  /// The value of `X-Version`; empty without one.
  package private(set) var version: [UInt8] = []
  /// The value of `X-Served-By`; empty without one.
  package private(set) var server: [UInt8] = []
  package private(set) var hasBegun = false

  private let toHEAD: Bool
  private var head: [UInt8] = []
  private var body = Body.head
  private var chunks = ChunkReader()

  package init(toHEAD: Bool) {
    self.toHEAD = toHEAD
  }

  package mutating func read(_ bytes: ArraySlice<UInt8>) -> Progress {
    var rest = bytes
    hasBegun = hasBegun || !bytes.isEmpty
    while body == .head {
      let known = head.count
      head += rest
      guard let end = Self.endOfHead(in: head, from: max(known - 3, 0)) else {
        return head.count <= Self.headMax ? .incomplete : .malformed
      }
      rest = rest.dropFirst(end - known)
      guard takeHead(head[..<end]) else { return .malformed }
      head.removeAll(keepingCapacity: true)
    }
    switch body {
    case .head: return .incomplete
    case .over: return rest.isEmpty ? .complete : .malformed
    case .untilEnd: return .incomplete
    case .counted(let left):
      guard rest.count <= left else { return .malformed }
      body = rest.count == left ? .over : .counted(left - rest.count)
    case .chunked:
      guard let isOver = chunks.read(rest) else { return .malformed }
      if isOver { body = .over }
    }
    return body == .over ? .complete : .incomplete
  }

  /// The server has ended the connection: whether that is how this answer ends.
  package var endsWithConnection: Bool { body == .untilEnd }

  /// False for what is no head. An interim answer, 1xx, leaves the reader at the beginning of the next.
  private mutating func takeHead(_ head: ArraySlice<UInt8>) -> Bool {
    let line = head.prefix { $0 != 13 }
    guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), let code = Self.number(line.dropFirst(9).prefix(3)),
      code >= 100
    else { return false }
    guard code >= 200 else { return true }
    status = code
    closes = line[line.startIndex + 7] == UInt8(ascii: "0")
    var length: Int?
    var isChunked = false
    var rest = head.dropFirst(line.count + 2)
    while let end = rest.firstIndex(of: 13), end > rest.startIndex {
      let field = rest[..<end]
      rest = rest[(end + 2)...]
      guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { return false }
      let value = Self.trimmed(field[(colon + 1)...])
      switch colon - field.startIndex {
      case 14 where Self.isName(field, "content-length"):
        guard let number = Self.number(value) else { return false }
        length = number
      case 17 where Self.isName(field, "transfer-encoding"): isChunked = Self.isName(value, "chunked")
      case 10 where Self.isName(field, "connection"): closes = closes || Self.isName(value, "close")
      case 9 where Self.isName(field, "x-version"): version = Array(value)
      case 11 where Self.isName(field, "x-served-by"): server = Array(value)
      default: break
      }
    }
    if toHEAD || status == 204 || status == 304 {
      body = .over
    } else if isChunked {
      body = .chunked
    } else if let length {
      body = length == 0 ? .over : .counted(length)
    } else {
      body = .untilEnd
      closes = true
    }
    return true
  }

  private static func endOfHead(in bytes: [UInt8], from start: Int) -> Int? {
    var position = start
    while position + 4 <= bytes.count {
      if bytes[position] == 13, bytes[position + 1] == 10, bytes[position + 2] == 13, bytes[position + 3] == 10 {
        return position + 4
      }
      position += 1
    }
    return nil
  }

  /// Whether `bytes` begin with this word, in whatever case.
  private static func isName(_ bytes: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
    name.withUTF8Buffer { word in
      unsafe bytes.count >= word.count && zip(bytes, word).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes.drop { $0 == 32 || $0 == 9 }
    while let last = bytes.last, last == 32 || last == 9 { bytes = bytes.dropLast() }
    return bytes
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...15).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
  }
}

/// Where chunks end, RFC 9112 §7.1; what is in them nobody wants to know.
private struct ChunkReader: Sendable {
  private enum Place { case size, data(Int), trailer }

  private var place = Place.size
  /// Of a line that has not ended.
  private var line: [UInt8] = []

  /// Whether the last chunk and its trailers have come, and nothing behind them; nil for what are no chunks.
  mutating func read(_ bytes: ArraySlice<UInt8>) -> Bool? {
    var rest = bytes
    while !rest.isEmpty {
      if case .data(let left) = place {
        let taken = min(left, rest.count)
        rest = rest.dropFirst(taken)
        place = taken == left ? .size : .data(left - taken)
        continue
      }
      guard let end = rest.firstIndex(of: 10) else {
        line += rest
        return line.count < 1024 ? false : nil
      }
      line += rest[..<end]
      rest = rest[(end + 1)...]
      guard line.popLast() == 13 else { return nil }
      if case .trailer = place {
        if line.isEmpty { return rest.isEmpty ? true : nil }
      } else {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        // Fewer than would fill an Int; and Int's own reading takes a sign.
        guard digits.count < 16, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
          let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        // With the CRLF behind it.
        place = size == 0 ? .trailer : .data(size + 2)
      }
      line.removeAll(keepingCapacity: true)
    }
    return false
  }
}
