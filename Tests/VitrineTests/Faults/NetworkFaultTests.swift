import FoundationEssentials
import Glibc
import Networking
import TestSupport
import Testing

/// A network that loses packets, or a peer that is gone without a word: in a network of the service's own.
@Suite(.serialized, .enabled(Faults.needsNetworks, Faults.canMakeNetworks))
struct NetworkFaultTests {
  private func run(_ options: [String] = [], first: String = "true", _ body: (ServiceProcess) async throws -> Void)
    async throws
  {
    try await ServiceProcess.run(options, under: Faults.ownNetwork(first), body)
  }

  private func get(_ service: ServiceProcess, _ path: String) async throws -> RawResponse {
    try await Faults.inNetwork(of: service.process.pid) {
      try RawClient(service.managementAddress).exchange(ServiceProcess.request(path, ["Connection: close"]))
    }
  }

  private func metric(_ service: ServiceProcess, _ series: String) async throws -> Double {
    let line = try await get(service, "/metrics").text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
    return try #require(line.flatMap { Double($0.dropFirst(series.count + 1)) }, "\(series)")
  }

  @Test func eachRequestIsAnsweredThoughOnePacketInTwentyIsLost() async throws {
    let rule = "INPUT -i lo -p tcp -m statistic --mode random --probability 0.05 -j DROP"
    try await run { service in
      let whole = try await get(service, "/api/products").body
      _ = try await Faults.shell("iptables -A \(rule)", inNetworkOf: service.process.pid)
      try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<16 {
          group.addTask {
            try await Faults.inNetwork(of: service.process.pid) {
              var answered = 0
              // Half of them keep their connection; each body is whole, byte for byte.
              while answered < 15 {
                let client = try RawClient(service.address, timeout: ChildProcess.ceiling)
                repeat {
                  let field = number % 2 == 0 ? [] : ["Connection: close"]
                  let answer = try client.exchange(ServiceProcess.request("/api/products", field))
                  #expect(answer.status == 200 && answer.body == whole)
                  answered += 1
                } while number % 2 == 0 && answered < 15
              }
              return answered
            }
          }
        }
        var answered = 0
        while let count = try await group.next() { answered += count }
        #expect(answered == 240)
      }
      let counters = try await Faults.shell("iptables -nvxL INPUT", inNetworkOf: service.process.pid)
      let lost = counters.split(separator: "\n").last.flatMap { Int($0.split(separator: " ")[0]) }
      #expect(lost ?? 0 > 10, "\(counters)")
      _ = try await Faults.shell("iptables -D \(rule)", inNetworkOf: service.process.pid)
      try await expectHealthy(service)
    }
  }

  /// Half-open: what the peers send is lost, their ends too. Only the timeouts can tell.
  @Test func peersThatAreGoneWithoutAWordAreLetGo() async throws {
    let options = [
      "--management-port", "0", "--idle-timeout", "6", "--head-timeout", "6", "--body-timeout", "6", "--write-timeout",
      "8",
    ]
    try await run(options) { service in
      let port = service.address.port
      let clients = try await Faults.inNetwork(of: service.process.pid) {
        let clients = try (0..<40).map { _ in try RawClient(service.address, receiveBuffer: 4096) }
        for (number, client) in clients.enumerated() {
          switch number % 4 {
          case 0: #expect(try client.exchange(ServiceProcess.request("/version")).status == 200)
          case 1: try client.send("GET / HTTP/1.1\r\nHost: a")
          case 2: try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
          default: try client.send(String(repeating: ServiceProcess.request("/api/products"), count: 1400))
          }
        }
        return clients
      }
      try await waiting(for: "blocked answers", of: service.process) {
        try await metric(service, "http_connections{state=\"writing\"}") == 10 ? true : nil
      }
      _ = try await Faults.shell("iptables -A INPUT -p tcp --dport \(port) -j DROP", inNetworkOf: service.process.pid)
      _ = consume clients
      try await waiting(for: "the ends of forty connections", of: service.process) { () -> Bool? in
        for state in ["new", "idle", "reading", "handling", "writing", "closing"] {
          // The scrape's own connection is another listener's, but it counts.
          let open = try await metric(service, "http_connections{state=\"\(state)\"}")
          guard open == 0 else { return nil }
        }
        return true
      }
      for limit in ["idle-timeout", "head-timeout", "body-timeout", "write-timeout"] {
        #expect(try await metric(service, "http_limit_hits_total{limit=\"\(limit)\"}") >= 10, "\(limit)")
      }
      _ = try await Faults.shell("iptables -F INPUT", inNetworkOf: service.process.pid)
      try await expectHealthy(service)
    }
  }

  @Test func whereIPv6IsOffItServesIPv4() async throws {
    try await run(["--host", "::"], first: "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6") { service in
      try await expectHealthy(service)
    }
  }

  private func expectHealthy(_ service: ServiceProcess) async throws {
    for path in ["/healthz", "/readyz", "/"] {
      let answer = try await Faults.inNetwork(of: service.process.pid) {
        try RawClient(service.address).exchange(ServiceProcess.request(path, ["Connection: close"]))
      }
      #expect(answer.status == 200, "\(path)")
    }
  }
}
