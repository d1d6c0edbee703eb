package import HTTP

/// What answers the requests of a route.
package enum Handler: Sendable {
  /// Answers from memory, on the loop's thread: it never waits.
  case immediate(@Sendable (Request) -> Response)
  /// May wait, for a store on a queue of its own; the loop goes on meanwhile, and pipelined order is kept.
  case suspending(@Sendable (Request) async -> Response)
  /// Answers from memory as `immediate` does, where it can; where it answers nil, as `suspending` does. Only the second
  /// sees a request with a body, and drops it.
  case cached(@Sendable (Request) -> Response?, @Sendable (Request) async -> Response)
  /// As `suspending`, for what needs a body: the first looks at the head alone, and its answer, if any, is the
  /// request's. So nobody has to be listened to who may not speak.
  case admitting(@Sendable (Request) -> Response?, @Sendable (Request) async -> Response)
  /// As `suspending`, with an answer that leaves as the delivery says; nil: at once.
  case delivering(@Sendable (Request) async -> (Response, Delivery?))

  /// Answers a whole request; the delivery is nil where the answer leaves at once.
  func answer(_ request: Request) async -> (Response, Delivery?) {
    switch self {
    case .immediate(let answer): (answer(request), nil)
    case .suspending(let answer), .cached(_, let answer), .admitting(_, let answer): (await answer(request), nil)
    case .delivering(let answer): await answer(request)
    }
  }
}

/// A path, or a pattern of paths, and who answers there.
package struct Route: Sendable {
  /// What becomes of a request's body.
  package enum Body: Sendable { case dropped, collected }

  /// How the platform sees a route.
  package enum Purpose: Sendable {
    case service
    /// Probes and scrapes: never shed, logged at debug only.
    case probe
    /// An operator's: no fault touches it.
    case control
  }

  /// `/api/products/{id}`: the route's name in metrics and log. `{id}` can only be the last segment.
  package let template: String
  package let purpose: Purpose
  package let body: Body
  /// By `Method.rawValue`; HEAD stands where GET does.
  fileprivate(set) var handlers: [Handler?]
  fileprivate let path: [UInt8]
  fileprivate let takesParameter: Bool

  package init(_ template: String, purpose: Purpose = .service, body: Body = .dropped, _ handlers: [Method: Handler]) {
    self.template = template
    self.purpose = purpose
    self.body = body
    takesParameter = template.hasSuffix("}")
    path = Array(takesParameter ? template.prefix(while: { $0 != "{" }).utf8 : Substring(template).utf8)
    self.handlers = Method.allCases.map { handlers[$0] ?? ($0 == .head ? handlers[.get] : nil) }
  }

  /// The field value of `Allow`, RFC 9110 §10.2.1: `GET, HEAD, OPTIONS`.
  var allow: FieldValue {
    let names = Method.allCases.filter { handlers[Int($0.rawValue)] != nil || $0 == .options }.map(\.name)
    // Method names are tokens: they are always a valid value.
    return FieldValue(names.joined(separator: ", ")) ?? ""
  }

  func matches(_ candidate: Span<UInt8>) -> Bool {
    guard takesParameter ? candidate.count > path.count : candidate.count == path.count else { return false }
    for index in path.indices where path[index] != candidate[index] { return false }
    guard takesParameter else { return true }
    for index in path.count..<candidate.count where candidate[index] == UInt8(ascii: "/") { return false }
    return true
  }
}
