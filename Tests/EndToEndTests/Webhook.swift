import HTTP
import HTTPServer
import Networking
import TestSupport

/// Whom others tell what happened: an address of this machine, and what came there.
struct Webhook: Sendable {
  let url: String
  private let bodies: Guarded<[String]>

  /// All that came so far.
  var received: [String] { bodies.withLock { $0 } }

  /// Listens while `body` runs.
  static func run(_ body: (Webhook) async throws -> Void) async throws {
    let bodies = Guarded<[String]>([])
    let taken: Handler = .immediate { request in
      bodies.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
      return TestRoutes.text("ok")
    }
    try await TestServer.run(routes: [Route("/", body: .collected, [.get: taken, .post: taken])]) { server in
      try await body(Webhook(url: "http://\(server.address)/", bodies: bodies))
    }
  }

  /// Waits for something that says all of this.
  func receives(_ parts: String..., within seconds: Double = 120) async throws {
    do {
      try await until("a message with \(parts)", within: seconds) {
        received.contains { body in parts.allSatisfy { body.contains($0) } }
      }
    } catch {
      throw ProcessFailure(description: "\(error); there came:\n\(received.joined(separator: "\n"))")
    }
  }
}
