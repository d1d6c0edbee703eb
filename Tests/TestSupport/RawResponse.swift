/// A response as it came over the wire, read strictly enough to prove it whole.
package struct RawResponse: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String
  }

  package let status: Int
  package let reason: String
  package let fields: [Field]
  package let body: [UInt8]

  /// The value of the field of this name, in any case; nil unless it is there exactly once.
  package subscript(_ name: String) -> String? {
    let values = fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    return values.count == 1 ? values[0] : nil
  }

  package func has(_ name: String) -> Bool {
    fields.contains { $0.name.lowercased() == name.lowercased() }
  }

  package var text: String { String(decoding: body, as: UTF8.self) }

  /// Whether it says that the connection ends with it.
  package var closes: Bool { self["Connection"] == "close" }
}

/// Why bytes are not a response of this server.
package enum MalformedResponse: Error, Equatable {
  case statusLine(String)
  case fieldLine(String)
  case repeatedField(String)
  /// Content-Length is missing, not a number, or stands where it is forbidden.
  case contentLength(String)
  case transferEncoding
}

/// Reads a response's head (RFC 9112 §4, §5); its body is what Content-Length says.
package struct ResponseHead {
  package let status: Int
  package let bodyLength: Int
  /// Names as they were sent, values without the one space before them.
  package private(set) var fields: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
  private let reason: ArraySlice<UInt8>

  /// - Parameters:
  ///   - head: from the status line on, its final empty line included.
  ///   - toHEAD: the request was HEAD: whatever Content-Length says, no body follows.
  package init(_ head: ArraySlice<UInt8>, toHEAD: Bool) throws(MalformedResponse) {
    var rest = head.dropLast(2)
    (status, reason) = try Self.statusLine(Self.nextLine(&rest))
    while !rest.isEmpty { fields.append(try Self.field(Self.nextLine(&rest))) }
    for name in ["content-length", "date", "connection", "content-type", "x-request-id"] {
      guard fields.count(where: { $0.name.isName(name) }) < 2 else { throw .repeatedField(name) }
    }
    guard !fields.contains(where: { $0.name.isName("transfer-encoding") }) else { throw .transferEncoding }
    bodyLength = try Self.bodyLength(status, fields.first { $0.name.isName("content-length") }?.value, toHEAD: toHEAD)
  }

  package func response(body: [UInt8]) -> RawResponse {
    RawResponse(
      status: status, reason: reason.text,
      fields: fields.map { RawResponse.Field(name: $0.name.text, value: $0.value.text) }, body: body)
  }

  /// Takes the line up to the first CRLF, or all.
  private static func nextLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let end = rest.indices.dropLast().first { rest[$0] == 0x0D && rest[$0 + 1] == 0x0A } ?? rest.endIndex
    let line = rest[..<end]
    rest = rest[end...].dropFirst(2)
    return line
  }

  private static func statusLine(_ line: ArraySlice<UInt8>) throws(MalformedResponse) -> (Int, ArraySlice<UInt8>) {
    let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    guard
      parts.count == 3, parts[0].elementsEqual("HTTP/1.1".utf8), parts[1].count == 3,
      let status = Int(parts[1].text), (100...599).contains(status), parts[2].allSatisfy({ (0x20...0x7e).contains($0) })
    else { throw .statusLine(line.text) }
    return (status, parts[2])
  }

  private static func field(
    _ line: ArraySlice<UInt8>
  ) throws(MalformedResponse) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
    let name = line.prefix { $0 != 0x3A }
    let value = line[name.endIndex...].dropFirst(2)
    guard
      !name.isEmpty, name.allSatisfy({ (0x61...0x7a).contains($0 | 0x20) || $0 == 0x2d }),
      line[name.endIndex...].starts(with: [0x3a, 0x20]),
      ![0x20, 0x09].contains(value.first ?? 0), ![0x20, 0x09].contains(value.last ?? 0),
      value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 })
    else { throw .fieldLine(line.text) }
    return (name, value)
  }

  /// RFC 9110 §8.6 and §6.4.1: 1xx, 204 and here 304 have neither body nor length, all others have a length.
  private static func bodyLength(
    _ status: Int, _ value: ArraySlice<UInt8>?, toHEAD: Bool
  ) throws(MalformedResponse) -> Int {
    if status < 200 || status == 204 || status == 304 {
      guard value == nil else { throw .contentLength(value?.text ?? "") }
      return 0
    }
    guard let value, value.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(value.text) else {
      throw .contentLength(value?.text ?? "missing")
    }
    return toHEAD ? 0 : length
  }
}

extension ArraySlice<UInt8> {
  package var text: String { String(decoding: self, as: UTF8.self) }

  /// Is this the field name `lowercase`, in any case?
  package func isName(_ lowercase: String) -> Bool {
    elementsEqual(lowercase.utf8) { $0 == $1 || $0 | 0x20 == $1 }
  }
}
