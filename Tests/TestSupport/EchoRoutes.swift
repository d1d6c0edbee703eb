internal import HTTP
package import HTTPServer

/// What the suites of other projects want to talk to: GET and POST `/` answer 200, POST with its body; `/echo` answers
/// with the request's header fields.
package enum EchoRoutes {
  package static let all = [
    Route(
      "/", body: .collected,
      [
        .get: .immediate { _ in TestRoutes.text("echo\n") },
        .post: .immediate { Response(.ok, contentType: "application/octet-stream", body: $0.body) },
      ]),
    Route("/echo", [.get: .immediate(fields), .post: .immediate(fields)]),
  ]

  /// A line for each field line, as it came.
  private static func fields(of request: Request) -> Response {
    let lines = request.fields.lines.map { request.bytes[$0.name] + Array(": ".utf8) + request.bytes[$0.value] + [10] }
    return Response(.ok, contentType: "text/plain; charset=utf-8", body: Array(lines.joined()))
  }
}
