import FoundationEssentials
import Glibc
import Networking
import Sandbox
import TestSupport
import Testing

/// Ten thousand clients that do nothing, or do not read. They are another process's, which has its own descriptors.
@Suite(.serialized, .enabled(if: Faults.descriptorsMax >= 12_000, "skipped: fewer than 12,000 descriptors"))
struct CrowdFaultTests {
  private static let count = 10_000
  /// A few more than clients: probes, and those of the tests.
  private static let options = ["--connections-max", "11000", "--idle-timeout", "600", "--write-timeout", "600"]

  private func crowd(_ service: ServiceProcess, _ target: String, _ manner: String, count: Int = count) throws
    -> [String]
  {
    let request = "GET \(target) HTTP/1.1\\nHost: a\\n\\n"
    return [
      try ServiceProcess.executable().dropLast("vitrine".count) + "Crowd", "127.0.0.1", "\(service.address.port)",
      "\(count)", request, manner,
    ]
  }

  /// Bytes of anonymous memory: what grows with clients.
  private func memory(_ service: ServiceProcess) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(service.process.pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
    return try #require(Int(line.split(separator: " ").dropLast().last ?? "")) << 10
  }

  @Test func tenThousandIdleConnectionsAreHeldAndOthersServed() async throws {
    try await ServiceProcess.run(Self.options + ["--management-port", "0"]) { service in
      for _ in 0..<10 { _ = try await service.get("/version") }
      let before = try memory(service)
      try await ChildProcess.run(try crowd(service, "/version", "idle"), environment: [:]) { crowd in
        _ = try await crowd.output.line("ready \(Self.count)")
        #expect(try await service.metric("http_connections{state=\"idle\"}") ?? 0 >= Double(Self.count))
        try await service.expectHealthy()
        let each = (try memory(service) - before) / Self.count
        print("10,000 idle connections: \(each) bytes each")
        if !Sanitizer.isLinked { #expect(each < 2048) }
      }
      try await waiting(for: "their ends") {
        try await service.metric("http_connections{state=\"idle\"}") == 0 ? true : nil
      }
      try await service.expectHealthy()
    }
  }

  /// What the kernel buffers is made small, so that it is the service that keeps what nobody reads. At most it keeps of
  /// each what it renders at a time, 64 KiB and an answer, and as much of further requests.
  @Test(
    .enabled(if: !Sanitizer.isLinked, "skipped: a sanitizer's memory would count"),
    .enabled(if: Cgroup.canMake("memory"), "skipped: no right to a cgroup with the memory controller"),
    .enabled(Faults.needsNetworks, Faults.canMakeNetworks))
  func crowdsThatDoNotReadAreHeldUnderAMemoryLimit() async throws {
    let group = try Cgroup("memory")
    try group.write("\(Self.memoryMax)", to: group.isVersion2 ? "memory.max" : "memory.limit_in_bytes")
    let network = Faults.ownNetwork("echo 4096 4096 4096 > /proc/sys/net/ipv4/tcp_wmem")
    let options = Self.options + ["--no-access-log"]
    try await ServiceProcess.run(options, under: group.entering + network) { service in
      let before = try memory(service)
      let nsenter = ["/usr/bin/nsenter", "--net=/proc/\(service.process.pid)/ns/net"]
      let command = try nsenter + crowd(service, "/api/products", "deaf", count: Self.deafCount)
      try await ChildProcess.run(command, environment: [:]) { crowd in
        for thousand in stride(from: 1000, through: Self.deafCount, by: 1000) {
          _ = try await crowd.output.line("\(thousand) clients")
        }
        _ = try await crowd.output.line("ready \(Self.deafCount)")
        try await waiting(for: "blocked answers") {
          try await writing(service) >= Self.deafCount ? true : nil
        }
        let each = (try memory(service) - before) / Self.deafCount
        print("\(Self.deafCount) connections whose answers nobody reads: \(each) bytes each")
        if !Sanitizer.isLinked { #expect(each < Self.memoryMax / Self.deafCount) }
      }
      try await waiting(for: "their ends") { try await writing(service) == 0 ? true : nil }
    }
  }

  /// As many as fill such a limit by their share; VITRINE_DEAF=10000 for the whole crowd, which takes minutes.
  private static let deafCount = ProcessInfo.processInfo.environment["VITRINE_DEAF"].flatMap { Int($0) } ?? 1000
  private static let memoryMax = deafCount * (160 << 10) + (32 << 20)

  /// Connections whose answers wait, and that the service answers others meanwhile.
  private func writing(_ service: ServiceProcess) async throws -> Int {
    let series = "http_connections{state=\"writing\"} "
    return try await Faults.inNetwork(of: service.process.pid) {
      let request = ServiceProcess.request("/metrics", ["Connection: close"])
      let scrape = try RawClient(service.address).exchange(request).text
      let line = try #require(scrape.split(separator: "\n").first { $0.hasPrefix(series) })
      return try #require(Int(line.dropFirst(series.count)))
    }
  }
}
