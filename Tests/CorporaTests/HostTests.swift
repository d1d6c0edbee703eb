import TestSupport
import Testing

/// nginx's and Go's suites: one request each, whose status or acceptance is listed.
@Suite(.enabled(if: Corpora.areThere, Corpora.areMissing)) struct HostTests {
  @Test(arguments: ["nginx-host.jsonl", "go-nethttp.jsonl"])
  func answersAsListed(corpus: String) async throws {
    let cases = try await Corpora.cases(corpus, of: WireCase.self)
    try await TestServer.run(routes: EchoRoutes.all) { server in
      let replayed = try await server.replay(cases.map(Self.bytes))
      var found: [String: String] = [:]
      for (wanted, replayed) in zip(cases, replayed) {
        #expect(replayed.responses.count == 1, "\(wanted.id): \(replayed.responses.map(\.status))")
        let status = replayed.status ?? 0
        let isAsListed = wanted.want.map { $0 == status } ?? ((wanted.expect == "accept") == (status < 300))
        if !isAsListed { found[wanted.id] = "\(status)" }
      }
      let refused = replayed.count(where: \.isRefused)
      Corpora.report(corpus, accepted: cases.count - refused, refused: refused, deviations: found.count)
      Deviations.expect(found, of: corpus)
    }
  }

  /// One of Go's heads lost its end on the way into the corpus; Go's test sends it.
  private static func bytes(of wanted: WireCase) -> [UInt8] {
    let end = Array("\r\n\r\n".utf8)
    let bytes = wanted.bytes
    return bytes.indices.contains { bytes[$0...].starts(with: end) } ? bytes : bytes + end
  }
}
