package import HTTP
package import HTTPServer

/// Routes that the product does not have, to see the server at work.
package enum TestRoutes {
  /// Bytes of `/large`: more than the kernel buffers for a connection at both ends.
  package static let largeCount = 16 << 20

  /// The body of `/large`: numbered blocks, so that none can be missing or doubled unseen.
  package static let largeBody: [UInt8] = {
    var block = [UInt8](repeating: 120, count: 64 << 10)
    var body: [UInt8] = []
    for number in 0..<largeCount / block.count {
      block[0] = UInt8(truncatingIfNeeded: number)
      body += block
    }
    return body
  }()

  /// What follows the path in an answer of `/pages/{id}`.
  package static let padding = String(repeating: ".", count: 4096)

  /// - Parameter gate: `/gate` answers when it is open.
  package static func all(gate: Gate) -> [Route] {
    return [
      Route("/", [.get: .immediate { _ in text("hello\n") }]),
      Route(
        "/echo", body: .collected,
        [.post: .immediate { Response(.ok, contentType: "application/octet-stream", body: $0.body) }]),
      Route("/slow-echo", body: .collected, [.post: .suspending(slowEcho)]),
      Route("/drop", [.post: .immediate { text("\($0.body.count) bytes\n") }]),
      Route(
        "/slow",
        [
          .get: .suspending { _ in
            try? await Task.sleep(for: .milliseconds(50))
            return text("slow\n")
          }
        ]),
      // Shorter than a loop lingers in epoll: its answer comes while the loop waits for events.
      Route(
        "/brief",
        [
          .get: .suspending { _ in
            try? await Task.sleep(for: .milliseconds(5))
            return text("brief\n")
          }
        ]),
      Route("/ready", [.get: .suspending { _ in text("ready\n") }]),
      Route(
        "/gate",
        [
          .get: .suspending { _ in
            await gate.pass()
            return text("gate\n")
          }
        ]),
      Route(
        "/large",
        [.get: .immediate { _ in Response(.ok, contentType: "application/octet-stream", body: largeBody) }]),
      Route("/empty", [.get: .immediate { _ in Response(.noContent) }]),
      Route(
        "/unchanged",
        [
          .get: .immediate { _ in
            {
              var answer = Response(.notModified); answer.etag = "\"1\""; return answer
            }()
          }
        ]),
      Route("/items/{id}", [.get: .immediate { text(String(decoding: $0.path, as: UTF8.self)) }]),
      Route(
        "/pages/{id}", [.get: .immediate { text(String(decoding: $0.path, as: UTF8.self) + padding) }]),
      Route("/healthz", purpose: .probe, [.get: .immediate { _ in text("ok\n") }]),
    ]
  }

  package static func text(_ body: String) -> Response {
    Response(.ok, contentType: "text/plain; charset=utf-8", body: [UInt8](body.utf8))
  }

  private static func slowEcho(_ request: Request) async -> Response {
    try? await Task.sleep(for: .milliseconds(50))
    return Response(.ok, contentType: "application/octet-stream", body: request.body)
  }
}
