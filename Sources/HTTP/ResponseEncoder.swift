/// Renders responses (RFC 9112 §4, §6.3).
package enum ResponseEncoder {
  /// What the Connection field says (RFC 9112 §9.3).
  package enum Persistence: Sendable {
    /// Nothing: a 1.1 connection goes on by itself.
    case implied
    /// `keep-alive`, for a 1.0 client that asked for it.
    case keepAlive
    /// `close`: the connection ends with this answer.
    case close
  }

  /// Appends the whole answer: status line, `commonFields`, request id, Connection, the response's own fields,
  /// Content-Length, empty line, body.
  ///
  /// Always `HTTP/1.1`, the version of the server (RFC 9110 §2.5).
  ///
  /// - Parameters:
  ///   - omitBody: for HEAD, which gets GET's Content-Length and no body (RFC 9110 §9.3.2).
  ///   - commonFields: what every answer carries, Date among it.
  ///   - requestID: the value of `X-Request-Id`.
  package static func append(
    _ response: Response, omitBody: Bool, persistence: Persistence, commonFields: ResponseFields,
    requestID: FieldValue, to output: inout OutputBuffer
  ) {
    let body = omitBody ? 0 : response.body.count
    let fields =
      commonFields.bytes.count + requestID.bytes.count + response.fields.bytes.count + (response.etag?.bytes.count ?? 0)
    // Room is made once: a check and a call for each of a dozen parts cost more than the copying.
    output.append(addingCapacity: fields + body + fixedPartsMax) { output in
      appendStatusLine(response.status, to: &output)
      output.append(copying: commonFields.bytes)
      output.append(literal: "X-Request-Id: ")
      output.append(copying: requestID.bytes)
      output.append(literal: "\r\n")
      switch persistence {
      case .implied: break
      case .keepAlive: output.append(literal: "Connection: keep-alive\r\n")
      case .close: output.append(literal: "Connection: close\r\n")
      }
      output.append(copying: response.fields.bytes)
      if let etag = response.etag {
        output.append(literal: "ETag: ")
        output.append(copying: etag.bytes)
        output.append(literal: "\r\n")
      }
      guard response.status.allowsBody else { return output.append(literal: "\r\n") }
      output.append(literal: "Content-Length: ")
      output.append(decimal: response.body.count)
      output.append(literal: "\r\n\r\n")
      if !omitBody { output.append(copying: response.body) }
    }
  }

  /// Appends the interim answer that makes a client send its body (RFC 9110 §15.2.1).
  package static func appendContinue(to output: inout OutputBuffer) {
    output.append(addingCapacity: fixedPartsMax) { $0.append(literal: "HTTP/1.1 100 Continue\r\n\r\n") }
  }

  /// More than what stands between the parts of variable length: the longest status line has 45 bytes.
  private static let fixedPartsMax = 192

  private static func appendStatusLine(_ status: Status, to output: inout OutputSpan<UInt8>) {
    if status.code == 200 { return output.append(literal: "HTTP/1.1 200 OK\r\n") }
    output.append(literal: "HTTP/1.1 ")
    output.append(decimal: Int(status.code))
    output.append(literal: " ")
    output.append(literal: status.reason)
    output.append(literal: "\r\n")
  }
}

extension Status {
  /// 1xx, 204 and 304 have no body and here no Content-Length: on the first two it is forbidden, on 304 it would have
  /// to be that of the 200 (RFC 9110 §8.6).
  package var allowsBody: Bool { code >= 200 && code != 204 && code != 304 }
}
