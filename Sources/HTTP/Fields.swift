/// The field lines of a head in the order they came. A duplicate is an event, not an overwrite: both lines are here.
package struct Fields: Sendable {
  /// One field line (RFC 9112 §5): where its name and its value stand in `Request.bytes`.
  package struct Line: Sendable {
    // 32 bits are enough for any head and keep a line in 20 bytes.
    private let nameStart, nameEnd, valueStart, valueEnd: UInt32
    package let known: FieldName

    /// The name as it was sent.
    package var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    /// The value without the whitespace around it; may be empty.
    package var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

    init(name: Range<Int>, value: Range<Int>, known: FieldName) {
      nameStart = UInt32(truncatingIfNeeded: name.lowerBound)
      nameEnd = UInt32(truncatingIfNeeded: name.upperBound)
      valueStart = UInt32(truncatingIfNeeded: value.lowerBound)
      valueEnd = UInt32(truncatingIfNeeded: value.upperBound)
      self.known = known
    }
  }

  package private(set) var lines: [Line] = []
  /// A bit for each `FieldName` that is there: most that are asked for are not.
  private var names: UInt32 = 0

  /// Whether there is a line of this name.
  package func has(_ name: FieldName) -> Bool { names & 1 << name.rawValue != 0 }

  mutating func append(_ line: Line) {
    lines.append(line)
    names |= 1 << line.known.rawValue
  }

  /// As new, but with the storage kept.
  mutating func removeAll() {
    lines.removeAll(keepingCapacity: true)
    names = 0
  }
}
