import FoundationEssentials
import Networking
import TestSupport
import Testing

/// What Prometheus makes of a real scrape.
@Suite(.serialized) struct PrometheusTests {
  private static let promtool = "/usr/bin/promtool"
  /// Debian's, and any other that the environment names.
  private static var servers: [String] {
    ["/usr/bin/prometheus"] + [ProcessInfo.processInfo.environment["VITRINE_PROMETHEUS3"]].compactMap(\.self)
  }

  @Test(arguments: servers, [false, true])
  func prometheusScrapesTheService(prometheus: String, overTLS: Bool) async throws {
    guard FileManager.default.isExecutableFile(atPath: prometheus), Curl.isInstalled else {
      return print("skipped: no \(prometheus) or no \(Curl.path)")
    }
    let pair = try TLSPair()
    let options = overTLS ? pair.options : ["--management-port", "0"]
    try await ServiceProcess.run(options) { service in
      let target = overTLS ? try #require(service.tlsAddress) : service.managementAddress
      _ = try await service.get("/version")
      let folder = try TemporaryFolder()
      let configuration = try folder.write(
        """
        global: { scrape_interval: 1s, scrape_timeout: 1s }
        scrape_configs:
          - job_name: vitrine
            scheme: \(overTLS ? "https" : "http")
            tls_config: { ca_file: "\(pair.certificate)", server_name: localhost }
            static_configs: [{ targets: ["\(target)"] }]
        """, to: "prometheus.yml")
      let address = SocketAddressOfLoopback.at(try freePort())
      let command = [
        prometheus, "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path)/data",
        "--web.listen-address=\(address)", "--log.level=warn",
      ]
      try await ChildProcess.run(command, environment: ProcessInfo.processInfo.environment) { process in
        let series = "http_requests_total{job=\"vitrine\",route=\"/version\",code=\"200\",method=\"GET\"}"
        let samples = try await waiting(for: "a sample of http_requests_total", of: process) { () -> [JSONValue]? in
          guard process.ended == nil else { throw ProcessFailure(description: process.errors.text) }
          let found = try? await Self.ask("/api/v1/query", ["-G", "--data-urlencode", "query=\(series)"], of: address)
          let samples = found?["data"]?["result"]?.array ?? []
          return samples.isEmpty ? nil : samples
        }
        #expect(samples.count == 1 && samples[0]["value"]?.array?.last == .string("1"))
        let targets = try await Self.ask("/api/v1/targets", of: address)["data"]?["activeTargets"]?.array ?? []
        #expect(targets.count == 1)
        #expect(targets.first?["health"] == .string("up") && targets.first?["lastError"] == .string(""))
        let metadata = try await Self.ask("/api/v1/metadata", of: address)["data"]
        #expect(metadata?["http_requests_total"] != nil || metadata?["http_requests"] != nil)
      }
    }
  }

  private static func ask(
    _ target: String, _ arguments: [String] = [], of address: SocketAddress
  ) async throws -> JSONValue {
    let command = [Curl.path, "-q", "--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "10"]
    let finished = try await ChildProcess.finished(
      command + arguments + ["http://\(address)\(target)"], environment: ProcessInfo.processInfo.environment)
    guard finished.end == .exited(0) else { throw ProcessFailure(description: finished.errors) }
    return try JSONValue(finished.output)
  }

  @Test func promtoolIsSilentOnARealScrape() async throws {
    guard FileManager.default.isExecutableFile(atPath: Self.promtool) else {
      return print("skipped: no \(Self.promtool)")
    }
    try await ServiceProcess.run { service in
      for path in ["/", "/none", "/api/products"] { _ = try await service.get(path) }
      let folder = try TemporaryFolder()
      let scrape = try folder.write(try await service.get("/metrics").text, to: "scrape")
      let finished = try await ChildProcess.finished(
        [Self.promtool, "check", "metrics"], environment: [:], input: scrape)
      #expect(finished.end == .exited(0) && finished.output == "" && finished.errors == "", "\(finished)")
    }
  }

  private static let text = "text/plain; version=0.0.4; charset=utf-8"
  private static let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

  private static let preferences: [(accept: String, contentType: String)] = [
    // Prometheus 2.42
    (
      """
      application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
      text/plain;version=0.0.4;q=0.5,*/*;q=0.1
      """, openMetrics
    ),
    // Prometheus 3
    (
      """
      application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
      application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
      text/plain;version=0.0.4;q=0.2,*/*;q=0.1
      """, openMetrics
    ),
    // The same where scrape_protocols asks for text alone, and with the protocol buffers of native histograms.
    ("text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", text),
    (
      """
      application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
      application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1
      """, openMetrics
    ),
    ("text/plain", text), ("*/*", text), ("application/json", text),
  ]

  @Test(arguments: preferences)
  func eachScraperGetsTheFormatItLikesBest(accept: String, contentType: String) async throws {
    try await ServiceProcess.run { service in
      let answer = try await service.get(
        "/metrics", ["Accept: \(accept)", "X-Prometheus-Scrape-Timeout-Seconds: 10"])
      #expect(answer.status == 200 && answer["Content-Type"] == contentType)
      #expect(answer["Vary"] == "Accept, Accept-Encoding" && answer["Cache-Control"] == "no-store")
      #expect(!answer.has("Content-Encoding"))
      let isOpenMetrics = contentType == Self.openMetrics
      #expect(answer.text.hasSuffix("\n# EOF\n") == isOpenMetrics)
      #expect(
        answer.text.contains(isOpenMetrics ? "# TYPE http_requests counter\n" : "# TYPE http_requests_total counter\n"))
      #expect(answer.text.contains("\nhttp_requests_total{method=\"GET\",route=\"/\",code=\"200\"} 0"))
      #expect(
        answer.text.contains("le=\"1.0\"") && answer.text.contains("le=\"0.25\"") && answer.text.contains("le=\"10.0\"")
      )
    }
  }
}

/// Where this machine listens for itself.
enum SocketAddressOfLoopback {
  static func at(_ port: UInt16) -> SocketAddress { SocketAddress(IPAddress(v4: 0x7f00_0001), port: port) }
}
