internal import HTTP

/// The routes of a listener, looked up in order; a handful, so a walk beats a table.
package struct Router: Sendable {
  /// Where a request leads.
  enum Destination {
    case handler(Handler)
    /// The router answers itself: OPTIONS, 404, 405, 501, and what the parser has noted.
    case answer(Response)
    /// The same, for a method after which the connection is no longer HTTP: CONNECT.
    case lastAnswer(Response)
  }

  package let routes: [Route]
  /// Those of the first route by `Method.rawValue`, then those of the next one.
  private let handlers: [Handler?]
  private let methodCount: Int
  private let allowOfAll: FieldValue

  package init(_ routes: [Route]) {
    self.routes = routes
    handlers = routes.flatMap(\.handlers)
    methodCount = Method.allCases.count
    allowOfAll =
      Route(
        "*",
        routes.reduce(into: [.get: .immediate { _ in Response(.noContent) }]) { all, route in
          for method in Method.allCases where method != .head {
            all[method] = all[method] ?? route.handlers[Int(method.rawValue)]
          }
        }
      ).allow
  }

  /// The metric label of what no route matches.
  static let unmatched = "unmatched"

  /// The number of the route that takes `request`; `routes.count` when none does.
  ///
  /// Inlined: a request is a large value, which would be copied for the call.
  @inline(__always)
  func index(for request: Request) -> Int {
    let path = request.bytes.span.extracting(request.target.path)
    for index in routes.indices where routes[index].matches(path) { return index }
    return routes.count
  }

  /// The place of who answers `method` at the route of this number; nil where no route matched.
  func place(of method: Method, at index: Int) -> Int? {
    index < routes.count ? index * methodCount + Int(method.rawValue) : nil
  }

  /// What most requests get: an answer without waiting. Nil where there is none, and `destination` is to be asked.
  @inline(__always)
  func answerFromMemory(to request: Request, at place: Int) -> Response? {
    switch handlers[place] {
    case .immediate(let answer): answer(request)
    case .cached(let answer, _): answer(request)
    case .suspending, .admitting, .delivering, nil: nil
    }
  }

  func destination(of request: Request, at index: Int) -> Destination {
    if request.refusal == nil, let place = place(of: request.method, at: index), let handler = handlers[place] {
      if case .admitting(let refusal, _) = handler, let response = refusal(request) { return .answer(response) }
      return .handler(handler)
    }
    return ownAnswer(to: request, at: index)
  }

  private func ownAnswer(to request: Request, at index: Int) -> Destination {
    if let refusal = request.refusal {
      return .answer(problem(refusal.status, refusal.detail, request))
    }
    guard index < routes.count else { return missing(request) }
    let route = routes[index]
    switch request.method {
    case .options:
      return .answer(Response(.noContent).adding(.allow, route.allow))
    case .other:
      return .answer(problem(.notImplemented, "This method is not implemented.", request))
    case .connect:
      return .lastAnswer(methodNotAllowed(request, allow: route.allow))
    default:
      return .answer(methodNotAllowed(request, allow: route.allow))
    }
  }

  /// Whether the body is for the handler that answers at `destination`, the route's at `index`.
  func collectsBody(for destination: Destination, at index: Int) -> Bool {
    switch destination {
    case .handler(.admitting): true
    case .handler(.cached), .answer, .lastAnswer: false
    case .handler: collectsBody(at: index)
    }
  }

  func collectsBody(at index: Int) -> Bool {
    index < routes.count && routes[index].body == .collected
  }

  private func missing(_ request: Request) -> Destination {
    switch request.method {
    case .options where request.path.elementsEqual([UInt8(ascii: "*")]):
      .answer(Response(.noContent).adding(.allow, allowOfAll))
    case .other: .answer(problem(.notImplemented, "This method is not implemented.", request))
    case .trace, .query: .answer(methodNotAllowed(request, allow: allowOfAll))
    case .connect: .lastAnswer(methodNotAllowed(request, allow: allowOfAll))
    default: .answer(problem(.notFound, "There is nothing at this path.", request))
    }
  }

  private func methodNotAllowed(_ request: Request, allow: FieldValue) -> Response {
    problem(.methodNotAllowed, "The path exists, but not for the method \(request.method.name).", request)
      .adding(.allow, allow)
  }

  private func problem(_ status: Status, _ detail: String, _ request: Request) -> Response {
    Problem.response(status, detail: detail, accept: request.values(of: .accept))
  }
}
