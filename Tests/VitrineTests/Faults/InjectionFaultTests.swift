import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// System calls that fail, as strace(1) makes them.
@Suite(.enabled(Faults.needsTracing, Faults.canTrace))
struct InjectionFaultTests {
  /// So many clients, each on a connection of its own: how many were answered whole.
  private func answered(_ service: ServiceProcess, of count: Int) async throws -> Int {
    try await onThread {
      var answered = 0
      for _ in 0..<count {
        let client = try RawClient(service.address)
        if let answer = try? client.exchange(ServiceProcess.request("/version", ["Connection: close"])) {
          #expect(answer.status == 200)
          answered += 1
        }
      }
      return answered
    }
  }

  /// The client waits in the queue until an accept succeeds.
  @Test(arguments: ["ECONNABORTED", "ENOBUFS", "ENOMEM", "EPROTO", "EPERM", "EINTR"])
  func anAcceptThatFailsLosesNoClient(errno: String) async throws {
    try await ServiceProcess.run { service in
      let count = try await Faults.injecting("accept4", "error=\(errno):when=1+2", into: service.process) {
        try await answered(service, of: 20)
      }
      #expect(count == 20)
      let failures = try await service.metric("http_accept_errors_total{reason=\"other\"}")
      if errno != "EINTR" { #expect(failures ?? 0 > 0) }
      try await service.expectHealthy()
    }
  }

  @Test(arguments: ["EMFILE", "ENFILE"])
  func whereAcceptFindsNoDescriptorEachClientIsAnswered(errno: String) async throws {
    try await ServiceProcess.run { service in
      let statuses = try await Faults.injecting("accept4", "error=\(errno):when=1+3", into: service.process) {
        try await onThread {
          try (0..<20).map { _ in try RawClient(service.address).exchange(ServiceProcess.request("/version")).status }
        }
      }
      #expect(statuses.allSatisfy { $0 == 200 || $0 == 503 } && statuses.contains(503))
      try await service.expectHealthy()
    }
  }

  /// What the kernel had no room for is lost with its connection, and nothing else is.
  @Test(arguments: [("sendto", "ENOBUFS"), ("sendto", "EPIPE"), ("recvfrom", "ENOBUFS"), ("recvfrom", "ETIMEDOUT")])
  func aTransferThatFailsEndsItsConnectionAlone(call: String, errno: String) async throws {
    try await ServiceProcess.run { service in
      let count = try await Faults.injecting(call, "error=\(errno):when=2+3", into: service.process) {
        try await answered(service, of: 30)
      }
      #expect(count > 0 && count < 30, "\(count)")
      let states = ["new", "idle", "handling", "writing", "closing"]
      try await waiting(for: "the ends of their connections") { () -> Bool? in
        for state in states {
          guard try await service.metric("http_connections{state=\"\(state)\"}") == 0 else { return nil }
        }
        return true
      }
      try await service.expectHealthy()
    }
  }

  @Test func anInterruptedWaitWaitsAgain() async throws {
    try await ServiceProcess.run { service in
      let count = try await Faults.injecting("/^epoll_p?wait$", "error=EINTR:when=1+2", into: service.process) {
        try await answered(service, of: 30)
      }
      #expect(count == 30)
      try await service.expectHealthy()
    }
  }

  @Test(arguments: ["socket:error=EAFNOSUPPORT:when=1", "bind:error=EADDRNOTAVAIL:when=1"])
  func withoutIPv6ItListensOnIPv4(injection: String) async throws {
    let call = String(injection.prefix { $0 != ":" })
    // With -D it is the service that the test starts, and strace its grandchild.
    let tracer = [Faults.strace, "-D", "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(injection)"]
    try await ServiceProcess.run(["--host", "::", "--no-hardening"], under: tracer) { service in
      let listening = try #require(try await service.logged("listening")["address"]?.string)
      #expect(listening.hasPrefix("0.0.0.0:"), "\(listening)")
      try await service.expectHealthy()
    }
  }
}
