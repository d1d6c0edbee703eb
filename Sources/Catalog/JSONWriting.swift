/// JSON that is made here and not read.
extension JSON: ExpressibleByDictionaryLiteral {
  /// An object with these names in this order; no two may be the same.
  package init(dictionaryLiteral members: (String, JSON)...) {
    self = .object(members.map { Member(name: $0, value: $1) })
  }

  package static func integer(_ number: some BinaryInteger) -> JSON { .number(String(number)) }

  /// Seconds with three decimals, rounded down.
  package static func seconds(nanoseconds: Int64) -> JSON {
    let milliseconds = max(nanoseconds, 0) / 1_000_000
    let digits = String(1000 + milliseconds % 1000).dropFirst()
    return .number("\(milliseconds / 1000).\(digits)")
  }

  /// An object with further members at its end; anything else as it is.
  package func adding(_ others: JSON) -> JSON {
    guard case .object(let members) = self, case .object(let more) = others else { return self }
    return .object(members + more)
  }

  /// The text, without a newline.
  package var text: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  private func append(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let flag): bytes += "\(flag)".utf8
    case .number(let digits): bytes += digits.utf8
    case .string(let text): JSONText.append(string: text, to: &bytes)
    case .array(let elements):
      var separator = "["
      for element in elements {
        bytes += separator.utf8
        element.append(to: &bytes)
        separator = ","
      }
      bytes += (elements.isEmpty ? "[]" : "]").utf8
    case .object(let members):
      var separator = "{"
      for member in members {
        bytes += separator.utf8
        JSONText.append(string: member.name, to: &bytes)
        bytes += ":".utf8
        member.value.append(to: &bytes)
        separator = ","
      }
      bytes += (members.isEmpty ? "{}" : "}").utf8
    }
  }
}
