import HTTPServer
import Networking
import TLS
import TestSupport
import Testing

/// The server behind TLS, asked by our own client over TCP.
@Suite struct TLSServerTests {
  private static let identity = Result { try SelfSignedPair(names: ["localhost"], validity: -60...3600) }
  private static let anyone = Result { try TLSContext.client(trust: .anyone) }

  /// What failed handshakes were told of.
  private final class Failures: Sendable {
    let reasons = Guarded<[String]>([])
  }

  private static func endpoint(_ failures: Failures = Failures()) throws -> TLSEndpoint {
    let identity = try identity.get()
    let context = try TLSContext.server(
      certificate: identity.certificate, key: identity.key, clients: .off,
      tickets: TicketKeys(lifetime: 3_600_000_000_000))
    return TLSEndpoint(
      addresses: [SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0)], context: { context },
      handshakeFailed: { _, reason in failures.reasons.withLock { $0.append(reason) } })
  }

  private static func client(_ server: TestServer) throws -> RawClient {
    try RawClient(server.tlsAddress, tls: anyone.get())
  }

  private static func handshakes(_ server: TestServer, _ result: String, version: String = "none") -> Double {
    server.metric("tls_handshakes_total{result=\"\(result)\",version=\"\(version)\",resumed=\"false\"}")
  }

  @Test func answersBesideThePlainListener() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      try await onThread {
        let client = try Self.client(server)
        for _ in 0..<3 { #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200) }
        let plain = try server.connect()
        #expect(try plain.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        #expect(server.connections("idle") == 2)
        withExtendedLifetime((client, plain)) {}
      }
      #expect(Self.handshakes(server, "ok", version: "TLSv1.3") == 1)
      #expect(server.metric("tls_handshake_duration_seconds_count") == 1)
    }
  }

  @Test func everyRowOfTheTableHoldsBehindTLS() async throws {
    let rows =
      RequestTable.host + RequestTable.framing + RequestTable.chunks + RequestTable.fieldLines + RequestTable.targets
      + RequestTable.methods + RequestTable.versions + RequestTable.expectations + RequestTable.limits
      + RequestTable.persistence
    try await TestServer.run(routes: RequestTableTests.routes, tls: try Self.endpoint()) { server in
      try await onThread { for row in rows { try row.ask(try Self.client(server)) } }
    }
  }

  @Test func requestsOfOneRecordAndOfManyAreAnsweredInOrder() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      try await onThread {
        let client = try Self.client(server)
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        try client.send(String(repeating: request, count: 50))
        // Many records in one packet: they are decrypted one by one, and epoll tells of the first alone.
        for _ in 0..<50 { try client.send(request) }
        for _ in 0..<100 { #expect(try client.response().status == 200) }
      }
    }
  }

  @Test func aLargeBodyGoesBothWays() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      try await onThread {
        let client = try Self.client(server)
        let body = String(repeating: "0123456789abcdef", count: 60_000)
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let response = try client.response()
        #expect(response.status == 200 && response.text == body)
      }
    }
  }

  @Test func theEndIsSaidAndNoReset() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      try await onThread {
        let client = try Self.client(server)
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status == 200)
        // close_notify, not a bare FIN: our client calls that a reset.
        #expect(client.end() == .finished)
      }
    }
  }

  /// close_notify before the answer is read: its bytes must not make a reset of our end.
  @Test func whoFinishesFirstGetsTheWholeAnswer() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      try await onThread {
        let client = try RawClient(server.tlsAddress, receiveBuffer: 65536, tls: Self.anyone.get())
        try client.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        try wait { server.connections("writing") == 1 }
        client.finishSending()
        #expect(try client.response().status == 200)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test func aConnectionTooManyCostsNoHandshake() async throws {
    try await TestServer.run(
      tls: try Self.endpoint(),
      configure: {
        $0.connectionsMax = 1
        $0.shedConnectionsMax = 0
      }
    ) { server in
      try await onThread {
        let first = try Self.client(server)
        #expect(try first.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        #expect(throws: RawClient.Failure.self) { try Self.client(server) }
        #expect(server.hits(.connectionsMax) == 1 && server.hits(.shedConnectionsMax) == 1)
        #expect(server.server.openConnections == 1)
        withExtendedLifetime(first) {}
      }
      #expect(Self.handshakes(server, "ok", version: "TLSv1.3") == 1)
    }
  }

  @Test func aTruncatedRequestIsAbandoned() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      try await onThread {
        let client = try Self.client(server)
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
        client.truncate()
        #expect(client.end() != .open)
      }
      #expect(await eventually { server.metric("http_requests_abandoned_total") == 1 })
    }
  }

  @Test func plainHTTPGetsAnAnswerThatCanBeRead() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      for method in ["GET", "DELETE", "PATCH"] {
        try await onThread {
          let client = try RawClient(server.tlsAddress)
          let response = try client.exchange("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
          #expect(response.status == 400 && response.text.contains("HTTPS") && response.closes)
          #expect(client.end() == .finished)
        }
      }
      #expect(Self.handshakes(server, "plain_http") == 3)
    }
  }

  @Test func whatIsNoTLSGetsAnAlertAndTheOperatorTheReason() async throws {
    let failures = Failures()
    try await TestServer.run(tls: try Self.endpoint(failures)) { server in
      try await onThread {
        let client = try RawClient(server.tlsAddress)
        // A record of a handshake that is none.
        try client.send([22, 3, 1, 0, 5, 99, 0, 0, 1, 0])
        let (bytes, end) = client.readToEnd()
        #expect(bytes.first == 21 && end == .finished)
      }
      #expect(Self.handshakes(server, "failed") == 1)
      #expect(failures.reasons.withLock { $0.count } == 1)
    }
  }

  @Test func aProbeThatOnlyConnectsIsNoFailedHandshake() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      try await onThread { try RawClient(server.tlsAddress).finishSending() }
      #expect(await eventually { server.metric("http_connections_accepted_total") == 1 })
      #expect(await eventually { server.connections("handshake") == 0 })
      for result in ["failed", "closed", "timeout"] { #expect(Self.handshakes(server, result) == 0) }
    }
  }

  @Test func aHandshakeHasItsOwnDeadline() async throws {
    try await TestServer.run(
      tls: try Self.endpoint(), configure: { $0.timeouts.handshake = ConnectionState.Timeouts.seconds(0.3) }
    ) { server in
      try await onThread {
        let client = try RawClient(server.tlsAddress)
        try client.send([22, 3, 1])
        #expect(client.end() == .finished || client.end() == .reset)
      }
      #expect(Self.handshakes(server, "timeout") == 1)
      #expect(server.hits(.handshakeTimeout) == 1)
    }
  }

  @Test func handshakesCountAgainstTheConnections() async throws {
    try await TestServer.run(
      tls: try Self.endpoint(),
      configure: {
        $0.connectionsMax = 1
        $0.shedConnectionsMax = 1
      }
    ) { server in
      try await onThread {
        let silent = try RawClient(server.tlsAddress)
        try silent.send([22, 3, 1])
        // One too many is told so behind its handshake.
        let client = try Self.client(server)
        let response = try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.status == 503 && response["Retry-After"] == "1" && response.closes)
        #expect(client.end() == .finished)
        silent.finishSending()
      }
      #expect(server.hits(.connectionsMax) == 1)
    }
  }

  /// What waits inside OpenSSL when a handler answers late is read then.
  @Test func recordsThatWaitedForAHandlerAreReadWhenItHasAnswered() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      async let statuses = onThread {
        let client = try Self.client(server)
        try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in 0..<5 { try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        return try (0..<6).map { _ in try client.response().status }
      }
      #expect(await eventually { server.connections("handling") == 1 })
      server.gate.open()
      let answered = try await statuses
      #expect(answered == [200, 200, 200, 200, 200, 200])
    }
  }

  @Test func connectionsAreSharedOutAmongTheLoops() async throws {
    try await TestServer.run(tls: try Self.endpoint(), configure: { $0.loops = 2 }) { server in
      try await onThread {
        let clients = try (0..<8).map { _ in try Self.client(server) }
        for client in clients { #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200) }
        #expect(server.server.openConnections == 8)
      }
    }
  }

  @Test func aDrainLosesNothingBehindTLS() async throws {
    try await TestServer.run(tls: try Self.endpoint()) { server in
      try await onThread {
        let client = try Self.client(server)
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        server.server.drain.raise()
        // Two in one record: the last says that it is the last.
        try client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 2))
        let (first, second) = (try client.response(), try client.response())
        #expect(first.status == 200 && !first.closes)
        #expect(second.status == 200 && second.closes)
        #expect(client.end() == .finished)
      }
    }
  }
}
