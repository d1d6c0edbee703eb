/// A request's head, with room for its body: a value that owns its bytes, so that it may outlive the read buffer.
///
/// Made once and filled again and again by `RequestParser.parse(_:into:)`, which keeps the arrays' storage.
package struct Request: Sendable {
  /// The head from the request line on, its final empty line included. Every range of `fields` and `target` points
  /// into it. A path that had to be decoded follows the head.
  package internal(set) var bytes: [UInt8] = []
  package internal(set) var method = Method.other
  package internal(set) var version = Version.http11
  package internal(set) var target = RequestTarget()
  package internal(set) var fields = Fields()
  package internal(set) var framing = BodyFraming.none
  /// May the connection serve another request (RFC 9112 §9.3)? On 1.1 unless told to close, on 1.0 only when asked.
  package internal(set) var keepAlive = false
  /// A 1.1 client may hold its body back until it is answered: it waits for 100 (RFC 9110 §10.1.1), or expects what
  /// nobody knows and is refused for it. Never without a body.
  package internal(set) var expectsContinue = false
  /// Why it is refused although it could be read to its end: a target that is not served, another expectation than
  /// 100-continue. Its body can be dropped and the connection be kept, unlike after an error that was thrown; unless the
  /// body may never come.
  package internal(set) var refusal: RequestError?
  /// Filled by the server where the route wants it; emptied by the parser.
  package var body: [UInt8] = []
  /// How many of `bytes` are the head; 0 while there is no whole one.
  var headCount = 0

  package init() {}

  /// As new but for the method, and with the arrays' storage kept.
  package mutating func reset(method: Method = .other) {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll()
    headCount = 0
    if !body.isEmpty { body.removeAll(keepingCapacity: true) }
    self.method = method
    version = .http11
    target = RequestTarget()
    framing = .none
    keepAlive = false
    expectsContinue = false
    refusal = nil
  }
}

extension Request {
  /// The first field of this name, without the whitespace around it. For `.other`, the first that is not known.
  package func value(of name: FieldName) -> ArraySlice<UInt8>? {
    guard fields.has(name) else { return nil }
    return fields.lines.first { $0.known == name }.map { bytes[$0.value] }
  }

  /// All fields of this name, in order.
  package func values(of name: FieldName) -> [ArraySlice<UInt8>] {
    guard fields.has(name) else { return [] }
    return fields.lines.filter { $0.known == name }.map { bytes[$0.value] }
  }

  /// The first field of this name as text: lossless for ASCII and UTF-8, repaired otherwise.
  package func string(of name: FieldName) -> String? {
    value(of: name).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The path with its escapes decoded, beginning with "/" (`/a b`); `*` for `OPTIONS *`; CONNECT's `host:port`.
  ///
  /// An escaped slash stays `%2F`, so that it never separates segments, and an escaped percent sign `%25`, so that no
  /// two names become one. `..` segments never get here; empty where the target was refused.
  package var path: ArraySlice<UInt8> { bytes[target.path] }

  /// The target as it was sent. Any byte from 21 on but 7F may be in that of a request with a `refusal`.
  package var rawTarget: ArraySlice<UInt8> { bytes[target.whole] }

  /// The same without its query: what a log may show.
  package var rawPath: ArraySlice<UInt8> { bytes[target.whole].prefix { $0 != UInt8(ascii: "?") } }

  /// What follows the first "?", as it was sent; nil without a "?".
  package var query: ArraySlice<UInt8>? { target.query.map { bytes[$0] } }

  /// Host and port that the request is for: the target's where it names them (RFC 9112 §3.2.2), else the Host field's.
  package var host: ArraySlice<UInt8>? { target.authority.map { bytes[$0] } ?? value(of: .host) }
}
