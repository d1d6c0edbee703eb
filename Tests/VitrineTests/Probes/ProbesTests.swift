import TestSupport
import Testing

/// The ledger of the real process.
@Suite(.serialized) struct ProbesTests {
  private static let kubelet = "User-Agent: kube-probe/1.34"

  private func entries(_ service: ServiceProcess) async throws -> [JSONValue] {
    let answer = try await service.get("/probes", management: true)
    #expect(
      answer.status == 200 && answer["Content-Type"] == "application/json" && answer["Cache-Control"] == "no-store")
    return try #require(try JSONValue(answer.text)["probes"]?.array)
  }

  @Test func probesOfBothListenersAreInTheLedger() async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      #expect(try await entries(service).isEmpty)
      for management in [true, true, false] {
        #expect(try await service.get("/readyz", [Self.kubelet], management: management).status == 200)
      }
      // A probe that was told a wrong path, and somebody who has lost his way.
      #expect(try await service.get("/health", [Self.kubelet]).status == 404)
      #expect(try await service.get("/nowhere", ["User-Agent: curl/7.88.1"]).status == 404)
      #expect(try await service.get("/", [Self.kubelet]).status == 200)
      let entries = try await entries(service)
      let told = entries.map {
        "\($0["listener"]?.string ?? "") \($0["path"]?.string ?? "") \($0["count"]?.number ?? 0)"
      }
      #expect(told == ["http /health 1.0", "management /readyz 2.0", "http /readyz 1.0"])
      #expect(entries[0]["results"] == .object(["404": .number(1)]))
      #expect(entries[1]["address"] == .string("127.0.0.1") && entries[1]["interval"]?["min"]?.number != nil)
      #expect(
        try await service.metric(#"vitrine_probes_total{prober="kube-probe",path="/readyz",result="success"}"#) == 3)
      #expect(
        try await service.metric(#"vitrine_probes_total{prober="kube-probe",path="unmatched",result="failure"}"#) == 1)
      #expect(try await service.metric("vitrine_probe_ledger_entries") == 4)
      let scraped = try await self.entries(service).first { $0["path"]?.string == "/metrics" }
      #expect(scraped?["count"] == .number(3) && scraped?["prober"] == .string("other"))
    }
  }

  @Test func aPersonGetsATable() async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      _ = try await service.get("/healthz", [Self.kubelet], management: true)
      let answer = try await service.get("/probes", ["Accept: text/plain"], management: true)
      #expect(answer.status == 200 && answer["Content-Type"] == "text/plain; charset=utf-8")
      let lines = answer.text.split(separator: "\n")
      #expect(lines.count == 2 && lines[1].hasPrefix("/healthz  kube-probe/1.34  127.0.0.1  management  1 "))
    }
  }

  @Test func theLedgerIsBounded() async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      try await service.client { client in
        for number in 0..<300 {
          let answer = try client.exchange(ServiceProcess.request("/readyz", ["User-Agent: a/\(number)"]))
          #expect(answer.status == 200)
        }
      }
      let entries = try await entries(service)
      #expect(entries.count == 256 && !entries.contains { $0["product"] == .string("a/0") })
      #expect(try await service.metric("vitrine_probe_ledger_evictions_total") == 44)
    }
  }

  @Test func theServicesPortHasNoLedger() async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      let answer = try await service.get("/probes")
      #expect(answer.status == 404)
    }
    try await ServiceProcess.run { service in
      let answer = try await service.get("/probes")
      #expect(answer.status == 404)
    }
  }
}
