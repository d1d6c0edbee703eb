/// One JSON value, as it was read: names keep their order, numbers their digits.
package enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// As it was written: `12`, `1.50e3`.
  case number(String)
  case string(String)
  case array([JSON])
  case object([Member])

  /// One name of an object and what stands there. No object has a name twice: the reader refuses it.
  package struct Member: Sendable, Equatable {
    package let name: String
    package let value: JSON

    package init(name: String, value: JSON) {
      self.name = name
      self.value = value
    }
  }
}

extension JSON {
  /// The exact integer that a number means, `12`, `12.0` and `1.2e1` alike; nil for anything else, and beyond `Int`.
  package var integer: Int? {
    guard case .number(let text) = self else { return nil }
    let parts = text.utf8.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 | 0x20 == UInt8(ascii: "e") }
    let mantissa = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard let exponent = parts.count == 1 ? 0 : Int(String(Substring(parts[1]))) else { return nil }
    var digits = String(Substring(mantissa[0])) + (mantissa.count == 2 ? String(Substring(mantissa[1])) : "")
    let shift = exponent.subtractingReportingOverflow(mantissa.count == 2 ? mantissa[1].count : 0)
    guard !shift.overflow else { return nil }
    for _ in 0..<min(max(shift.partialValue, 0), Self.integerDigitsMax) { digits.append("0") }
    for _ in 0..<min(max(0 - max(shift.partialValue, -Int.max), 0), digits.utf8.count) {
      guard digits.popLast() == "0" else { return nil }
    }
    return Int(digits == "" || digits == "-" ? "0" : digits)
  }

  /// More than an `Int` has: a number with more zeros appended is refused by `Int`, unless it is zero.
  private static let integerDigitsMax = 20

  /// The value for an error's line: `12.5`, `"blue"`, `null`, `an array of 2`. Long text is cut.
  package var found: String {
    switch self {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let text): Self.cut(text)
    case .string(let text): Self.quoted(text)
    case .array(let elements): "an array of \(elements.count)"
    case .object: "an object"
    }
  }

  private static let charactersMax = 40

  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    // Scalars: one character may have any number of them.
    JSONText.append(string: String(text.unicodeScalars.prefix(charactersMax)), to: &bytes)
    let quoted = String(decoding: bytes, as: UTF8.self)
    let count = text.unicodeScalars.count
    return count > charactersMax ? "\(quoted) (\(count) characters)" : quoted
  }

  private static func cut(_ text: String) -> String {
    text.utf8.count > charactersMax ? "\(text.prefix(charactersMax))…" : text
  }
}
