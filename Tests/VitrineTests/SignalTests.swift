import Dispatch
import FoundationEssentials
import Glibc
import Networking
import Synchronization
import TestSupport
import Testing

/// SIGTERM, SIGINT and SIGHUP, and what becomes of the clients.
@Suite(.serialized) struct SignalTests {
  /// Nothing ends by itself in these: what ends the drain is the test.
  private static let endless = [
    "--drain-delay", "1000", "--drain-timeout", "1000", "--drain-idle", "1000", "--grace-period", "3000",
    "--head-timeout", "1000", "--body-timeout", "1000",
  ]

  @Test func aDrainGoesStepByStepToItsEnd() async throws {
    let options = [
      "--drain-delay", "0.3", "--drain-idle", "0.5", "--head-timeout", "1000", "--management-port", "0",
    ]
    try await ServiceProcess.run(options) { service in
      let (idle, busy) = (try await service.connect(), try await service.connect())
      for client in [idle, busy] {
        #expect(try await onThread { try client.exchange(ServiceProcess.request("/version")) }.closes == false)
      }
      // A request under way holds the drain for as long as the test looks at it.
      try await onThread { try busy.send("GET /version HTTP/1.1\r\n") }
      #expect(try await isReading(service, 1))

      service.process.send(SIGTERM)
      let ready = try await unready(service)
      #expect(ready.text.contains("draining"))
      #expect(try await service.get("/healthz", management: true).status == 200)
      #expect(try await service.metric("vitrine_draining") == 1)
      #expect(try await service.metric("vitrine_ready") == 0)

      // What was silent since the signal is closed, and no sooner asked than that.
      #expect(try await onThread { idle.end() } == .finished)
      let (answer, end) = try await onThread {
        (try busy.exchange("Host: vitrine.test\r\n\r\n"), busy.end())
      }
      #expect(answer.status == 200 && answer.closes && end == .finished)

      let stopped = try await service.stopped()
      #expect(stopped.end == .exited(0))
      #expect(stopped.last["message"] == .string("stopped") && stopped.last["cut"]?.number == 0)
      let (served, draining) = (stopped.last["served"]?.number, stopped.last["servedWhileDraining"]?.number)
      // A probe that failed and one that did not, two scrapes and the last answer; before them, two and a scrape.
      #expect(try #require(draining) >= 5 && #require(served) >= #require(draining) + 3, "\(stopped.last)")
    }
  }

  @Test func duringTheDelayNewClientsAreServedAndReadinessFails() async throws {
    try await ServiceProcess.run(Self.endless) { service in
      let kept = try await service.connect()
      #expect(try await onThread { try kept.exchange(ServiceProcess.request("/")) }.closes == false)
      service.process.send(SIGTERM)
      _ = try await unready(service)

      for path in ["/", "/healthz", "/version", "/api/products"] {
        let answer = try await service.client { try $0.exchange(ServiceProcess.request(path)) }
        #expect(answer.status == 200 && answer.closes, "\(path)")
      }
      let ready = try await service.client { try $0.exchange(ServiceProcess.request("/readyz")) }
      #expect(ready.status == 503 && ready.closes && ready["Cache-Control"] == "no-store")
      #expect(try JSONValue(ready.text)["detail"]?.string?.contains("draining") == true)
      let verbose = try await service.get("/readyz?verbose")
      #expect(verbose.status == 503)
      #expect(verbose.text.contains("[+]started ok") && verbose.text.contains("[-]draining failed"))
      #expect(verbose.text.contains("[+]store ok") && verbose.text.hasSuffix("readyz check failed\n"))
      let (answer, end) = try await onThread { (try kept.exchange(ServiceProcess.request("/")), kept.end()) }
      #expect(answer.status == 200 && answer.closes && end == .finished)

      // SIGHUP means reload still; a second SIGTERM ends the waiting, and there is nothing to cut.
      service.process.send(SIGHUP)
      _ = try await service.logged("reloaded")
      service.process.send(SIGTERM)
      let stopped = try await service.stopped()
      #expect(stopped.end == .exited(0) && stopped.last["cut"]?.number == 0)
      #expect(try #require(stopped.last["servedWhileDraining"]?.number) >= 8, "\(stopped.last)")
    }
  }

  @Test func interruptSkipsTheDelay() async throws {
    // With the delay it would not end before the tests give up.
    let options = ["--drain-delay", "1000", "--grace-period", "3000"]
    try await ServiceProcess.run(options) { service in
      #expect(try await service.get("/").status == 200)
      service.process.send(SIGINT)
      let stopped = try await service.stopped()
      #expect(stopped.end == .exited(0) && stopped.last["message"] == .string("stopped"))
      #expect(stopped.last["served"]?.number == 1 && stopped.last["servedWhileDraining"]?.number == 0)
    }
  }

  @Test(arguments: [(SIGTERM, SIGTERM), (SIGTERM, SIGINT), (SIGINT, SIGTERM)])
  func aSecondSignalCutsWhatIsUnderWay(first: Int32, second: Int32) async throws {
    try await ServiceProcess.run(Self.endless + ["--management-port", "0"]) { service in
      let clients = [try await service.connect(), try await service.connect(), try await service.connect()]
      try await onThread {
        try clients[0].send("GET / HTTP/1.1\r\nHost: vitrine.t")
        try clients[1].send("POST / HTTP/1.1\r\nHost: vitrine.test\r\nContent-Length: 10\r\n\r\nabc")
        _ = try clients[2].exchange(ServiceProcess.request("/"))
      }
      #expect(try await isReading(service, 2))
      service.process.send(first)
      _ = try await service.logged("draining")
      // Both take their signal, the second while the first is being obeyed.
      service.process.send(second)
      let stopped = try await service.stopped()
      #expect(stopped.end == .exited(1) && stopped.last["cut"]?.number == 2, "\(stopped.last)")
      for client in clients { #expect(try await onThread { client.readToEnd().bytes.isEmpty }) }
    }
  }

  @Test func whatOutlivesTheDrainTimeoutIsCut() async throws {
    let folder = try TemporaryFolder()
    let message = try folder.write("what stood there before, and is longer than what comes", to: "termination-log")
    let options = [
      "--drain-delay", "0", "--drain-timeout", "0.1", "--head-timeout", "1000", "--termination-log", message,
    ]
    try await ServiceProcess.run(options) { service in
      let client = try await service.connect()
      try await onThread { try client.send("GET / HTTP/1.1\r\n") }
      #expect(try await isReading(service, 1))
      service.process.send(SIGTERM)
      let stopped = try await service.stopped()
      #expect(stopped.end == .exited(1) && stopped.last["cut"]?.number == 1, "\(stopped.last)")
      let served = Int(try #require(stopped.last["served"]?.number))
      let drained = Int(try #require(stopped.last["servedWhileDraining"]?.number))
      let told = try String(contentsOfFile: message, encoding: .utf8)
      #expect(told == "served \(served), \(drained) of them while draining; cut 1\n")
      withExtendedLifetime(client) {}
    }
  }

  @Test func aHangupNeverEndsTheProcess() async throws {
    try await ServiceProcess.run { service in
      for count in 1...20 {
        service.process.send(SIGHUP)
        let answer = try await service.get("/")
        #expect(answer.status == 200, "after \(count)")
      }
      #expect(service.process.ended == nil)
      service.process.send(SIGINT)
      #expect(try await service.stopped().end == .exited(0))
    }
  }

  /// Before the handlers are installed SIGTERM's own action ends the process, and after it a drain does.
  @Test func aStopInTheFirstInstantsIsObeyed() async throws {
    try await withThrowingTaskGroup { group in
      for milliseconds in [0, 1, 2, 4, 6, 8, 10, 12, 16, 20, 30, 40] {
        group.addTask {
          try await ChildProcess.run(try Self.starting(), environment: ServiceProcess.variables()) { process in
            try await Task.sleep(for: .milliseconds(milliseconds))
            process.send(SIGTERM)
            let end = try await process.end()
            #expect(end == .exited(0) || end == .killed(signal: SIGTERM), "after \(milliseconds) ms: \(end)")
            let said = try await process.output.whole()
            if end == .exited(0) { #expect(said.contains("\"message\":\"stopped\""), "\(said)") }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// The kernel asks the main thread of a PID 1: what that does not block is lost while nobody watches it.
  @Test func theMainThreadBlocksTheSignals() async throws {
    try await ServiceProcess.run([]) { service in
      let status = try String(contentsOfFile: "/proc/\(service.process.pid)/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigBlk:\t") })
      let blocked = try #require(UInt64(line.dropFirst("SigBlk:\t".count), radix: 16))
      for signal in [SIGHUP, SIGINT, SIGTERM] { #expect(blocked >> UInt64(signal - 1) & 1 == 1, "signal \(signal)") }
    }
  }

  @Test(arguments: ["starting", "listening", "ready"])
  func aStopDuringTheStartIsADrain(message: String) async throws {
    try await ChildProcess.run(try Self.starting(), environment: ServiceProcess.variables()) { process in
      _ = try await process.output.line("\"message\":\"\(message)\"")
      process.send(SIGTERM)
      let end = try await process.end()
      #expect(end == .exited(0))
      let last = try await process.output.whole().split(separator: "\n").last
      #expect(last?.contains("\"message\":\"stopped\"") == true && last?.contains("\"cut\":0") == true)
    }
  }

  private static func starting() throws -> [String] {
    [try ServiceProcess.executable(), "--host", "127.0.0.1", "--port", "0", "--drain-delay", "0"]
  }

  /// The first answer of /readyz that is a 503.
  private func unready(_ service: ServiceProcess) async throws -> RawResponse {
    _ = try await service.logged("draining")
    return try await waiting(for: "readiness to fail") {
      let answer = try await service.get("/readyz", management: true)
      return answer.status == 200 ? nil : answer
    }
  }

  private func isReading(_ service: ServiceProcess, _ count: Double) async throws -> Bool {
    // The scrape itself is done reading when it is answered.
    try await waiting(for: "\(count) connections to be read from") {
      let reading = try await service.metric("http_connections{state=\"reading\"}")
      return reading == count ? true : nil
    }
  }
}

/// 60 busy kept connections and 20 clients that come and go, through SIGTERM.
@Suite struct DrainUnderLoadTests {
  @Test func nothingIsLost() async throws {
    // Idle is what no client here is, however slow the machine.
    let options = [
      "--drain-delay", "0.3", "--drain-idle", "60", "--drain-timeout", "60", "--grace-period", "90",
    ]
    try await ServiceProcess.run(options) { service in
      let load = Load(service.address)
      load.start(kept: 60, oneShot: 20)
      // Every client has been answered when the signal comes.
      try await waiting(for: "each client's first answers") { load.isUnderWay ? true : nil }
      service.process.send(SIGTERM)
      let stopped = try await service.stopped()
      try await waiting(for: "the clients' ends") { load.isOver ? true : nil }

      #expect(load.lost == [])
      #expect(stopped.end == .exited(0) && stopped.last["cut"]?.number == 0)
      // All that was answered arrived, and all that arrived was answered by this process.
      #expect(stopped.last["served"]?.number == Double(load.answered), "\(stopped.last)")
      #expect(try #require(stopped.last["servedWhileDraining"]?.number) > 0)
    }
  }
}

/// Clients on threads of their own that ask until nobody listens any more.
private final class Load: Sendable {
  private struct State {
    var running = 0
    /// Whole answers of each client.
    var answers: [Int] = []
    var lost: [String] = []
  }

  private let address: SocketAddress
  private let state = Mutex(State())

  init(_ address: SocketAddress) {
    self.address = address
  }

  var isUnderWay: Bool { state.withLock { $0.answers.allSatisfy { $0 >= 3 } } }
  var isOver: Bool { state.withLock { $0.running == 0 } }
  var answered: Int { state.withLock { $0.answers.reduce(0, +) } }
  /// Requests that were written and had no whole answer.
  var lost: [String] { state.withLock { $0.lost } }

  func start(kept: Int, oneShot: Int) {
    let count = kept + oneShot
    state.withLock { state in
      state.running = count
      state.answers = Array(repeating: 0, count: count)
    }
    for number in 0..<count {
      DispatchQueue(label: "client \(number)").async { [self] in
        ask(number, isKept: number < kept)
        state.withLock { $0.running -= 1 }
      }
    }
  }

  private func ask(_ number: Int, isKept: Bool) {
    let request = ServiceProcess.request("/api/products", isKept ? [] : ["Connection: close"])
    // A connection that is refused after the stop is no loss: nothing was written.
    while let client = try? RawClient(address, timeout: ChildProcess.ceiling) {
      do {
        var closes = false
        while !closes {
          let answer = try client.exchange(request)
          closes = answer.closes
          guard answer.status == 200, isKept || closes else { throw Unexpected(status: answer.status) }
          state.withLock { $0.answers[number] += 1 }
        }
      } catch {
        state.withLock { $0.lost.append("client \(number): \(error)") }
      }
    }
  }

  private struct Unexpected: Error {
    let status: Int
  }
}
