internal import HTTP
internal import Networking

/// One line of the access log while it is written straight to bytes: a JSON object, or `key=value` for a terminal.
struct AccessLine {
  private(set) var bytes: [UInt8]
  private let isJSON: Bool

  /// Begins a line at the end of `bytes`.
  init(isJSON: Bool, isProbe: Bool, milliseconds: Int64, after bytes: consuming [UInt8]) {
    self.isJSON = isJSON
    self.bytes = bytes
    if isJSON { self.bytes.append(literal: "{\"time\":\"") }
    Timestamp.append(milliseconds: milliseconds, to: &self.bytes)
    if isJSON {
      self.bytes.append(
        literal: isProbe
          ? "\",\"level\":\"debug\",\"message\":\"request\"" : "\",\"level\":\"info\",\"message\":\"request\"")
    } else {
      self.bytes.append(literal: isProbe ? " debug request" : " info  request")
    }
  }

  mutating func end() {
    bytes.append(literal: isJSON ? "}\n" : "\n")
  }

  /// `text` holds nothing that wants escaping: a token, a request target, a number of ours.
  mutating func add(_ key: StaticString, plain text: some Collection<UInt8>) {
    beginText(key)
    bytes.append(contentsOf: text)
    endText()
  }

  /// Whatever a client sent: quotes, backslashes, controls and bytes beyond ASCII are escaped; the latter as Latin-1,
  /// since nothing says that they are UTF-8.
  mutating func add(_ key: StaticString, escaping text: some Collection<UInt8>) {
    beginText(key)
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x20...0x7e: bytes.append(byte)
      default:
        bytes.append(literal: "\\u00")
        bytes.append(hexDigit: byte >> 4)
        bytes.append(hexDigit: byte & 15)
      }
    }
    endText()
  }

  mutating func add(_ key: StaticString, _ number: Int) {
    beginKey(key)
    bytes.append(decimal: number)
  }

  /// Seconds with six decimals.
  mutating func add(_ key: StaticString, nanoseconds: Int64) {
    beginKey(key)
    let microseconds = Int(max(nanoseconds, 0) / 1000)
    bytes.append(decimal: microseconds / 1_000_000)
    bytes.append(UInt8(ascii: "."))
    bytes.append(decimal: microseconds % 1_000_000, width: 6)
  }

  mutating func add(_ key: StaticString, _ address: IPAddress) {
    beginText(key)
    if let (a, b, c, d) = address.v4 {
      bytes.append(decimal: Int(a))
      for part in [b, c, d] {
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: Int(part))
      }
    } else {
      bytes.append(contentsOf: address.description.utf8)
    }
    endText()
  }

  private mutating func beginKey(_ key: StaticString) {
    bytes.append(literal: isJSON ? ",\"" : " ")
    bytes.append(literal: key)
    bytes.append(literal: isJSON ? "\":" : "=")
  }

  private mutating func beginText(_ key: StaticString) {
    beginKey(key)
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func endText() {
    bytes.append(UInt8(ascii: "\""))
  }
}

extension [UInt8] {
  fileprivate mutating func append(hexDigit nibble: UInt8) {
    append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble)
  }
}
