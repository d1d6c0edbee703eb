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
  private let reason: String
  private let fields: [RawResponse.Field]

  /// - Parameters:
  ///   - head: from the status line on, its final empty line included.
  ///   - toHEAD: the request was HEAD: whatever Content-Length says, no body follows.
  package init(_ head: ArraySlice<UInt8>, toHEAD: Bool) throws(MalformedResponse) {
    let lines = String(decoding: head.dropLast(4), as: UTF8.self).unicodeScalars
      .split(separator: "\r\n".unicodeScalars)
    (status, reason) = try Self.statusLine(lines.first ?? "")
    var fields: [RawResponse.Field] = []
    for line in lines.dropFirst() { fields.append(try Self.field(line)) }
    self.fields = fields
    for name in ["content-length", "date", "connection", "content-type", "x-request-id"] {
      guard fields.count(where: { $0.name.lowercased() == name }) < 2 else { throw .repeatedField(name) }
    }
    guard !fields.contains(where: { $0.name.lowercased() == "transfer-encoding" }) else { throw .transferEncoding }
    bodyLength = try Self.bodyLength(status, fields, toHEAD: toHEAD)
  }

  package func response(body: [UInt8]) -> RawResponse {
    RawResponse(status: status, reason: reason, fields: fields, body: body)
  }

  private static func statusLine(_ line: String) throws(MalformedResponse) -> (Int, String) {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard
      parts.count == 3, parts[0] == "HTTP/1.1", parts[1].utf8.count == 3, let status = Int(parts[1]),
      (100...599).contains(status), !parts[2].isEmpty, parts[2].utf8.allSatisfy({ (0x20...0x7e).contains($0) })
    else { throw .statusLine(line) }
    return (status, String(parts[2]))
  }

  private static func field(_ line: String) throws(MalformedResponse) -> RawResponse.Field {
    guard let colon = line.firstIndex(of: ":") else { throw .fieldLine(line) }
    let name = line[..<colon]
    let value = line[colon...].dropFirst()
    guard
      !name.isEmpty, name.utf8.allSatisfy({ ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || $0 == 0x2d }),
      value.first == " ", value.dropFirst().first != " ", value.last != " ",
      value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
    else { throw .fieldLine(line) }
    return RawResponse.Field(name: String(name), value: String(value.dropFirst()))
  }

  /// RFC 9110 §8.6 and §6.4.1: 1xx, 204 and here 304 have neither body nor length, all others have a length.
  private static func bodyLength(
    _ status: Int, _ fields: [RawResponse.Field], toHEAD: Bool
  ) throws(MalformedResponse) -> Int {
    let value = fields.first { $0.name.lowercased() == "content-length" }?.value
    if status < 200 || status == 204 || status == 304 {
      guard value == nil else { throw .contentLength(value ?? "") }
      return 0
    }
    guard let value, !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(value)
    else {
      throw .contentLength(value ?? "missing")
    }
    return toHEAD ? 0 : length
  }
}

extension String.UnicodeScalarView {
  /// Splits at every occurrence of `separator`; a CRLF is one Character, so this goes by scalars.
  fileprivate func split(separator: String.UnicodeScalarView) -> [String] {
    var parts: [String] = []
    var part = String.UnicodeScalarView()
    var rest = self[...]
    while let scalar = rest.first {
      if rest.starts(with: separator) {
        parts.append(String(part))
        part = String.UnicodeScalarView()
        rest = rest.dropFirst(separator.count)
      } else {
        part.append(scalar)
        rest = rest.dropFirst()
      }
    }
    return parts + [String(part)]
  }
}
