import HTTPServer
import TestSupport
import Testing

/// h2o's fuzzing corpus: bytes that once were interesting to another server.
@Suite(.enabled(if: Corpora.areThere, Corpora.areMissing)) struct FuzzSeedTests {
  @Test func survivesWhatFuzzersFound() async throws {
    let files = try await Corpora.files(in: "h2o-http1-fuzz")
    try await TestServer.run(routes: EchoRoutes.all) { server in
      let starts = try await inLanes(files) { file in
        let client = try server.connect()
        try? client.send(file.bytes)
        client.finishSending()
        let (answer, end) = client.readToEnd()
        #expect(end != .open, "\(file.id)")
        #expect(answer.isEmpty || answer.starts(with: Array("HTTP/1.1 ".utf8)), "\(file.id)")
        return answer.prefix(12)
      }
      let accepted = starts.count { $0.dropFirst("HTTP/1.1 ".utf8.count).first == UInt8(ascii: "2") }
      let refused = starts.count { !$0.isEmpty } - accepted
      Corpora.report(
        "h2o-http1-fuzz", accepted: accepted, refused: refused, deviations: 0,
        "\(files.count - accepted - refused) unfinished; by the first answer of \(files.count)")
      #expect(await eventually { server.server.openConnections == 0 })
      #expect(server.server.requestsInFlight == 0)
      #expect(try await server.client { try $0.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text } == "echo\n")
    }
  }
}
