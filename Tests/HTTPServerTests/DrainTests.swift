import Dispatch
import HTTP
import Networking
import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

@Suite(.serialized) struct DrainTests {
  /// Long enough never to pass in a test.
  static let never = Duration.seconds(600)

  @Test func saysCloseOnTheLastOfThePipelinedAnswersOnly() async throws {
    try await TestServer.run { server in
      let client = try await onThread {
        let client = try server.connect()
        #expect(try !client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").closes)
        return client
      }
      try await server.stopping(.init(delay: Self.never, timeout: Self.never, idle: Self.never)) {
        try await onThread {
          try client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 5))
          let closes = try (0..<5).map { _ in try client.response().closes }
          #expect(closes == [false, false, false, false, true])
          #expect(client.end() == .finished)
        }
      }
    }
  }

  @Test func goesOnAcceptingDuringTheDelayAndSaysClose() async throws {
    try await TestServer.run { server in
      try await server.stopping(.init(delay: Self.never, timeout: Self.never, idle: Self.never)) {
        for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /slow HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"] {
          try await server.client { client in
            let response = try client.exchange(request)
            #expect(response.status == 200)
            #expect(response.closes)
            #expect(client.end() == .finished)
          }
        }
      }
    }
  }

  @Test func whoComesDuringTheDelayAndIsSilentIsNotWaitedFor() async throws {
    try await TestServer.run(configure: { $0.timeouts.head = ConnectionState.Timeouts.seconds(600) }) { server in
      try await server.stopping(.init(delay: Self.never, timeout: Self.never, idle: .milliseconds(300))) {
        try await server.client { client in #expect(client.end() == .finished) }
      }
      #expect(server.hits(.headTimeout) == 0)
    }
  }

  @Test func aRequestUnderWayIsAnsweredAndNothingIsCut() async throws {
    try await TestServer.run { server in
      let client = try await onThread {
        let client = try server.connect()
        try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        return client
      }
      #expect(await eventually { server.gate.waiting == 1 })
      let report = try await server.stopped(.init(delay: .zero, timeout: .seconds(10), idle: .seconds(10))) {
        server.gate.open()
        try await onThread {
          let response = try client.response()
          #expect(response.text == "gate\n")
          #expect(response.closes)
          #expect(client.end() == .finished)
        }
      }
      #expect(report.cut == 0)
      #expect(report.served == 1)
      #expect(report.servedWhileDraining == 1)
    }
  }

  @Test func cutsWhatIsLeftAtTheEndAndCountsIt() async throws {
    try await TestServer.run { server in
      let clients = try await onThread {
        let waiting = try (0..<3).map { _ in try server.connect() }
        for client in waiting { try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n") }
        let idle = try server.connect()
        _ = try idle.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return waiting + [idle]
      }
      #expect(await eventually { server.gate.waiting == 3 })
      let report = await server.server.stop(.init(delay: .zero, timeout: .milliseconds(100), idle: Self.never))
      // The idle one has nothing under way.
      #expect(report.cut == 3)
      #expect(report.served == 1)
      #expect(report.servedWhileDraining == 0)
      #expect(server.metric("http_connections_cut_total") == 3)
      try await onThread {
        for client in clients { #expect(client.end() != .open) }
      }
      #expect(server.server.openConnections == 0)
      #expect(server.server.requestsInFlight == 0)
    }
  }

  @Test func countsWhatIsAnsweredFromTheInstantThatReadinessFails() async throws {
    try await TestServer.run { server in
      let report = await server.server.stop(.init(delay: .zero, timeout: .zero, idle: .zero)) {
        #expect(server.server.drain.isRaised)
        let answered = Answered(
          method: .get, route: 0, status: .ok, requestBytes: 1, responseBytes: 1, bodyBytes: 0, duration: 1)
        server.server.metrics.record(answered, route: 0, shard: 0)
      }
      #expect(report.served == 1)
      #expect(report.servedWhileDraining == 1)
    }
  }

  @Test func closesASilentConnectionAfterTheDrainsIdleTime() async throws {
    try await TestServer.run { server in
      let client = try await onThread {
        let client = try server.connect()
        _ = try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return client
      }
      let report = await server.server.stop(.init(delay: .zero, timeout: Self.never, idle: .milliseconds(100)))
      #expect(report.cut == 0)
      try await onThread { #expect(client.end() == .finished) }
    }
  }

  @Test func servesAClientThatTheKernelHeldBack() async throws {
    try await TestServer.run { server in
      // Deferred accept: a connection without a byte has not surfaced when the drain begins.
      let client = try await onThread { try server.connect() }
      let report = try await server.stopped(.init(delay: .zero, timeout: .seconds(10), idle: .seconds(10))) {
        try await Task.sleep(for: .milliseconds(300))
        try await onThread {
          let response = try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          #expect(response.status == 200)
          #expect(response.closes)
          #expect(client.end() == .finished)
        }
      }
      #expect(report.cut == 0)
    }
  }

  @Test func whatWaitsForALoopThatIsHeldUpIsAcceptedBeforeTheListenerCloses() async throws {
    let (entered, left) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let routes = [
      Route("/", [.get: .immediate { _ in TestRoutes.text("hello\n") }]),
      Route(
        "/hold",
        [
          .get: .immediate { _ in
            entered.signal()
            left.wait()
            return TestRoutes.text("held\n")
          }
        ]),
    ]
    try await TestServer.run(routes: routes) { server in
      let clients = try await onThread {
        let holding = try server.connect()
        try holding.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        entered.wait()
        // More than the loop accepts of one event.
        let waiting = try (0..<100).map { _ in try server.connect() }
        for client in waiting { try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        return waiting
      }
      let closing = Task { await server.server.loops[0].closeListeners() }
      // The loop finds both when it goes on: its queue's work, and the clients.
      try await Task.sleep(for: .milliseconds(100))
      left.signal()
      await closing.value
      try await onThread {
        for client in clients {
          let answer = try client.response()
          #expect(answer.text == "hello\n")
        }
      }
    }
  }

  @Test func refusesClientsAfterTheStop() async throws {
    try await TestServer.run { server in
      _ = await server.server.stop(.init(delay: .zero, timeout: .zero, idle: .zero))
      await #expect(throws: Errno.self) { try await onThread { _ = try server.connect(timeout: 2) } }
    }
  }

  @Test func managementAnswersUntilTheServiceHasEnded() async throws {
    try await TestServer.run(management: TestRoutes.all(gate: Gate())) { server in
      let client = try await onThread {
        let client = try server.connect()
        try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
        return client
      }
      #expect(await eventually { server.gate.waiting == 1 })
      let report = try await server.stopped(.init(delay: .zero, timeout: .seconds(30), idle: .seconds(10))) {
        // The service's listener is closed when connecting to it fails.
        #expect(await eventually { (try? await onThread { _ = try server.connect(timeout: 0.2) }) == nil })
        try await onThread {
          let probe = try RawClient(server.managementAddress)
          #expect(try probe.exchange("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
        server.gate.open()
        #expect(try await onThread { try client.response().text } == "gate\n")
      }
      #expect(report.cut == 0)
      await #expect(throws: Errno.self) {
        try await onThread { _ = try RawClient(server.managementAddress, timeout: 2) }
      }
    }
  }

  @Test(arguments: 1...3)
  func losesNoRequestOfBusyClients(loops: Int) async throws {
    let tally = Tally()
    try await TestServer.run(configure: { $0.loops = loops }) { server in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<60 { group.addTask { try await onThread { tally.run(on: server, requestsPerConnection: .max) } } }
        for _ in 0..<20 { group.addTask { try await onThread { tally.run(on: server, requestsPerConnection: 1) } } }
        #expect(await eventually { tally.answered.load(ordering: .relaxed) > 2000 })
        let report = await server.server.stop(
          .init(delay: .milliseconds(200), timeout: .seconds(10), idle: .seconds(1)))
        #expect(report.cut == 0)
        tally.isOver.store(true, ordering: .relaxed)
        try await group.waitForAll()
        #expect(report.served == UInt64(tally.answered.load(ordering: .relaxed)))
      }
    }
    #expect(tally.lost.withLock { $0 } == [])
  }
}

/// What becomes of the requests of many clients. Lost is one that was written on an established connection and got no
/// whole answer.
private final class Tally: Sendable {
  let answered = Atomic<Int>(0)
  let isOver = Atomic<Bool>(false)
  let lost = Guarded<[String]>([])

  /// Connects again and again until that is refused; keeps a connection for so many requests, or until told to close.
  func run(on server: TestServer, requestsPerConnection: Int) {
    while let client = try? server.connect(timeout: 3) {
      for index in 1... {
        let closes = index == requestsPerConnection
        do {
          let response = try client.exchange(
            "GET / HTTP/1.1\r\nHost: a\r\n\(closes ? "Connection: close\r\n" : "")\r\n")
          guard response.status == 200, response.text == "hello\n" else { throw RawClient.Failure.sendTimedOut }
          answered.add(1, ordering: .relaxed)
          guard response.closes else { continue }
          guard let end = client.end(), end == .finished else { throw RawClient.Failure.sendTimedOut }
        } catch {
          lost.withLock { $0.append("request \(index): \(error)") }
        }
        break
      }
    }
  }
}
