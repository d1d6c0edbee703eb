/// Field lines of responses, rendered. Nothing gets in but by the types of names and values, so nothing here can split
/// a response.
package struct ResponseFields: Sendable, ExpressibleByDictionaryLiteral {
  /// `Name: value CRLF` for each field, in the order they were added.
  package private(set) var bytes: [UInt8] = []

  package init(dictionaryLiteral fields: (ResponseFieldName, FieldValue)...) {
    for (name, value) in fields { add(name, value) }
  }

  /// Adds a field after those that are there. Names may repeat.
  package mutating func add(_ name: ResponseFieldName, _ value: FieldValue) {
    bytes.reserveCapacity(bytes.count + name.bytes.count + value.bytes.count + 4)
    bytes.append(contentsOf: name.bytes)
    bytes.append(literal: ": ")
    bytes.append(contentsOf: value.bytes)
    bytes.append(literal: "\r\n")
  }

  package mutating func add(_ others: ResponseFields) {
    bytes.append(contentsOf: others.bytes)
  }

  /// Adds `Date` (RFC 9110 §6.6.1).
  package mutating func addDate(_ secondsSince1970: Int64) {
    bytes.append(literal: "Date: ")
    HTTPDate.append(secondsSince1970, to: &bytes)
    bytes.append(literal: "\r\n")
  }

  /// As new, but with the storage kept.
  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
