/// Renders a body in chunks, RFC 9112 §7.1.
package enum ChunkedEncoder {
  /// The chunk that ends a body, without trailers.
  package static let last = Array("0\r\n\r\n".utf8)

  /// One chunk; `data` must not be empty, for that would be the last one.
  package static func chunk(_ data: ArraySlice<UInt8>) -> [UInt8] {
    size(data.count) + data + Array("\r\n".utf8)
  }

  /// The line before a chunk's data.
  package static func size(_ count: Int) -> [UInt8] {
    Array((String(count, radix: 16) + "\r\n").utf8)
  }
}

extension ResponseEncoder {
  /// How a body ends whose length is not told beforehand, RFC 9112 §6.3.
  package enum OpenFraming: Sendable {
    case chunked
    /// For clients of HTTP/1.0.
    case endOfConnection
  }

  /// A head as `append` renders it, without its Content-Length and with another framing instead; as it is where the
  /// status has no body.
  package static func head(_ head: [UInt8], framing: OpenFraming) -> [UInt8] {
    let name = Array("\r\nContent-Length: ".utf8)
    // It is the last field.
    guard let line = head.indices.last(where: { head[$0...].starts(with: name) }) else { return head }
    let field = framing == .chunked ? "\r\nTransfer-Encoding: chunked" : ""
    return Array(head[..<line]) + Array((field + "\r\n\r\n").utf8)
  }
}
