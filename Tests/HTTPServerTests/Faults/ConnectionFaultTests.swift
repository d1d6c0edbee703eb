import Dispatch
import Foundation
import HTTP
import HTTPServer
import TestSupport
import Testing

/// Connections that break, and more of them than the kernel's queue holds.
@Suite(.serialized) struct ConnectionFaultTests {
  private func expectHealthy(_ server: TestServer) async throws {
    #expect(await eventually { server.server.openConnections == 0 })
    #expect(server.server.requestsInFlight == 0)
    for state in ["new", "idle", "reading", "handling", "writing", "closing"] {
      #expect(server.connections(state) == 0, "\(state)")
    }
    let response = try await server.client { try $0.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
    #expect(response.text == "hello\n")
  }

  /// RST wherever a request can be: what was under way is counted, and nothing is left of it.
  @Test(arguments: [
    ("GET / HT", "reading", 1), ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf", "reading", 1),
    ("POST /drop HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf", "reading", 1),
    ("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf", "reading", 1),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf", "reading", 1),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", "reading", 1),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n", "reading", 1),
    ("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n", "handling", 1), ("GET /large HTTP/1.1\r\nHost: a\r\n\r\n", "writing", 1),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nhalf", "closing", 0),
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "idle", 0),
  ])
  func aResetEndsItsConnectionAlone(input: String, state: String, abandoned: Double) async throws {
    try await TestServer.run { server in
      for _ in 0..<5 {
        try await onThread {
          let client = try server.connect(receiveBuffer: 16 << 10)
          try client.send(input)
          try wait { server.connections(state) == 1 }
          client.resetOnClose()
        }
        #expect(await eventually { server.server.openConnections == 0 })
      }
      #expect(server.metric("http_requests_abandoned_total") == 5 * abandoned)
      try await expectHealthy(server)
    }
  }

  /// While its loop does not accept, a queue of four overflows; the kernel has the clients try again.
  @Test func clientsThatFoundTheQueueFullAreServedLater() async throws {
    let isHeld = DispatchSemaphore(value: 0)
    let isBlocking = Guarded(false)
    let routes =
      TestRoutes.all(gate: Gate()) + [
        Route(
          "/block",
          [
            .get: .immediate { _ in
              isBlocking.withLock { $0 = true }
              isHeld.wait()
              return TestRoutes.text("released\n")
            }
          ])
      ]
    try await TestServer.run(routes: routes, configure: { $0.backlog = 4 }) { server in
      let blocking = try await onThread {
        let client = try server.connect()
        try client.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n")
        return client
      }
      #expect(await eventually { isBlocking.withLock { $0 } })
      let before = try Self.overflows()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<40 {
          group.addTask {
            let response = try await server.client(timeout: 60) { try $0.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(response.text == "hello\n")
          }
        }
        #expect(await eventually { (try? Self.overflows()) ?? 0 > before })
        isHeld.signal()
        try await group.waitForAll()
      }
      #expect(try await onThread { try blocking.response().text } == "released\n")
      _ = consume blocking
      try await expectHealthy(server)
    }
  }

  /// ListenOverflows and ListenDrops of /proc/net/netstat: of this network namespace, so other servers' count too.
  private static func overflows() throws -> Int {
    let lines = try String(contentsOfFile: "/proc/net/netstat", encoding: .utf8).split(separator: "\n").filter {
      $0.hasPrefix("TcpExt:")
    }
    let (names, values) = (lines[0].split(separator: " "), lines[1].split(separator: " "))
    return try ["ListenOverflows", "ListenDrops"].reduce(0) { sum, name in
      let index = try #require(names.firstIndex { $0 == name })
      return sum + (Int(values[index]) ?? 0)
    }
  }
}
