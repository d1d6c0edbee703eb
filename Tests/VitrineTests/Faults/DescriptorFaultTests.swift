import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A service that runs out of descriptors, as util-linux's prlimit makes it.
@Suite(.enabled(if: Faults.isInstalled(Faults.prlimit), Faults.needsPrlimit))
struct DescriptorFaultTests {
  private func limit(_ service: ServiceProcess, to descriptors: Int) async throws {
    let finished = try await ChildProcess.finished(
      [Faults.prlimit, "--pid", "\(service.process.pid)", "--nofile=\(descriptors):"], environment: [:])
    try #require(finished.end == .exited(0), "\(finished.errors)")
  }

  /// Leaves room for `count` descriptors more. The limit is of numbers: one below those in use would leave nothing to
  /// give up.
  private func leaveRoom(for count: Int, _ service: ServiceProcess) async throws {
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.process.pid)/fd")
    try await limit(service, to: try #require(open.compactMap { Int($0) }.max()) + 1 + count)
  }

  /// New clients until so many were refused; those that were served.
  private func fill(_ service: ServiceProcess, refusals: Int) throws -> [RawClient] {
    var clients: [RawClient] = []
    var refused = 0
    while refused < refusals, clients.count < 100 {
      let client = try RawClient(service.address)
      let answer = try client.exchange(ServiceProcess.request("/version"))
      if answer.status == 503 {
        #expect(answer["Retry-After"] == "1" && answer.closes && client.end() == .finished)
        refused += 1
      } else {
        #expect(answer.status == 200)
        clients.append(client)
      }
    }
    #expect(refused == refusals)
    return clients
  }

  @Test(arguments: [1, 3])
  func outOfDescriptorsItSaysSoAndRecovers(loops: Int) async throws {
    try await ServiceProcess.run(["--loops", "\(loops)"]) { service in
      try await leaveRoom(for: 3, service)
      let first = try await onThread { try fill(service, refusals: 30).count }
      // Gaps among the numbers in use are room too.
      #expect(first >= 3)
      // All of them have gone. The descriptors that they had are there for as many others.
      let again = try await waiting(for: "the descriptors") {
        let count = try await onThread { try fill(service, refusals: 1).count }
        return count >= first ? count : nil
      }
      #expect(again == first)
      try await waiting(for: "a free descriptor") { try await service.get("/version").status == 200 ? true : nil }
      // One failure for each client that was refused: nobody asks the kernel again and again.
      let failures = try #require(try await service.metric("http_accept_errors_total{reason=\"descriptors\"}"))
      #expect(failures >= 31 && failures < 1000)
      try await service.expectHealthy()
    }
  }

  /// The limit is below all numbers in use: the spare descriptor, once given up, is lost too.
  @Test func withoutASpareDescriptorClientsWaitAndTheLoopsDoNotSpin() async throws {
    try await ServiceProcess.run(["--loops", "2"]) { service in
      let kept = try await service.connect()
      func failures() async throws -> Double {
        let scrape = try await onThread { try kept.exchange(ServiceProcess.request("/metrics")) }
        let series = "http_accept_errors_total{reason=\"descriptors\"} "
        let line = try #require(scrape.text.split(separator: "\n").first { $0.hasPrefix(series) })
        return try #require(Double(line.dropFirst(series.count)))
      }
      #expect(try await failures() == 0)
      try await limit(service, to: 3)
      let waiting = try await onThread {
        let clients = try (0..<10).map { _ in try RawClient(service.address) }
        for client in clients { try client.send(ServiceProcess.request("/version")) }
        return clients
      }
      _ = try await TestSupport.waiting(for: "a failed accept") { try await failures() > 0 ? true : nil }
      try await Task.sleep(for: .seconds(1))
      // Ten a second and loop, and not as many as a processor can.
      let count = try await failures()
      #expect(count < 2000, "\(count)")

      try await limit(service, to: 1000)
      let statuses = try await onThread { try waiting.map { try $0.response().status } }
      #expect(statuses.allSatisfy { $0 == 200 || $0 == 503 })
      try await TestSupport.waiting(for: "a free descriptor") {
        try await service.get("/version").status == 200 ? true : nil
      }
      try await service.expectHealthy()
    }
  }

  /// A stop sleeps, and a sleep takes a descriptor: it was opened before there were none.
  @Test func aStopWithoutADescriptorIsAStop() async throws {
    try await ServiceProcess.run(["--drain-delay", "0.2", "--drain-idle", "0.2"]) { service in
      try await leaveRoom(for: 2, service)
      let clients = try await onThread { try fill(service, refusals: 3) }
      service.process.send(SIGTERM)
      let stopped = try await service.stopped()
      let said = service.process.errors.text
      #expect(stopped.end == .exited(0) && stopped.last["cut"]?.number == 0, "\(stopped) \(said)")
      try await onThread { for client in clients { #expect(client.end() == .finished) } }
    }
  }
}
