/// The body of an error answer (RFC 9457).
package enum Problem {
  /// An answer with a problem body, never stored: `application/problem+json`, or one line of `text/plain` where
  /// `accept` admits neither that nor `application/json`.
  ///
  /// - Parameters:
  ///   - detail: one sentence for the client; any text, it is escaped.
  ///   - accept: the values of the request's Accept fields; empty where there is no request.
  ///   - errors: each thing that is wrong with the request, as an extension member of the same name (RFC 9457 §3.2).
  package static func response(
    _ status: Status, detail: String, errors: [RequestMistake] = [], accept: [ArraySlice<UInt8>]
  ) -> Response {
    let isJSON = ContentNegotiation.choose(accept: accept, among: jsonTypes) != nil
    var response =
      isJSON
      ? Response(status, contentType: "application/problem+json", body: json(status, detail, errors))
      : Response(status, contentType: "text/plain; charset=utf-8", body: text(status, detail))
    response.add(.cacheControl, "no-store")
    return response
  }

  private static let jsonTypes = [MediaType("application", "problem+json"), MediaType("application", "json")]

  /// More things that are wrong help nobody, and cost the time of all.
  package static let errorsMax = 20

  /// One thing that is wrong with a request.
  package struct RequestMistake: Sendable, Equatable {
    package enum Place: Sendable, Equatable {
      /// In the body, RFC 6901: `/tags/2`; empty for all of it.
      case pointer(String)
      /// In the query or the path.
      case parameter(String)
      case header(String)
      case unnamed
    }

    package let place: Place
    /// What it must be and what was found.
    package let detail: String

    package init(_ place: Place, _ detail: String) {
      self.place = place
      self.detail = detail
    }

    /// Stands behind `errorsMax` of them.
    package static let more = RequestMistake(.unnamed, "and more")
  }

  private static func json(_ status: Status, _ detail: String, _ errors: [RequestMistake]) -> [UInt8] {
    var body: [UInt8] = []
    body.append(literal: "{\"type\":\"about:blank\",\"title\":\"")
    body.append(literal: status.reason)
    body.append(literal: "\",\"status\":")
    body.append(decimal: Int(status.code))
    body.append(literal: ",\"detail\":\"")
    for byte in detail.utf8 { appendEscaped(byte, to: &body) }
    body.append(literal: "\"")
    if !errors.isEmpty { append(errors, to: &body) }
    body.append(literal: "}\n")
    return body
  }

  private static func append(_ errors: [RequestMistake], to body: inout [UInt8]) {
    body.append(literal: ",\"errors\":[")
    for (index, error) in errors.enumerated() {
      let place: (name: StaticString, value: String)? =
        switch error.place {
        case .pointer(let pointer): ("pointer", pointer)
        case .parameter(let parameter): ("parameter", parameter)
        case .header(let header): ("header", header)
        case .unnamed: nil
        }
      body.append(literal: index == 0 ? "{\"" : ",{\"")
      if let place {
        body.append(literal: place.name)
        body.append(literal: "\":\"")
        for byte in place.value.utf8 { appendEscaped(byte, to: &body) }
        body.append(literal: "\",\"")
      }
      body.append(literal: "detail\":\"")
      for byte in error.detail.utf8 { appendEscaped(byte, to: &body) }
      body.append(literal: "\"}")
    }
    body.append(literal: "]")
  }

  /// Escapes what a JSON string must not hold as it is (RFC 8259 §7).
  private static func appendEscaped(_ byte: UInt8, to body: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      body.append(UInt8(ascii: "\\"))
      body.append(byte)
    case 0..<0x20:
      body.append(literal: "\\u00")
      body.append(UInt8(ascii: "0") + byte >> 4)
      let digit = byte & 0x0F
      body.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    default:
      body.append(byte)
    }
  }

  private static func text(_ status: Status, _ detail: String) -> [UInt8] {
    var body: [UInt8] = []
    body.append(decimal: Int(status.code))
    body.append(.space)
    body.append(literal: status.reason)
    body.append(literal: ": ")
    // One line stays one line.
    body.append(contentsOf: detail.utf8.map { $0.isControl ? .space : $0 })
    body.append(.lineFeed)
    return body
  }
}
