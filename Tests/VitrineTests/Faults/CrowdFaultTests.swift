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

  private func crowd(_ service: ServiceProcess, _ target: String, _ manner: String) throws -> [String] {
    let request = "GET \(target) HTTP/1.1\\nHost: a\\n\\n"
    return [
      try ServiceProcess.executable().dropLast("vitrine".count) + "Crowd", "127.0.0.1", "\(service.address.port)",
      "\(Self.count)", request, manner,
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

  @Test(.enabled(if: Cgroup.canMake("memory"), "skipped: no right to a cgroup with the memory controller"))
  func tenThousandThatDoNotReadAreHeldUnderAMemoryLimit() async throws {
    let group = try Cgroup("memory")
    try group.write("\(Self.memoryMax)", to: group.isVersion2 ? "memory.max" : "memory.limit_in_bytes")
    try await ServiceProcess.run(Self.options + ["--management-port", "0"], under: group.entering) { service in
      for _ in 0..<10 { _ = try await service.get("/version") }
      let before = try memory(service)
      try await ChildProcess.run(try crowd(service, "/api/products", "deaf"), environment: [:]) { crowd in
        _ = try await crowd.output.line("ready \(Self.count)")
        try await waiting(for: "blocked answers") {
          try await service.metric("http_connections{state=\"writing\"}") ?? 0 >= Double(Self.count) ? true : nil
        }
        try await service.expectHealthy()
        let each = (try memory(service) - before) / Self.count
        print("10,000 connections whose answers nobody reads: \(each) bytes each")
        if !Sanitizer.isLinked { #expect(each < Self.memoryMax / Self.count) }
      }
      try await waiting(for: "their ends") {
        try await service.metric("http_connections{state=\"writing\"}") == 0 ? true : nil
      }
      try await service.expectHealthy()
    }
  }

  private static let memoryMax = 2 << 30
}
