import FoundationEssentials
import Glibc
import Networking
import TestSupport
import Testing

/// `vitrine hammer` as people and Jobs run it.
@Suite struct HammerCommandTests {
  private func hammer(_ arguments: [String]) async throws -> FinishedProcess {
    try await ServiceProcess.finished(["hammer"] + arguments)
  }

  @Test func countsByStatusVersionAndPod() async throws {
    try await ServiceProcess.run { (service) async throws in
      let ended = try await hammer([
        "\(service.url)/version", "--rate", "100", "--duration", "0.5", "--path", "4:/version", "--path", "/missing",
        "--header", "X-Test: a", "--output", "json",
      ])
      #expect(ended.end == .exited(0), "\(ended)")
      let report = try JSONValue(ended.output)
      #expect(report["answered"] == .number(50) && report["lost"] == .number(0))
      #expect(report["statuses"]?["200"] == .number(40) && report["statuses"]?["404"] == .number(10))
      #expect(report["versions"]?["0.1.0"] == .number(50))
      #expect(report["latencyMilliseconds"]?["p99"] != nil && report["timeline"]?.array?.isEmpty == false)
      let seen = #"http_requests_total{method="GET",route="/version",code="200"}"#
      #expect(try await service.metric(seen) == 40)
    }
  }

  @Test func aHostOfTheUsersTakesThePlaceOfTheURLs() async throws {
    try await ServiceProcess.run { (service) async throws in
      let ended = try await hammer([
        service.url, "--rate", "20", "--duration", "0.5", "--header", "host: shop.example", "--output", "json",
      ])
      #expect(try JSONValue(ended.output)["statuses"] == .object(["200": .number(10)]), "\(ended)")
    }
  }

  @Test func failsWhenMoreWasLostThanIsAllowed() async throws {
    // A port of privileged services on which nobody listens here.
    let arguments = ["http://127.0.0.1:1/", "--rate", "50", "--duration", "0.2"]
    let ended = try await hammer(arguments)
    #expect(ended.end == .exited(1))
    #expect(ended.errorLines.first == "vitrine: hammer: 10 lost, --allow-lost is 0")
    #expect(ended.output.contains("0 answered, 10 lost") && ended.output.contains("refused: 10"))
  }

  @Test func failsWhenItTookTooLong() async throws {
    try await ServiceProcess.run { (service) async throws in
      let ended = try await hammer([service.url, "--rate", "50", "--duration", "0.2", "--max-p99", "0.001"])
      let slow = ended.errorLines.first { $0.contains("p99 is") }
      #expect((ended.end == .exited(1)) == (slow != nil), "\(ended)")
      #expect(try await hammer([service.url, "--duration", "0.1", "--max-p99", "60"]).end == .exited(0))
    }
  }

  @Test func asksOverTLS() async throws {
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options) { (service) async throws in
      let url = "https://localhost:\(try #require(service.tlsAddress).port)/"
      let good = try await hammer([url, "--ca", pair.certificate, "--duration", "0.2", "--close"])
      #expect(good.end == .exited(0), "\(good)")
      let bad = try await hammer([url, "--rate", "20", "--duration", "0.2"])
      #expect(bad.end == .exited(1) && bad.output.contains("handshake: 4"), "\(bad)")
    }
  }

  @Test func endsEarlyOnASignalAndStillReports() async throws {
    try await ServiceProcess.run { (service) async throws in
      let command = [try ServiceProcess.executable(), "hammer", service.url, "--rate", "20", "--duration", "600"]
      try await ChildProcess.run(command, environment: ServiceProcess.variables()) { child in
        try await waiting(for: "a request") {
          try await service.metric(#"http_requests_total{method="GET",route="/",code="200"}"#) ?? 0 > 0 ? true : nil
        }
        child.send(SIGTERM)
        #expect(try await child.end() == .exited(0))
        #expect(try await child.output.whole().contains(" 0 lost"))
      }
    }
  }

  @Test(
    arguments: [
      ([], "vitrine: hammer: needs a URL"),
      (["ftp://a/"], "vitrine: hammer \"ftp://a/\": the URL begins neither with http:// nor with https://"),
      (
        ["http://a/", "--path", "x"],
        "vitrine: --path: must be a path of visible ASCII, a weight from 1 to 1000 and a colon before it; several times,"
          + " found \"x\""
      ),
      (
        ["http://a/", "--header", "a b: c"],
        "vitrine: --header: must be a field's name, a colon and its value; several times, found \"a b: c\""
      ),
    ] as [([String], String)])
  func refusesWhatCannotBeAsked(arguments: [String], line: String) async throws {
    let ended = try await hammer(arguments)
    #expect(ended.end == .exited(64) && ended.errorLines == [line], "\(ended.errors)")
  }
}
