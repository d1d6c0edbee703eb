internal import HTTP
internal import Networking

/// The parts of an access line, appended straight to the bytes of a log: a JSON object, or `key=value` for a terminal.
enum AccessLine {
  case json, text

  /// Bytes that a line takes beside the texts in it: keys, numbers, an address.
  static let fixedPartsMax = 512
  /// How many bytes one of a client's may become.
  static let escapedMax = 6

  func begin(isProbe: Bool, at now: Int64, by calendar: Calendar, in log: inout OutputSpan<UInt8>) {
    if self == .json { log.append(literal: "{\"time\":\"") }
    calendar.appendTimestamp(at: now, to: &log)
    switch (self, isProbe) {
    case (.json, false): log.append(literal: "\",\"level\":\"info\",\"message\":\"request\"")
    case (.json, true): log.append(literal: "\",\"level\":\"debug\",\"message\":\"request\"")
    case (.text, false): log.append(literal: " info  request")
    case (.text, true): log.append(literal: " debug request")
    }
  }

  func end(_ log: inout OutputSpan<UInt8>) {
    log.append(literal: self == .json ? "}\n" : "\n")
  }

  /// `text` holds nothing that wants escaping: a token, a target that was not refused, an id.
  func add(_ key: StaticString, plain text: ArraySlice<UInt8>, to log: inout OutputSpan<UInt8>) {
    beginText(key, &log)
    log.append(copying: text)
    log.append(UInt8(ascii: "\""))
  }

  func add(_ key: StaticString, _ text: String, to log: inout OutputSpan<UInt8>) {
    beginText(key, &log)
    log.append(copying: text)
    log.append(UInt8(ascii: "\""))
  }

  /// Whatever a client sent: quotes, backslashes, controls and bytes beyond ASCII are escaped; the latter as Latin-1,
  /// since nothing says that they are UTF-8.
  func add(_ key: StaticString, escaping text: ArraySlice<UInt8>, to log: inout OutputSpan<UInt8>) {
    beginText(key, &log)
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        log.append(UInt8(ascii: "\\"))
        log.append(byte)
      case 0x20...0x7e: log.append(byte)
      default:
        log.append(literal: "\\u00")
        log.append(hexDigit: byte >> 4)
        log.append(hexDigit: byte & 15)
      }
    }
    log.append(UInt8(ascii: "\""))
  }

  func add(_ key: StaticString, _ number: Int, to log: inout OutputSpan<UInt8>) {
    beginKey(key, &log)
    log.append(decimal: number)
  }

  /// Seconds with six decimals.
  func add(_ key: StaticString, nanoseconds: Int64, to log: inout OutputSpan<UInt8>) {
    beginKey(key, &log)
    let microseconds = Int(max(nanoseconds, 0) / 1000)
    log.append(decimal: microseconds / 1_000_000)
    log.append(UInt8(ascii: "."))
    log.append(decimal: microseconds % 1_000_000, width: 6)
  }

  func add(_ key: StaticString, _ address: IPAddress, to log: inout OutputSpan<UInt8>) {
    guard let (a, b, c, d) = address.v4 else { return add(key, address.description, to: &log) }
    beginText(key, &log)
    log.append(decimal: Int(a))
    for part in [b, c, d] {
      log.append(UInt8(ascii: "."))
      log.append(decimal: Int(part))
    }
    log.append(UInt8(ascii: "\""))
  }

  private func beginKey(_ key: StaticString, _ log: inout OutputSpan<UInt8>) {
    log.append(literal: self == .json ? ",\"" : " ")
    log.append(literal: key)
    log.append(literal: self == .json ? "\":" : "=")
  }

  private func beginText(_ key: StaticString, _ log: inout OutputSpan<UInt8>) {
    beginKey(key, &log)
    log.append(UInt8(ascii: "\""))
  }
}

extension OutputSpan<UInt8> {
  fileprivate mutating func append(hexDigit nibble: UInt8) {
    append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble)
  }
}
