import HTTP
import Testing

@testable import HTTPServer

/// The request with these lines and a Host.
func request(_ line: String, _ fields: [String] = ["Host: a"], body: String = "") throws -> Request {
  var request = Request()
  let input = [UInt8](([line] + fields).map { $0 + "\r\n" }.joined().utf8) + [13, 10]
  let count = try RequestParser(limits: .init()).parse(input.span, into: &request)
  try #require(count == input.count)
  request.body = [UInt8](body.utf8)
  return request
}

@Suite struct RouterTests {
  private static let router = Router([
    Route("/", [.get: .immediate { _ in Response(.ok) }]),
    Route("/items", [.get: .immediate { _ in Response(.ok) }, .post: .suspending { _ in Response(.created) }]),
    Route("/items/{id}", [.get: .immediate { _ in Response(.ok) }, .delete: .immediate { _ in Response(.noContent) }]),
    Route("/echo", body: .collected, [.post: .immediate { _ in Response(.ok) }]),
    Route("/healthz", purpose: .probe, [.get: .immediate { _ in Response(.ok) }]),
    Route("/head", [.get: .immediate { _ in Response(.ok) }, .head: .suspending { _ in Response(.noContent) }]),
  ])

  /// What became of a request: `immediate`, `suspending`, or status and Allow of the router's own answer.
  private static func outcome(_ line: String) throws -> String {
    let request = try request(line)
    switch router.destination(of: request, at: router.index(for: request)) {
    case .handler(.immediate): return "immediate"
    case .handler(.suspending), .handler(.cached), .handler(.admitting), .handler(.delivering): return "suspending"
    case .answer(let response): return describe(response)
    case .lastAnswer(let response): return describe(response) + ", last"
    }
  }

  private static func describe(_ response: Response) -> String {
    let lines = String(decoding: response.fields.bytes, as: UTF8.self).split(separator: "\r\n")
    let allow = lines.first { $0.hasPrefix("Allow: ") }.map { " " + $0 }
    return "\(response.status.code)\(allow ?? "")"
  }

  @Test(
    arguments: [
      ("/", "/"), ("/?a=b", "/"), ("/items", "/items"), ("/items?x", "/items"), ("/items/1", "/items/{id}"),
      ("/items/a.b-c_d~", "/items/{id}"), ("/items/%20", "/items/{id}"), ("/items/a%2Fb", "/items/{id}"),
      ("/items/%61", "/items/{id}"), ("/%69tems", "/items"), ("http://b/items/1", "/items/{id}"), ("http://b", "/"),
      ("/items/", nil), ("/items/1/", nil), ("/items/1/2", nil), ("/item", nil), ("/itemss", nil), ("//", nil),
      ("/ITEMS", nil), ("/healthz/", nil), ("/*", nil),
    ] as [(String, String?)])
  func findsTheRouteOfAPath(target: String, template: String?) throws {
    let index = Self.router.index(for: try request("GET \(target) HTTP/1.1"))
    #expect(index == Self.router.routes.firstIndex { $0.template == template } ?? Self.router.routes.count)
  }

  @Test(arguments: [
    ("GET /", "immediate"), ("HEAD /", "immediate"), ("GET /items", "immediate"), ("HEAD /items", "immediate"),
    ("POST /items", "suspending"), ("HEAD /head", "suspending"), ("DELETE /items/1", "immediate"),
    ("GET /nothing", "404"), ("POST /nothing", "404"), ("OPTIONS /nothing", "404"), ("HEAD /nothing", "404"),
    ("POST /", "405 Allow: GET, HEAD, OPTIONS"), ("DELETE /items", "405 Allow: GET, HEAD, POST, OPTIONS"),
    ("PUT /items/1", "405 Allow: GET, HEAD, DELETE, OPTIONS"), ("PATCH /echo", "405 Allow: POST, OPTIONS"),
    ("GET /echo", "405 Allow: POST, OPTIONS"), ("HEAD /echo", "405 Allow: POST, OPTIONS"),
    ("OPTIONS /", "204 Allow: GET, HEAD, OPTIONS"), ("OPTIONS /items", "204 Allow: GET, HEAD, POST, OPTIONS"),
    ("OPTIONS /echo", "204 Allow: POST, OPTIONS"), ("TRACE /", "405 Allow: GET, HEAD, OPTIONS"),
    ("BREW /", "501"), ("BREW /nothing", "501"), ("get /", "501"),
  ])
  func leadsEachMethodSomewhere(line: String, outcome: String) throws {
    #expect(try Self.outcome(line + " HTTP/1.1") == outcome)
  }

  @Test func answersOPTIONSOfTheServer() throws {
    let outcome = try Self.outcome("OPTIONS * HTTP/1.1")
    #expect(outcome.hasPrefix("204 Allow: "))
    #expect(outcome.contains("OPTIONS"))
  }

  @Test func refusesTRACEEverywhereWithAllow() throws {
    #expect(try Self.outcome("TRACE /nothing HTTP/1.1").hasPrefix("405 Allow: "))
  }

  @Test func theAnswerToCONNECTIsTheLast() throws {
    let outcome = try Self.outcome("CONNECT a:443 HTTP/1.1")
    #expect(outcome.hasPrefix("405 Allow: "))
    #expect(outcome.hasSuffix(", last"))
  }

  @Test func collectsABodyOnlyWhereTheRouteWantsIt() {
    #expect(Self.router.routes.indices.filter { Self.router.collectsBody(at: $0) } == [3])
    #expect(!Self.router.collectsBody(at: Self.router.routes.count))
  }

  @Test func theFirstRouteThatMatchesWins() throws {
    let router = Router([Route("/a/{id}", [:]), Route("/a/b", [:])])
    #expect(router.index(for: try request("GET /a/b HTTP/1.1")) == 0)
  }

  @Test func aRouterWithoutRoutesKnowsNothing() throws {
    let empty = Router([])
    let request = try request("GET / HTTP/1.1")
    #expect(empty.index(for: request) == 0)
    guard case .answer(let response) = empty.destination(of: request, at: 0) else {
      Issue.record("no answer")
      return
    }
    #expect(response.status == .notFound)
  }
}
