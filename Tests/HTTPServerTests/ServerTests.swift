import Foundation
import HTTP
import Metrics
import Networking
import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct ServerTests {
  // MARK: Request ids

  @Test(arguments: ["a", "abc.DEF_0-9", String(repeating: "x", count: 128)])
  func echoesAValidRequestID(id: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        for path in ["/", "/slow", "/missing"] {
          let response = try client.exchange("GET \(path) HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(id)\r\n\r\n")
          #expect(response["X-Request-Id"] == id)
        }
      }
      #expect(await eventually { server.logText.contains("\"requestId\":\"\(id)\"") })
    }
  }

  @Test(arguments: ["", "a b", "a\u{e9}", "a\"b", "a,b", String(repeating: "x", count: 129)])
  func replacesAnInvalidRequestID(id: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let response = try client.exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(id)\r\n\r\n")
        let made = try #require(response["X-Request-Id"])
        #expect(made.utf8.count == 16)
        #expect(made.utf8.allSatisfy { Set("0123456789abcdef".utf8).contains($0) })
      }
    }
  }

  @Test func makesAnIDForEachRequestRefusedOnesToo() async throws {
    try await TestServer.run(configure: { $0.loops = 2 }) { server in
      try await onThread {
        var ids: Set<String> = []
        for _ in 0..<10 {
          let client = try server.connect()
          for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "BAD\r\n\r\n"] {
            ids.insert(try #require(try client.exchange(request)["X-Request-Id"]))
          }
        }
        #expect(ids.count == 30)
      }
    }
  }

  // MARK: Fields of every answer

  @Test func everyAnswerCarriesTheFieldsOfTheConfiguration() async throws {
    let configure: (inout ServerConfiguration) -> Void = {
      $0.identityFields = ["X-Served-By": "me", "X-Version": "1"]
    }
    try await TestServer.run(configure: configure) { server in
      try await server.client { client in
        for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n", "BAD\r\n\r\n"] {
          let response = try client.exchange(request)
          #expect(response["X-Served-By"] == "me")
          #expect(response["X-Version"] == "1")
        }
      }
    }
  }

  // MARK: Metrics

  @Test func countsRequestsByMethodRouteAndStatus() async throws {
    try await TestServer.run { server in
      let bytes = try await server.client { client in
        var bytes = 0
        for request in [
          "GET /", "GET /", "HEAD /", "GET /items/1", "GET /items/2", "POST /", "GET /nothing", "GET /else", "BREW /",
          "OPTIONS *", "GET /slow",
        ] {
          bytes += try client.exchange("\(request) HTTP/1.1\r\nHost: a\r\n\r\n", toHEAD: request == "HEAD /").body.count
        }
        return bytes
      }
      func count(_ method: String, _ route: String, _ code: Int) -> Double {
        server.metric("http_requests_total{method=\"\(method)\",route=\"\(route)\",code=\"\(code)\"}")
      }
      #expect(count("GET", "/", 200) == 2)
      #expect(count("HEAD", "/", 200) == 1)
      #expect(count("GET", "/items/{id}", 200) == 2)
      #expect(count("POST", "/", 405) == 1)
      #expect(count("GET", "unmatched", 404) == 2)
      #expect(count("other", "/", 501) == 1)
      #expect(count("OPTIONS", "unmatched", 204) == 1)
      #expect(count("GET", "/slow", 200) == 1)
      #expect(server.server.answered == 11)
      #expect(server.metric("http_request_duration_seconds_count{route=\"/items/{id}\"}") == 2)
      #expect(server.metric("http_request_duration_seconds_sum{route=\"/slow\"}") >= 0.05)
      #expect(server.metric("http_response_size_bytes_count") == 11)
      #expect(server.metric("http_response_size_bytes_sum") > Double(bytes))
      #expect(server.metric("http_request_size_bytes_count") == 11)
    }
  }

  @Test func countsTheBytesOfRequestsAndAnswers() async throws {
    try await TestServer.run { server in
      let request = "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
      let received = try await server.client { client in
        try client.send(request)
        return client.readToEnd().bytes.count
      }
      #expect(server.metric("http_request_size_bytes_sum") == Double(request.utf8.count))
      #expect(server.metric("http_response_size_bytes_sum") == Double(received))
    }
  }

  @Test func knowsWhatEachConnectionDoes() async throws {
    try await TestServer.run { server in
      try await onThread {
        let idle = try server.connect()
        _ = try idle.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try wait { server.connections("idle") == 1 }
        let reading = try server.connect()
        try reading.send("GET /")
        try wait { server.connections("reading") == 1 }
        let handling = try server.connect()
        try handling.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        try wait { server.connections("handling") == 1 }
        let writing = try server.connect(receiveBuffer: 16 << 10)
        try writing.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        try wait { server.connections("writing") == 1 }
        let closing = try server.connect()
        try closing.send("BAD\r\n\r\n")
        try wait { server.connections("closing") == 1 }
        #expect(server.server.openConnections == 5)
        for client in [idle, reading, handling, writing, closing] { client.resetOnClose() }
      }
      #expect(await eventually { server.server.openConnections == 0 })
      for state in ["new", "idle", "reading", "handling", "writing", "closing"] {
        #expect(server.connections(state) == 0, "\(state)")
      }
      #expect(server.metric("http_connections_accepted_total") == 5)
    }
  }

  // MARK: The access log

  @Test func logsALineARequestAndProbesOnlyWhenAsked() async throws {
    for (scope, expected) in [(AccessLog.Scope.service, 3), ([.service, .probes], 4), ([], 0)] {
      try await TestServer.run(scope: scope) { server in
        try await server.client { client in
          for request in ["GET /items/1?q=1", "GET /healthz", "GET /nothing"] {
            _ = try client.exchange("\(request) HTTP/1.1\r\nHost: a\r\nUser-Agent: me\r\n\r\n")
          }
          _ = try client.exchange("BAD\r\n\r\n")
        }
        #expect(await eventually { server.logText.utf8.count(where: { $0 == 10 }) >= expected })
        let lines = try server.logText.split(separator: "\n").map {
          try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines.count == expected)
        guard let line = lines.first else { return }
        #expect(line["route"] as? String == "/items/{id}")
        #expect(line["path"] as? String == "/items/1")
        #expect(line["status"] as? Int == 200)
        #expect(line["client"] as? String == "127.0.0.1")
        #expect(line["userAgent"] as? String == "me")
      }
    }
  }

  // MARK: Loops

  @Test func connectionsThatMoveToALighterLoopGoOnWorking() async throws {
    try await TestServer.run(configure: { $0.loops = 2 }) { server in
      try await onThread {
        let clients = try (0..<60).map { _ in
          let client = try server.connect()
          #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
          return client
        }
        for round in 0..<3 {
          for client in clients {
            #expect(try client.exchange("GET /items/\(round) HTTP/1.1\r\nHost: a\r\n\r\n").text == "/items/\(round)")
          }
        }
        let loads = server.server.loops.map { $0.load.connections.load(ordering: .relaxed) }
        #expect(loads.reduce(0, +) == 60)
        #expect(abs(loads[0] - loads[1]) <= 6, "\(loads)")
        #expect(server.server.openConnections == 60)
        #expect(server.connections("idle") == 60)
      }
    }
  }

  @Test func startsAndStopsAgainAndAgain() async throws {
    for round in 0..<20 {
      try await TestServer.run(configure: { $0.loops = 1 + round % 3 }) { server in
        let response = try await server.client { client in
          try client.exchange("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(response.text == "slow\n")
      }
    }
  }

  /// Each loop holds three descriptors until it is freed.
  @Test(arguments: [1, 3])
  func aStoppedServerLetsGoOfItsLoops(loops count: Int) async throws {
    let loops = Guarded<[WeakLoop]>([])
    try await TestServer.run(management: [], configure: { $0.loops = count }) { server in
      let all = server.server.allLoops.map { WeakLoop(loop: $0) }
      loops.withLock { $0 = all }
      #expect(all.count == count + 1)
    }
    #expect(await eventually { loops.withLock { $0.allSatisfy { $0.loop == nil } } })
  }

  @Test func saysWhichAddressIsInUse() async throws {
    try await TestServer.run { server in
      let taken = server.address
      let error = #expect(throws: ListenError.self) {
        _ = try Server(
          service: Server.Endpoint(addresses: [taken], router: Router([])), management: nil,
          configuration: ServerConfiguration(), registry: Registry(shards: 1),
          accessLog: AccessLog(isJSON: true, scope: [], trustedProxies: []) { _, _ in })
      }
      #expect(error?.description == "cannot listen on \(taken): bind: Address already in use")
    }
  }
}

private struct WeakLoop: Sendable {
  weak let loop: EventLoop?
}
