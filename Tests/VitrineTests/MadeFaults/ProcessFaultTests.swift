import Glibc
import Sandbox
import TestSupport
import Testing

/// Faults on the process itself, under its hardening.
@Suite(.serialized) struct ProcessFaultTests {
  private static let prlimitIsThere = unsafe access("/usr/bin/prlimit", X_OK) == 0

  @Test func aStuckLoopFailsLivenessAndRecovers() async throws {
    try await FaultyService.run(["--loops", "1"]) { service in
      try await service.makeFault(#"{"kind":"stuck-loop","loop":0,"seconds":60}"#)
      try await service.client { client in
        try client.send(ServiceProcess.request("/"))
        let isSilent = client.staysSilent(milliseconds: 200)
        #expect(isSilent)
      }
      #expect(try await service.logged("loop is stuck")["loop"] == .string("http-0"))
      let health = try await service.get("/healthz", management: true)
      #expect(health.status == 503 && health.text.contains("loop http-0 is stuck"))
      try await service.endFault()
      #expect(try await service.get("/").status == 200)
      #expect(await eventually { (try? await service.get("/healthz", management: true).status) == 200 })
      #expect(try await service.injections("stuck-loop") == 1)
    }
  }

  /// The first two end in the time that they were given, the last one as soon as the second signal says so.
  @Test(arguments: [
    ["--drain-timeout", "0.5"], ["--drain-timeout", "6"], ["--drain-timeout", "1000", "--grace-period", "3000"],
  ])
  func aStuckLoopDoesNotHoldUpTheEnd(options: [String]) async throws {
    try await FaultyService.run(["--loops", "2", "--drain-delay", "0"] + options) { service in
      // Some of them are the stuck loop's.
      var clients: [RawClient] = []
      for _ in 0..<8 {
        let client = try await service.connect()
        #expect(try await onThread { try client.exchange(ServiceProcess.request("/")) }.status == 200)
        clients.append(client)
      }
      try await service.makeFault(#"{"kind":"stuck-loop","loop":0,"seconds":600}"#)
      service.process.send(SIGTERM)
      _ = try await service.logged("draining")
      if options.contains("1000") { service.process.send(SIGTERM) }
      #expect(try await service.logged("stopping without a loop that is stuck")["loop"] == .string("http-0"))
      let stopped = try await service.stopped()
      #expect(stopped.end == .exited(1))
      #expect(stopped.last["message"] == .string("stopped"))
      #expect(try #require(stopped.last["cut"]?.number) >= 1)
    }
  }

  @Test func cpuIsSpentUntilTheEnd() async throws {
    try await FaultyService.run { service in
      let before = try #require(try await service.metric("process_cpu_seconds_total"))
      try await service.makeFault(#"{"kind":"cpu","cores":2,"seconds":60}"#)
      #expect(
        await eventually {
          ((try? await service.metric("process_cpu_seconds_total")) ?? 0) > before + 0.3
        })
      #expect(try await service.get("/").status == 200)
      try await service.endFault()
    }
  }

  @Test(.enabled(if: !Sanitizer.isLinked, "skipped: sanitizers have memory of their own"))
  func memoryIsHeldUntilTheEnd() async throws {
    try await FaultyService.run { service in
      let bytes = 64 << 20
      @Sendable func resident() async throws -> Double {
        try #require(try await service.metric("process_resident_memory_bytes"))
      }
      let before = try await resident()
      try await service.makeFault(#"{"kind":"memory","mebibytes":64,"seconds":60}"#)
      #expect(await eventually { ((try? await resident()) ?? 0) >= before + Double(bytes) * 0.9 })
      try await service.endFault()
      #expect(await eventually { ((try? await resident()) ?? .infinity) < before + Double(bytes) * 0.2 })
    }
  }

  @Test func descriptorsAreHeldUntilTheEnd() async throws {
    try await FaultyService.run { service in
      @Sendable func open() async throws -> Double { try #require(try await service.metric("process_open_fds")) }
      let before = try await open()
      try await service.makeFault(#"{"kind":"descriptors","count":50,"seconds":60}"#)
      #expect(await eventually { ((try? await open()) ?? 0) >= before + 50 })
      try await service.endFault()
      #expect(await eventually { ((try? await open()) ?? .infinity) < before + 25 })
    }
  }

  /// As many as there are: clients get 503, and it recovers.
  @Test(.enabled(if: prlimitIsThere, "skipped: no prlimit"))
  func allDescriptorsMayBeTaken() async throws {
    let folder = try TemporaryFolder()
    let tokens = try folder.write("\(Writers.token)\n", to: "token")
    try await ServiceProcess.run(
      ["--faults", "--management-port", "0", "--write-token-file", tokens, "--loops", "1"],
      under: ["/usr/bin/prlimit", "--nofile=256:256"]
    ) { service in
      let client = try await service.connect(management: true)
      @Sendable func asked(_ target: String, method: String = "GET", _ body: String = "") async throws -> RawResponse {
        let fields = [Writers.authorization, "Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
        return try await onThread {
          try client.exchange(ServiceProcess.request(target, method: method, fields) + body)
        }
      }
      let made = try await asked("/faults/f", method: "PUT", #"{"kind":"descriptors","count":1000,"seconds":60}"#)
      #expect(made.status == 201)
      #expect(
        await eventually { (try? await asked("/metrics").text.contains("\nprocess_open_fds 25")) ?? false })
      #expect(await eventually { (try? await service.get("/").status) == 503 })
      #expect(try await asked("/faults/f", method: "DELETE").status == 204)
      #expect(await eventually { (try? await service.get("/").status) == 200 })
    }
  }

  @Test(arguments: [0, 3, 255])
  func anExitIsAnsweredFirst(code: Int32) async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"exit","code":\#(code),"seconds":1}"#)
      #expect(try await service.process.end() == .exited(code))
      #expect(try await service.process.output.whole().contains("fault begins"))
    }
  }

  @Test(
    .enabled(if: !Sanitizer.isLinked, "skipped: sanitizers catch signals"),
    arguments: [("SIGSEGV", SIGSEGV), ("SIGBUS", SIGBUS), ("SIGILL", SIGILL), ("SIGABRT", SIGABRT)])
  func aCrashIsASignal(name: String, number: Int32) async throws {
    let folder = try TemporaryFolder()
    let tokens = try folder.write("\(Writers.token)\n", to: "token")
    let options = ["--faults", "--management-port", "0", "--write-token-file", tokens]
    try await ServiceProcess.run(options, dyingOf: number) { service in
      try await service.makeFault(#"{"kind":"crash","signal":"\#(name)","seconds":1}"#)
      #expect(try await service.process.end() == .killed(signal: number))
    }
  }

  @Test func aSlowStartOpensNoPortAndEndsOnASignal() async throws {
    let started = try await FaultyService.run(["--slow-start", "0.4"]) { service in
      let lines = service.process.output.lines
      let slow = try #require(lines.firstIndex { $0.contains(#""message":"slow start","seconds":"0.4""#) })
      return try #require(lines.firstIndex { $0.contains("listening") }) > slow
    }
    #expect(started)
    try await ChildProcess.run(
      [try ServiceProcess.executable(), "--port", "0", "--faults", "--slow-start", "600", "--management-port", "0"],
      environment: ServiceProcess.variables()
    ) { process in
      _ = try await process.output.line("slow start")
      process.send(SIGTERM)
      #expect(try await process.end() == .exited(0))
    }
  }
}
