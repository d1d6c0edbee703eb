import HTTP

/// A chunked body read by the grammar of RFC 9112 §7.1, line by line with all of it at hand: slow and plain, and written
/// without a look at the decoder.
struct ReferenceChunks {
  private let input: [UInt8]
  private let limits: RequestParser.Limits
  private var position = 0
  /// Within a line: where it ends.
  private var lineEnd = 0

  init(_ input: [UInt8], _ limits: RequestParser.Limits) {
    self.input = input
    self.limits = limits
  }

  /// Data and length of the body at the start of the input; nil when there is no whole and good one.
  var body: (data: [UInt8], count: Int)? {
    var reader = self
    return reader.takeBody()
  }

  private mutating func takeBody() -> (data: [UInt8], count: Int)? {
    var data: [UInt8] = []
    var extensions = 0
    while true {
      guard takeLine(), let size = takeSize() else { return nil }
      extensions += lineEnd - position
      guard takeExtensions(), extensions <= 4096, size <= limits.bodyMax - data.count else { return nil }
      position = lineEnd + 2
      if size == 0 { break }
      guard position + size + 2 <= input.count, input[position + size] == 13, input[position + size + 1] == 10 else {
        return nil
      }
      data += input[position..<position + size]
      position += size + 2
    }
    return takeTrailers() ? (data, position) : nil
  }

  /// Finds the end of the line at the position: the first CR or LF, which must be a CRLF.
  private mutating func takeLine() -> Bool {
    guard let end = input[position...].firstIndex(where: { $0 == 13 || $0 == 10 }) else { return false }
    lineEnd = end
    return input[end] == 13 && end + 1 < input.count && input[end + 1] == 10
  }

  private mutating func takeSize() -> Int? {
    let digits = input[position..<lineEnd].prefix { Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }
    position = digits.endIndex
    guard digits.count <= 16 else { return nil }
    return Int(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`
  private mutating func takeExtensions() -> Bool {
    while position < lineEnd {
      skipWhitespace()
      guard take(";") else { return false }
      skipWhitespace()
      guard takeToken() else { return false }
      let nameEnd = position
      skipWhitespace()
      if take("=") {
        skipWhitespace()
        guard takeToken() || takeQuoted() else { return false }
      } else {
        position = nameEnd
      }
    }
    return true
  }

  private mutating func takeTrailers() -> Bool {
    var (bytes, fields) = (0, 0)
    while takeLine() {
      if position == lineEnd {
        position += 2
        return true
      }
      bytes += lineEnd + 2 - position
      fields += 1
      guard bytes <= limits.headerMax, fields <= limits.headerFieldsMax else { return false }
      let start = position
      guard takeToken() else { return false }
      let name = String(decoding: input[start..<position], as: UTF8.self).lowercased()
      guard take(":"), !["content-length", "transfer-encoding", "host"].contains(name),
        input[position..<lineEnd].allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 })
      else { return false }
      position = lineEnd + 2
    }
    return false
  }

  private mutating func take(_ character: Character) -> Bool {
    guard position < lineEnd, input[position] == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func skipWhitespace() {
    while take(" ") || take("\t") {}
  }

  private mutating func takeToken() -> Bool {
    let token = input[position..<lineEnd].prefix { byte in
      let character = Character(UnicodeScalar(byte))
      return byte < 0x80 && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
    }
    position = token.endIndex
    return !token.isEmpty
  }

  private mutating func takeQuoted() -> Bool {
    guard take("\"") else { return false }
    while position < lineEnd {
      if take("\"") { return true }
      if take("\\"), position == lineEnd { return false }
      guard input[position] >= 0x20 && input[position] != 0x7F || input[position] == 9 else { return false }
      position += 1
    }
    return false
  }
}
