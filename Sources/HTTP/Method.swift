/// A request method (RFC 9110 §9). Names are case-sensitive: `get` is `.other`.
package enum Method: UInt8, Sendable, CaseIterable {
  case get, head, post, put, delete, patch, options, trace, connect
  /// draft-ietf-httpbis-safe-method-w-body; no route has it yet.
  case query
  /// A well-formed token that no route knows: answered with 501.
  case other

  /// `GET`, `HEAD` …; `other` for `.other`, so that a client cannot invent metric labels.
  package var name: String {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .patch: "PATCH"
    case .options: "OPTIONS"
    case .trace: "TRACE"
    case .connect: "CONNECT"
    case .query: "QUERY"
    case .other: "other"
    }
  }
}

extension Method {
  /// The method whose token stands at the start of `head` and is `count` bytes long.
  ///
  /// Length and first letter leave one candidate, which is then compared in full.
  init(_ head: Span<UInt8>, count: Int) {
    let initial = head[0]
    let (candidate, token): (Method, StaticString) =
      switch count {
      case 3: initial == UInt8(ascii: "G") ? (.get, "GET") : (.put, "PUT")
      case 4: initial == UInt8(ascii: "H") ? (.head, "HEAD") : (.post, "POST")
      case 5 where initial == UInt8(ascii: "Q"): (.query, "QUERY")
      case 5: initial == UInt8(ascii: "P") ? (.patch, "PATCH") : (.trace, "TRACE")
      case 6: (.delete, "DELETE")
      case 7: initial == UInt8(ascii: "O") ? (.options, "OPTIONS") : (.connect, "CONNECT")
      default: (.other, "")
      }
    self = head.hasBytes(token, at: 0) ? candidate : .other
  }
}
