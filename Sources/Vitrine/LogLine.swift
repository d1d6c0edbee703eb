import Catalog
import HTTP

/// How loud a line is, quietest first.
package enum LogLevel: String, CaseIterable, Comparable, Sendable {
  case debug, info, warning, error

  package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }
}

/// How a line looks.
package enum LogFormat: String, CaseIterable, Sendable {
  /// One JSON object a line, for collectors.
  case json
  /// Words for people.
  case text
  /// `text` on a terminal, else `json`.
  case auto

  /// `auto` decided; the others as they are.
  package func resolved(onTerminal: Bool) -> LogFormat {
    self == .auto ? (onTerminal ? .text : .json) : self
  }
}

/// What a field of a line may hold.
package enum LogValue: Sendable, Equatable, ExpressibleByStringLiteral {
  case string(String)
  case int(Int)
  case uint(UInt64)
  /// JSON has no infinity and no NaN: those are written as strings.
  case double(Double)
  case bool(Bool)

  package init(stringLiteral text: String) { self = .string(text) }
}

/// Renders one line to bytes. Pure: the time is handed in.
package enum LogLine {
  /// Appends the line and its newline.
  ///
  /// JSON: `{"time":"2026-11-21T12:00:00.123Z","level":"info","message":"…"}` and then the fields in their order.
  /// Text: `2026-11-21T12:00:00.123Z info  message key=value`, a value in quotes where it would not read as one word.
  /// No field's text can end the line or steer a terminal.
  ///
  /// - Parameters:
  ///   - milliseconds: since 1970-01-01T00:00Z.
  ///   - format: `auto` is taken as `json`.
  package static func append(
    milliseconds: Int64, level: LogLevel, message: String, fields: some Sequence<(key: String, value: LogValue)>,
    format: LogFormat, to bytes: inout [UInt8]
  ) {
    switch format {
    case .json, .auto:
      bytes.append(contentsOf: "{\"time\":\"".utf8)
      Timestamp.append(milliseconds: milliseconds, to: &bytes)
      bytes.append(contentsOf: "\",\"level\":\"\(level.rawValue)\",\"message\":".utf8)
      JSONText.append(string: message, to: &bytes)
      for field in fields {
        bytes.append(UInt8(ascii: ","))
        JSONText.append(string: field.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendJSON(field.value, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .text:
      Timestamp.append(milliseconds: milliseconds, to: &bytes)
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: level.rawValue.utf8)
      // The shorter levels are padded, so that messages stand below each other.
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: max(1, 6 - level.rawValue.utf8.count)))
      JSONText.append(contentsOf: message, to: &bytes)
      for field in fields {
        bytes.append(UInt8(ascii: " "))
        JSONText.append(contentsOf: field.key, to: &bytes)
        bytes.append(UInt8(ascii: "="))
        appendText(field.value, to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  private static func appendJSON(_ value: LogValue, to bytes: inout [UInt8]) {
    switch value {
    case .string(let text): JSONText.append(string: text, to: &bytes)
    case .double(let number) where !number.isFinite: JSONText.append(string: number.description, to: &bytes)
    case .int, .uint, .double, .bool: bytes.append(contentsOf: value.literal.utf8)
    }
  }

  private static func appendText(_ value: LogValue, to bytes: inout [UInt8]) {
    let text = value.literal
    let isOneWord =
      !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
    if isOneWord {
      JSONText.append(contentsOf: text, to: &bytes)
    } else {
      JSONText.append(string: text, to: &bytes)
    }
  }
}

extension LogValue {
  /// The value without quotes or escapes.
  fileprivate var literal: String {
    switch self {
    case .string(let text): text
    case .int(let number): number.description
    case .uint(let number): number.description
    case .double(let number): number.description
    case .bool(let flag): flag.description
    }
  }
}
