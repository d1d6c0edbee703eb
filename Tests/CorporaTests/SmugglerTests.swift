import HTTP
import HTTPServer
import TestSupport
import Testing

/// defparam/smuggler: each case's body is one request by its Content-Length, and hides a second one from whoever takes
/// the mutated line for `Transfer-Encoding: chunked`.
@Suite(.enabled(if: Corpora.areThere, Corpora.areMissing)) struct SmugglerTests {
  private static let corpus = "smuggler-te-mutations.jsonl"

  @Test func givesOneAnswerToOneRequest() async throws {
    let cases = try await Corpora.cases(Self.corpus, of: WireCase.self)
    let smuggled = Guarded(0)
    let trap = Route(
      "/smuggled",
      [
        .get: .immediate { _ in
          smuggled.withLock { $0 += 1 }
          return TestRoutes.text("smuggled\n")
        }
      ])
    try await TestServer.run(routes: EchoRoutes.all + [trap]) { server in
      // Proves the trap: it closes on what really is two requests.
      let line = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      let two = try await server.replay([Array("\(line)GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8)])
      #expect(two[0].responses.count == 2)
      #expect(smuggled.withLock { $0 } == 1)

      let replayed = try await server.replay(cases.map(\.bytes))
      var accepted: [String: String] = [:]
      for (wanted, replayed) in zip(cases, replayed) {
        #expect(replayed.responses.count == 1, "\(wanted.id): \(replayed.responses.map(\.status))")
        guard let response = replayed.responses.first else { continue }
        if response.status < 300 {
          accepted[wanted.id] = "\(response.status)"
        } else {
          #expect((400...499).contains(response.status) || response.status == 501, "\(wanted.id): \(response.status)")
          #expect(response.closes, "\(wanted.id)")
        }
      }
      #expect(smuggled.withLock { $0 } == 1)
      #expect(cases.count - accepted.count >= 1697)
      Corpora.report(
        Self.corpus, accepted: accepted.count, refused: cases.count - accepted.count, deviations: accepted.count,
        "0 double responses")
      Deviations.expect(accepted, of: Self.corpus)
    }
  }
}
