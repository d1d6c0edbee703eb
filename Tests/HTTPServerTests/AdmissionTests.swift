import HTTPServer
import TestSupport
import Testing

@Suite struct AdmissionTests {
  @Test func refusesAConnectionTooManyAndServesProbesStill() async throws {
    try await TestServer.run(configure: { $0.connectionsMax = 2 }) { server in
      try await onThread {
        let first = try server.connect()
        let second = try server.connect()
        for client in [first, second] {
          #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
        for request in ["GET /", "GET /slow", "GET /missing", "HEAD /"] {
          let third = try server.connect()
          let response = try third.exchange(
            "\(request) HTTP/1.1\r\nHost: a\r\n\r\n", toHEAD: request.hasPrefix("HEAD"))
          #expect(response.status == 503)
          #expect(response["Retry-After"] != nil)
          #expect(response.closes)
          #expect(third.end() == .finished)
        }
        let probe = try server.connect()
        let response = try probe.exchange("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.text == "ok\n")
        #expect(response.closes)
        #expect(probe.end() == .finished)
        #expect(server.hits(.connectionsMax) == 5)

        first.finishSending()
        #expect(first.end() == .finished)
        try wait { server.server.openConnections <= 1 }
        let fourth = try server.connect()
        #expect(try fourth.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        #expect(try second.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
      }
    }
  }

  @Test func refusesASilentConnectionTooManyToo() async throws {
    try await TestServer.run(configure: { $0.connectionsMax = 1 }) { server in
      try await onThread {
        let first = try server.connect()
        #expect(try first.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        let silent = try server.connect()
        #expect(try silent.response().status == 503)
        #expect(silent.end() == .finished)
      }
    }
  }

  @Test func theConnectionsTooManyAreBoundedToo() async throws {
    try await TestServer.run(configure: {
      $0.connectionsMax = 1
      $0.shedConnectionsMax = 2
      // What lingers or waits here does so for longer than the test.
      $0.timeouts.linger = ConnectionState.Timeouts.seconds(600)
      $0.timeouts.head = ConnectionState.Timeouts.seconds(600)
    }) { server in
      try await onThread {
        let first = try server.connect()
        #expect(try first.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        let waiting = try server.connect()
        try waiting.send("GET / HTTP/1.1\r\n")
        try wait { server.connections("reading") == 1 }
        let lingering = try server.connect()
        #expect(try lingering.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 503)
        try wait { server.connections("closing") == 1 }
        #expect(server.hits(.connectionsMax) == 2 && server.hits(.shedConnectionsMax) == 0)

        // Beyond those: what came with the connection is answered, a probe as ever, and nothing is waited for.
        let refused = try server.connect()
        #expect(try refused.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 503)
        try wait { server.server.openConnections == 3 }
        let probe = try server.connect()
        #expect(try probe.exchange("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").text == "ok\n")
        try wait { server.server.openConnections == 3 }
        let slow = try server.connect()
        try slow.send("GET / HTTP/1.1\r\n")
        #expect(slow.end() == .finished)
        let silent = try server.connect()
        #expect(try silent.response().status == 503)
        try wait { server.server.openConnections == 3 }
        #expect(server.hits(.connectionsMax) == 6 && server.hits(.shedConnectionsMax) == 4)
        for client in [refused, probe, silent] { #expect(client.end() == .finished) }

        // Those within are served as before, and one that leaves makes room.
        #expect(try waiting.exchange("Host: a\r\n\r\n").status == 503)
        #expect(waiting.end() == .finished)
        try wait { server.server.openConnections == 2 }
        let next = try server.connect()
        #expect(try next.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 503)
        try wait { server.connections("closing") == 2 }
        #expect(server.hits(.shedConnectionsMax) == 4)
        #expect(try first.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
      }
    }
  }

  @Test func theRefusalOfAConnectionTooManyIsReadableWhileTheClientSendsABody() async throws {
    try await TestServer.run(configure: { $0.connectionsMax = 1 }) { server in
      try await onThread {
        let first = try server.connect()
        #expect(try first.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        let second = try server.connect()
        try second.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        try second.send([UInt8](repeating: 120, count: 1_000_000))
        #expect(try second.response().status == 503)
        #expect(second.end() == .finished)
      }
    }
  }

  @Test func refusesARequestTooManyThatWouldWait() async throws {
    try await TestServer.run(configure: { $0.inFlightMax = 2 }) { server in
      try await onThread {
        let waiting = [try server.connect(), try server.connect()]
        for client in waiting { try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n") }
        try wait { server.gate.waiting >= 2 }
        let other = try server.connect()
        for _ in 0..<2 {
          let response = try other.exchange("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
          #expect(response.status == 503)
          #expect(response["Retry-After"] != nil)
          // The client may ask again, on the same connection.
          #expect(!response.closes)
        }
        // What does not wait is served, probes first of all.
        #expect(try other.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        #expect(try other.exchange("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        #expect(server.hits(.inFlightMax) == 2)
        server.gate.open()
        for client in waiting { #expect(try client.response().text == "gate\n") }
        #expect(try other.exchange("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n").text == "gate\n")
        #expect(server.server.requestsInFlight == 0)
      }
    }
  }

  @Test(arguments: ["Content-Length: 1000000\r\n", "Content-Length: 1000000\r\nExpect: 100-continue\r\n"])
  func refusesABodyBeyondTheRequestsInFlightReadably(fields: String) async throws {
    try await TestServer.run(configure: { $0.inFlightMax = 1 }) { server in
      try await onThread {
        let waiting = try server.connect()
        try waiting.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        try wait { server.gate.waiting >= 1 }
        let other = try server.connect()
        try other.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        try other.send([UInt8](repeating: 120, count: 1_000_000))
        let response = try other.response()
        #expect(response.status == 503)
        #expect(response.closes)
        #expect(other.end() == .finished)
        server.gate.open()
        #expect(try waiting.response().text == "gate\n")
      }
    }
  }

  @Test func managementAnswersWhenTheServiceIsFull() async throws {
    let routes = TestRoutes.all(gate: Gate()).filter { $0.template == "/healthz" }
    try await TestServer.run(
      management: routes,
      configure: {
        $0.connectionsMax = 1
        $0.managementConnectionsMax = 1
      }
    ) { server in
      try await onThread {
        let first = try server.connect()
        #expect(try first.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        #expect(try server.connect().exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 503)

        let scraper = try RawClient(server.managementAddress)
        #expect(try scraper.exchange("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").text == "ok\n")
        #expect(try scraper.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 404)
        let second = try RawClient(server.managementAddress)
        #expect(try second.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 503)
        #expect(second.end() == .finished)
        #expect(server.hits(.connectionsMax) == 1)
        #expect(server.hits(.managementConnectionsMax) == 1)
      }
    }
  }

  @Test func endsAConnectionThatIsOldEnoughAtItsNextAnswer() async throws {
    try await TestServer.run(configure: { $0.connectionMaxAge = .milliseconds(300) }) { server in
      try await server.client { client in
        var answers = 0
        while try !client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").closes { answers += 1 }
        #expect(answers > 0)
        #expect(client.end() == .finished)
      }
      #expect(server.hits(.connectionMaxAge) == 1)
    }
  }
}
