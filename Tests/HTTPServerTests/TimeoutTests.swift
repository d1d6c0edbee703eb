import HTTPServer
import TestSupport
import Testing

/// Timeouts are short here, and nothing is said about how long they take: only which one ends what, and how.
@Suite struct TimeoutTests {
  private static func short(_ keyPath: WritableKeyPath<ConnectionState.Timeouts, Int64>, seconds: Double = 0.2)
    -> (inout ServerConfiguration) -> Void
  {
    { $0.timeouts[keyPath: keyPath] = ConnectionState.Timeouts.seconds(seconds) }
  }

  @Test(arguments: ["G", "GET / HTTP/1.1\r\nHost: a\r\n", "\r\n"])
  func aHeadThatStallsGets408(part: String) async throws {
    try await TestServer.run(configure: Self.short(\.head)) { server in
      try await server.client { client in
        let response = try client.exchange(part)
        #expect(response.status == 408)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
      #expect(server.hits(.headTimeout) == 1)
      #expect(server.metric("http_requests_refused_total") == 1)
    }
  }

  @Test func aHeadThatTricklesGets408() async throws {
    try await TestServer.run(configure: Self.short(\.head)) { server in
      try await server.client { client in
        try client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
        // Each byte comes in time; the head as a whole does not.
        while client.staysSilent(milliseconds: 20) { try? client.send("x") }
        #expect(try client.response().status == 408)
        #expect(client.end() == .finished)
      }
      #expect(server.hits(.headTimeout) == 1)
    }
  }

  /// Each head has its own time, though a part of the next comes with the end of each.
  @Test func headsThatOverlapAreNotOneHead() async throws {
    try await TestServer.run(configure: Self.short(\.head, seconds: 2)) { server in
      try await server.client { client in
        try client.send("GET /")
        for _ in 0..<4 {
          #expect(client.staysSilent(milliseconds: 700))
          try client.send(" HTTP/1.1\r\nHost: a\r\n\r\nGET /")
          #expect(try client.response().status == 200)
        }
      }
      #expect(server.hits(.headTimeout) == 0)
    }
  }

  @Test func aHeadThatStallsBehindAnAnswerGets408() async throws {
    try await TestServer.run(configure: Self.short(\.head)) { server in
      try await server.client { client in
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /items")
        #expect(try client.response().status == 200)
        #expect(try client.response().status == 408)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test func closesSilentlyWhereNothingArrived() async throws {
    try await TestServer.run(configure: Self.short(\.head)) { server in
      try await server.client { client in #expect(client.end() == .finished) }
      #expect(server.hits(.headTimeout) == 1)
      #expect(server.server.answered == 0)
    }
  }

  @Test(arguments: ["GET /", "GET /ready", "GET /brief", "GET /slow", "GET /large"])
  func closesAfterTheIdleTimeout(request: String) async throws {
    try await TestServer.run(configure: Self.short(\.idle)) { server in
      try await server.client { client in
        let response = try client.exchange("\(request) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.status == 200)
        #expect(client.end() == .finished)
      }
      #expect(server.hits(.idleTimeout) == 1)
    }
  }

  @Test func neverClosesForIdlenessDuringARequest() async throws {
    try await TestServer.run(configure: Self.short(\.idle, seconds: 0.1)) { server in
      async let answer = server.client { client in try client.exchange("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n") }
      #expect(await eventually { server.gate.waiting == 1 })
      try await Task.sleep(for: .milliseconds(400))
      server.gate.open()
      #expect(try await answer.text == "gate\n")
    }
  }

  @Test(arguments: ["Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"])
  func aBodyThatStallsGets408(rest: String) async throws {
    try await TestServer.run(configure: Self.short(\.body)) { server in
      try await server.client { client in
        let response = try client.exchange("POST /echo HTTP/1.1\r\nHost: a\r\n" + rest)
        #expect(response.status == 408)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
      #expect(server.hits(.bodyTimeout) == 1)
      #expect(server.server.requestsInFlight == 0)
    }
  }

  @Test func aBodyThatTricklesBelowTheMinimumRateGets408() async throws {
    let configure: (inout ServerConfiguration) -> Void = {
      $0.timeouts.body = ConnectionState.Timeouts.seconds(0.5)
      $0.timeouts.bodyRateMin = 100_000
    }
    try await TestServer.run(configure: configure) { server in
      try await server.client { client in
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        while client.staysSilent(milliseconds: 20) { try? client.send("x") }
        #expect(try client.response().status == 408)
        #expect(client.end() == .finished)
      }
      #expect(server.hits(.bodyRateMin) + server.hits(.bodyTimeout) == 1)
    }
  }

  @Test func cutsAClientThatDoesNotReadItsAnswer() async throws {
    try await TestServer.run(configure: Self.short(\.write)) { server in
      try await onThread {
        let client = try server.connect(receiveBuffer: 16 << 10)
        try client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        try wait { server.hits(.writeTimeout) != 0 }
        #expect(throws: RawClient.Failure.self) { try client.response() }
      }
      #expect(server.metric("http_requests_abandoned_total") == 1)
      #expect(await eventually { server.server.openConnections == 0 })
    }
  }

  @Test func letsGoOfAClientThatNeverCloses() async throws {
    try await TestServer.run(configure: Self.short(\.linger)) { server in
      try await server.client { client in
        try client.send("BAD\r\n\r\n")
        #expect(try client.response().status == 400)
        // The client has not sent its FIN: the server ends it alone.
        try wait { server.server.openConnections == 0 }
      }
    }
  }
}
