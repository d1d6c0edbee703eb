/// Where a text leaves the grammar of JSON.
package struct JSONSyntaxError: Error, Sendable, Equatable {
  /// `line 3, column 7: expected a value`, columns in bytes, both from 1.
  package let place: String
}

/// Reads JSON (RFC 8259) that nobody vouches for, value by value: a file of 100,000 products is never one tree.
///
/// Stricter than most readers: a name that an object has twice is refused (of two prices one would win), so are bytes
/// that are not UTF-8, half a surrogate pair and nesting beyond `depthMax`.
package struct JSONReader {
  /// Nothing here is deeper than four: recursion on untrusted input ends somewhere.
  package static let depthMax = 32

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The one value that `bytes` are.
  package static func value(of bytes: [UInt8]) throws(JSONSyntaxError) -> JSON {
    var reader = JSONReader(bytes)
    let value = try reader.value()
    try reader.end()
    return value
  }

  /// The next value, whole.
  package mutating func value() throws(JSONSyntaxError) -> JSON {
    switch peek() {
    case UInt8(ascii: "{"):
      var members: [JSON.Member] = []
      try self.members { (name, reader) throws(JSONSyntaxError) in
        members.append(JSON.Member(name: name, value: try reader.value()))
      }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSON] = []
      try self.elements { (reader) throws(JSONSyntaxError) in elements.append(try reader.value()) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string())
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return .number(try number())
    case UInt8(ascii: "t") where take(word: "true"): return .bool(true)
    case UInt8(ascii: "f") where take(word: "false"): return .bool(false)
    case UInt8(ascii: "n") where take(word: "null"): return .null
    default: throw expected("a value")
    }
  }

  /// The first byte of the next value, without taking it; nil at the end.
  package mutating func peek() -> UInt8? {
    skipWhitespace()
    return next
  }

  /// Takes an array, whose "[" is next. `each` takes one element.
  package mutating func elements(_ each: (inout Self) throws(JSONSyntaxError) -> Void) throws(JSONSyntaxError) {
    try list(closedBy: "]", of: "a value", each)
  }

  /// Takes an object, whose "{" is next. `each` gets a name and takes its value.
  package mutating func members(
    _ each: (String, inout Self) throws(JSONSyntaxError) -> Void
  ) throws(JSONSyntaxError) {
    var names: Set<String> = []
    try list(closedBy: "}", of: "a field") { (reader) throws(JSONSyntaxError) in
      guard reader.peek() == UInt8(ascii: "\"") else { throw reader.expected("a field's name in double quotes") }
      let start = reader.position
      let name = try reader.string()
      guard names.insert(name).inserted else {
        reader.position = start
        throw reader.expected("a name that this object does not have yet")
      }
      reader.skipWhitespace()
      guard reader.take(":") else { throw reader.expected("\":\" after a field's name") }
      try each(name, &reader)
    }
  }

  /// Nothing but whitespace may follow.
  package mutating func end() throws(JSONSyntaxError) {
    guard peek() == nil else { throw expected("the end") }
  }

  /// What stands between brackets, with commas between and none behind the last.
  private mutating func list(
    closedBy end: Unicode.Scalar, of element: String, _ read: (inout Self) throws(JSONSyntaxError) -> Void
  ) throws(JSONSyntaxError) {
    depth += 1
    guard depth <= Self.depthMax else { throw expected("at most \(Self.depthMax) levels") }
    position += 1
    skipWhitespace()
    if !take(end) {
      repeat {
        try read(&self)
        skipWhitespace()
      } while take(",")
      guard take(end) else { throw expected("\",\" or \"\(end)\" after \(element)") }
    }
    depth -= 1
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    // Most strings are plain: they are copied once.
    if next == UInt8(ascii: "\"") {
      let text = try text(bytes[start..<position], from: start)
      position += 1
      return text
    }
    var decoded = Array(bytes[start..<position])
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw expected("no bare control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\\") { try escape(into: &decoded) } else { decoded.append(byte) }
    }
    guard take("\"") else { throw expected("the end of a string") }
    return try text(decoded[...], from: start)
  }

  private func text(_ utf8: ArraySlice<UInt8>, from start: Int) throws(JSONSyntaxError) -> String {
    guard let text = String(validating: utf8, as: UTF8.self) else { throw expected("UTF-8 in a string", at: start) }
    return text
  }

  /// What follows a backslash.
  private mutating func escape(into decoded: inout [UInt8]) throws(JSONSyntaxError) {
    let names: StaticString = "\"\\/bfnrt"
    let meanings: [UInt8] = [0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09]
    if let byte = next, let index = names.description.utf8.enumerated().first(where: { $0.element == byte })?.offset {
      position += 1
      return decoded.append(meanings[index])
    }
    guard take("u") else { throw expected("an escape") }
    var value = try hexadecimal()
    if (0xD800..<0xDC00).contains(value), take(word: "\\u") {
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw expected("the second half of a surrogate pair") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value), let utf8 = UTF8.encode(scalar) else {
      throw expected("both halves of a surrogate pair")
    }
    decoded.append(contentsOf: utf8)
  }

  private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw expected("four hexadecimal digits after \\u")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func number() throws(JSONSyntaxError) -> String {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func digits() throws(JSONSyntaxError) {
    let start = position
    while let byte = next, Self.isDigit(byte) { position += 1 }
    guard position > start else { throw expected("a digit") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipWhitespace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard let byte = next, Unicode.Scalar(byte) == scalar else { return false }
    position += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - position >= count, bytes[position..<position + count].elementsEqual(word.description.utf8)
    else { return false }
    position += count
    return true
  }

  private func expected(_ what: String, at place: Int? = nil) -> JSONSyntaxError {
    let before = bytes[..<(place ?? position)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return JSONSyntaxError(place: "line \(line), column \(before.endIndex - start + 1): expected \(what)")
  }
}
