/// The grammar of JSON (RFC 8259), which tells where a text leaves it.
///
/// FoundationEssentials' decoder only says that it does, and lets some through: a comma behind the last element, a
/// field given twice of which one wins.
struct JSONSyntax {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  /// As JSONDecoder's: recursion on untrusted input ends somewhere.
  private static let depthMax = 512

  private struct Mistake: Error {
    let expected: String
  }

  /// `line 3, column 7: expected a value`, columns in bytes, both from 1; nil when this grammar finds nothing wrong.
  static func firstMistake(in bytes: [UInt8]) -> String? {
    var syntax = JSONSyntax(bytes: bytes)
    do throws(Mistake) {
      try syntax.value()
      syntax.skipWhitespace()
      if syntax.position < bytes.count { throw Mistake(expected: "the end") }
      return nil
    } catch {
      let before = bytes[..<syntax.position]
      let line = before.count { $0 == UInt8(ascii: "\n") } + 1
      let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      return "line \(line), column \(syntax.position - start + 1): expected \(error.expected)"
    }
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private mutating func value() throws(Mistake) {
    skipWhitespace()
    guard let next else { throw Mistake(expected: "a value") }
    switch next {
    case UInt8(ascii: "{"):
      var names: Set<ArraySlice<UInt8>> = []
      try list(closedBy: "}", of: "a field") { (syntax) throws(Mistake) in try syntax.field(&names) }
    case UInt8(ascii: "["): try list(closedBy: "]", of: "a value") { (syntax) throws(Mistake) in try syntax.value() }
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default:
      guard ["true", "false", "null"].contains(where: { take($0) }) else { throw Mistake(expected: "a value") }
    }
  }

  /// What stands between brackets, with commas between and none behind the last.
  private mutating func list(
    closedBy end: Unicode.Scalar, of element: String, _ read: (inout Self) throws(Mistake) -> Void
  ) throws(Mistake) {
    depth += 1
    guard depth <= Self.depthMax else { throw Mistake(expected: "at most \(Self.depthMax) levels") }
    position += 1
    skipWhitespace()
    if !take(end) {
      repeat {
        try read(&self)
        skipWhitespace()
      } while take(",")
      guard take(end) else { throw Mistake(expected: "\",\" or \"\(end)\" after \(element)") }
    }
    depth -= 1
  }

  private mutating func field(_ names: inout Set<ArraySlice<UInt8>>) throws(Mistake) {
    skipWhitespace()
    guard next == UInt8(ascii: "\"") else { throw Mistake(expected: "a field's name in double quotes") }
    let start = position
    try string()
    guard names.insert(bytes[start..<position]).inserted else {
      position = start
      throw Mistake(expected: "a name that this object does not have yet")
    }
    skipWhitespace()
    guard take(":") else { throw Mistake(expected: "\":\" after a field's name") }
    try value()
  }

  private mutating func string() throws(Mistake) {
    position += 1
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw Mistake(expected: "no bare control character in a string") }
      position += 1
      guard byte == UInt8(ascii: "\\") else { continue }
      if take("u") {
        for _ in 0..<4 {
          guard let digit = next, Unicode.Scalar(digit).properties.isASCIIHexDigit else {
            throw Mistake(expected: "four hexadecimal digits after \\u")
          }
          position += 1
        }
      } else {
        guard let escape = next, "\"\\/bfnrt".utf8.contains(escape) else { throw Mistake(expected: "an escape") }
        position += 1
      }
    }
    guard take("\"") else { throw Mistake(expected: "the end of a string") }
  }

  private mutating func number() throws(Mistake) {
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      try digits()
    }
  }

  private mutating func digits() throws(Mistake) {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw Mistake(expected: "a digit") }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipWhitespace() {
    while let byte = next, " \t\r\n".utf8.contains(byte) { position += 1 }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard let byte = next, Unicode.Scalar(byte) == scalar else { return false }
    position += 1
    return true
  }

  private mutating func take(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }
}
