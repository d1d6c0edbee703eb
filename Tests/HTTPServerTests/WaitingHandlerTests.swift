import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct WaitingHandlerTests {
  @Test func theLoopGoesOnWhileAHandlerWaits() async throws {
    try await TestServer.run { server in
      try await onThread {
        let waiting = try server.connect()
        try waiting.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        try wait { server.gate.waiting != 0 }
        #expect(server.server.requestsInFlight == 1)
        #expect(server.connections("handling") == 1)
        let other = try server.connect()
        for _ in 0..<10 { #expect(try other.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200) }
        server.gate.open()
        #expect(try waiting.response().text == "gate\n")
        #expect(server.server.requestsInFlight == 0)
      }
    }
  }

  @Test func aHalfCloseWhileAHandlerWaitsGetsTheWholeAnswer() async throws {
    try await TestServer.run { server in
      try await onThread {
        let client = try server.connect()
        try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        try wait { server.gate.waiting != 0 }
        client.finishSending()
        #expect(client.staysSilent(milliseconds: 50))
        server.gate.open()
        #expect(try client.response().text == "gate\n")
        #expect(client.end() == .finished)
      }
    }
  }

  @Test func aClientThatLeavesWhileAHandlerWaitsIsCountedAndItsAnswerDropped() async throws {
    try await TestServer.run { server in
      try await onThread {
        let client = try server.connect()
        try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        try wait { server.gate.waiting != 0 }
        client.resetOnClose()
      }
      #expect(await eventually { server.metric("http_requests_abandoned_total") == 1 })
      #expect(server.server.requestsInFlight == 0)
      #expect(server.server.openConnections == 0)
      server.gate.open()
      let response = try await server.client { try $0.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
      #expect(response.status == 200)
      #expect(server.metric("http_requests_total{method=\"GET\",route=\"/gate\",code=\"200\"}") == 0)
    }
  }

  /// DESIGN.md §2: a handler that does not wait costs no trip through Dispatch.
  @Test func aHandlerStartsAtOnceOnTheLoopsThread() async throws {
    try await TestServer.run { server in
      let loop = server.server.loops[0]
      let hasStartedAtOnce = await withCheckedContinuation { continuation in
        // As a dispatch source does: the queue's thread, and no task of Swift's.
        loop.executor.enqueue {
          continuation.resume(returning: loop.assumeIsolated { $0.startsATaskAtOnce() })
        }
      }
      #expect(hasStartedAtOnce)
    }
  }

  @Test func manyWaitAtOnce() async throws {
    try await TestServer.run(configure: { $0.loops = 2 }) { server in
      try await onThread {
        let clients = try (0..<100).map { _ in try server.connect() }
        for client in clients { try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n") }
        try wait { server.gate.waiting >= 100 }
        server.gate.open()
        for client in clients { #expect(try client.response().text == "gate\n") }
      }
      #expect(server.server.requestsInFlight == 0)
    }
  }

  @Test(arguments: ["/ready", "/brief", "/slow"])
  func theLineOfAnAnswerThatWaitedIsLoggedThoughNothingElseHappens(path: String) async throws {
    try await TestServer.run { server in
      let client = try await onThread {
        let client = try server.connect()
        _ = try client.exchange("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        return client
      }
      #expect(await eventually { server.logText.contains("\"route\":\"\(path)\"") })
      // Kept open until here: its end would be an event.
      #expect(try await onThread { client.staysSilent(milliseconds: 1) })
    }
  }

  @Test func theDateIsThatOfTheAnswerNotOfTheRequest() async throws {
    try await TestServer.run { server in
      let client = try await onThread {
        let client = try server.connect()
        try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        return client
      }
      #expect(await eventually { server.gate.waiting == 1 })
      try await Task.sleep(for: .milliseconds(2500))
      let opened = Date()
      server.gate.open()
      let response = try await onThread { try client.response() }
      let formatter = DateFormatter()
      formatter.locale = Locale(identifier: "en_US_POSIX")
      formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
      let date = try #require(response["Date"].flatMap(formatter.date(from:)))
      #expect(opened.timeIntervalSince(date) < 1.5)
    }
  }
}

extension EventLoop {
  fileprivate func startsATaskAtOnce() -> Bool {
    let hasStarted = Started()
    Task.immediate {
      assertIsolated()
      hasStarted.value.store(true, ordering: .relaxed)
    }
    return hasStarted.value.load(ordering: .relaxed)
  }
}

private final class Started: Sendable {
  let value = Atomic<Bool>(false)
}
