import FoundationEssentials
import TestSupport
import Testing

/// A service that runs out of descriptors, as util-linux's prlimit makes it.
@Suite struct DescriptorTests {
  private static let prlimit = "/usr/bin/prlimit"
  private static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: prlimit) }

  @Test(.enabled(if: isInstalled, "skipped: no /usr/bin/prlimit"))
  func outOfDescriptorsItSaysSoAndRecovers() async throws {
    try await ServiceProcess.run { service in
      // The limit is of numbers: one below the spare descriptor's would leave nothing to give up.
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.process.pid)/fd")
      let highest = try #require(open.compactMap { Int($0) }.max())
      let limited = try await ChildProcess.finished(
        [Self.prlimit, "--pid", "\(service.process.pid)", "--nofile=\(highest + 4):"], environment: [:])
      try #require(limited.end == .exited(0))
      let request = ServiceProcess.request("/version")
      try await onThread {
        // Room for three, and for those whose number is a gap among the open ones.
        var clients: [RawClient] = []
        var refused = 0
        while refused < 3, clients.count < 100 {
          let client = try RawClient(service.address)
          try client.send(request)
          let answer = try client.response()
          if answer.status == 503 {
            #expect(answer.has("Retry-After") && client.end() == .finished)
            refused += 1
          } else {
            #expect(answer.status == 200)
            clients.append(client)
          }
        }
        #expect(refused == 3 && clients.count >= 3)
      }
      // All of them have gone.
      let again = try await waiting(for: "a free descriptor") {
        try await service.get("/version").status == 200 ? true : nil
      }
      #expect(again)
      #expect(try await service.metric("http_accept_errors_total{reason=\"descriptors\"}") ?? 0 > 0)
    }
  }
}
