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
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.process.pid)/fd").count
      let limited = try await ChildProcess.finished(
        [Self.prlimit, "--pid", "\(service.process.pid)", "--nofile=\(open + 3):"], environment: [:])
      try #require(limited.end == .exited(0))
      let request = ServiceProcess.request("/version")
      try await onThread {
        // Room for three, and for the one whose descriptor the listing itself had taken.
        var clients: [RawClient] = []
        var statuses: [Int] = []
        for _ in 0..<8 {
          let client = try RawClient(service.address)
          try client.send(request)
          let answer = try client.response()
          statuses.append(answer.status)
          if answer.status == 503 {
            #expect(answer.has("Retry-After") && client.end() == .finished)
          } else {
            clients.append(client)
          }
        }
        #expect(statuses.contains(200) && statuses.last == 503)
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
