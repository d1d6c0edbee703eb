// The rest of a head: field lines (RFC 9112 §5) up to the empty line.

extension RequestParser {
  /// Takes all field lines and the empty line. False when incomplete.
  func takeFieldLines(
    _ head: Span<UInt8>, at position: inout Int, into fields: inout Fields
  ) throws(RequestError) -> Bool {
    let limit = position + limits.headerMax
    while position < head.count {
      if head[position] == .carriageReturn {
        guard position + 1 < head.count else { return false }
        guard head[position + 1] == .lineFeed else { throw .bareCarriageReturn }
        position += 2
        return true
      }
      guard fields.lines.count < limits.headerFieldsMax else { throw .tooManyFields }
      guard let line = try takeFieldLine(head, at: &position, limit: limit) else { return false }
      fields.append(line)
    }
    return false
  }

  /// `name ":" OWS value OWS CRLF`, which must end before `limit`. nil when incomplete.
  private func takeFieldLine(
    _ head: Span<UInt8>, at position: inout Int, limit: Int
  ) throws(RequestError) -> Fields.Line? {
    let stop = min(head.count, limit)

    let name = position..<head.endOfRun(of: .token, from: position, to: stop)
    guard name.upperBound < stop else { return try incomplete(stop, limit) }
    guard head[name.upperBound] == UInt8(ascii: ":"), !name.isEmpty else {
      throw FieldLine.nameRefusal(head[name.upperBound], isFirst: name.isEmpty)
    }

    let lineEnd = head.endOfFieldContent(from: name.upperBound &+ 1, to: stop)
    guard lineEnd < stop else { return try incomplete(stop, limit) }
    guard head[lineEnd] == .carriageReturn else { throw FieldLine.valueRefusal(head[lineEnd]) }
    guard lineEnd &+ 1 < stop else { return try incomplete(stop, limit) }
    guard head[lineEnd &+ 1] == .lineFeed else { throw .bareCarriageReturn }
    position = lineEnd &+ 2

    let value = head.trimmingWhitespace(name.upperBound &+ 1..<lineEnd)
    return Fields.Line(name: name, value: value, known: FieldName(head, in: name))
  }

  /// At `stop` the section has reached its limit, or the input its end.
  private func incomplete(_ stop: Int, _ limit: Int) throws(RequestError) -> Fields.Line? {
    guard stop < limit else { throw .headTooLarge }
    return nil
  }
}

/// Why a field line is refused, in the head and in the trailer section.
enum FieldLine {
  /// For a byte that is neither part of a name nor the colon behind one.
  static func nameRefusal(_ byte: UInt8, isFirst: Bool) -> RequestError {
    switch byte {
    case .lineFeed: .bareLineFeed
    case .carriageReturn: .missingColon
    // obs-fold (RFC 9112 §5.2), and white space after the request line (§2.2): both have smuggled fields.
    case .space where isFirst, .tab where isFirst: .foldedLine
    // RFC 9112 §5.1: a server MUST refuse it.
    case .space, .tab: .spaceAfterFieldName
    default: .invalidFieldName
    }
  }

  /// For a byte that is neither part of a value nor the CR behind one.
  static func valueRefusal(_ byte: UInt8) -> RequestError {
    // A bare LF as the end of a line is allowed to a recipient (RFC 9112 §2.2), and smugglers use it.
    byte == .lineFeed ? .bareLineFeed : .invalidFieldValue
  }
}
