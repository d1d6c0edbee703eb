/// Writes JSON (RFC 8259) straight to bytes: no encoder, no intermediate `String`.
package enum JSONText {
  /// Appends the string with its quotes. Escapes what RFC 8259 §7 requires and no more of ASCII: slashes stay as they
  /// are.
  ///
  /// DEL and the C1 controls are escaped too, which JSON allows: a log that someone reads on a terminal must not steer
  /// it.
  package static func append(string: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    append(contentsOf: string, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// As `append(string:to:)`, without the quotes.
  package static func append(contentsOf string: String, to bytes: inout [UInt8]) {
    if string.utf8.allSatisfy(isPlain) {
      bytes.append(contentsOf: string.utf8)
      return
    }
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": bytes.append(contentsOf: "\\\"".utf8)
      case "\\": bytes.append(contentsOf: "\\\\".utf8)
      case "\n": bytes.append(contentsOf: "\\n".utf8)
      case "\r": bytes.append(contentsOf: "\\r".utf8)
      case "\t": bytes.append(contentsOf: "\\t".utf8)
      case "\0"..<" ", "\u{7F}"..."\u{9F}":
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(hexadecimal(UInt8(scalar.value) >> 4))
        bytes.append(hexadecimal(UInt8(scalar.value) & 0xF))
      default:
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
  }

  /// Whether a byte of UTF-8 can be copied. 0xC2 leads U+0080 to U+00BF, so it is worth a closer look.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7F && byte != 0xC2
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 {
    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
  }
}
