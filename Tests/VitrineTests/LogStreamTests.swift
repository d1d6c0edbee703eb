import TestSupport
import Testing

/// The service's standard output as a whole.
@Suite(.serialized) struct LogStreamTests {
  @Test func anAccessLineTellsOfTheRequestInOneJSONObject() async throws {
    try await ServiceProcess.run { service in
      let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
      let answer = try await service.get(
        "/api/products/vitrine-mini?",
        ["traceparent: 00-\(trace)-00f067aa0ba902b7-01", "X-Request-Id: mine-1", "User-Agent: a \"b\\ \u{e4}"])
      let line = try JSONValue(try await service.process.output.line("\"mine-1\""))
      #expect(
        line.keys == [
          "time", "level", "message", "method", "path", "route", "status", "bytes", "duration", "client", "requestId",
          "traceId", "userAgent",
        ])
      #expect(line["level"] == .string("info") && line["message"] == .string("request"))
      #expect(line["method"] == .string("GET") && line["route"] == .string("/api/products/{id}"))
      #expect(line["path"]?.string?.hasPrefix("/api/products/vitrine-mini") == true)
      #expect(line["status"]?.number == 200 && line["bytes"]?.number == Double(answer.body.count))
      #expect(line["client"] == .string("127.0.0.1") && line["traceId"] == .string(trace))
      #expect(try #require(line["duration"]?.number) >= 0)
      let time = try #require(line["time"]?.string)
      #expect(try #"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"#.isWhole(time[...]))
    }
  }

  @Test func whatIsNoTraceIsLeftOutAndWhatIsUnknownHasFewNames() async throws {
    try await ServiceProcess.run { service in
      for bad in ["00-00000000000000000000000000000000-00f067aa0ba902b7-01", "nonsense"] {
        _ = try await service.get("/version", ["traceparent: \(bad)", "X-Request-Id: id-\(bad.count)"])
        let line = try JSONValue(try await service.process.output.line("\"id-\(bad.count)\""))
        #expect(line["traceId"] == nil)
      }
      _ = try await service.get("/secret/path", ["X-Request-Id: unknown-1"], method: "BREW")
      let line = try JSONValue(try await service.process.output.line("\"unknown-1\""))
      #expect(line["method"] == .string("other") && line["route"] == .string("unmatched"))
      #expect(line["path"] == .string("/secret/path") && line["status"]?.number == 501)
      let scrape = try await service.get("/metrics").text
      #expect(scrape.contains("http_requests_total{method=\"other\",route=\"unmatched\",code=\"501\"} 1"))
      #expect(!scrape.contains("secret") && !scrape.contains("BREW"))
    }
  }

  @Test(arguments: ["info", "debug"])
  func probesAndScrapesAreLoggedAtDebugOnly(level: String) async throws {
    try await ServiceProcess.run(["--log-level", level, "--drain-delay", "0"]) { service in
      for path in ["/healthz", "/readyz", "/metrics", "/version"] { _ = try await service.get(path) }
      service.process.send(15)
      #expect(try await service.stopped().end == .exited(0))
      let lines = try service.process.output.lines.map { try JSONValue($0) }.filter {
        $0["message"] == .string("request")
      }
      let routes = Set(lines.compactMap { $0["route"]?.string })
      #expect(routes == (level == "debug" ? ["/healthz", "/readyz", "/metrics", "/version"] : ["/version"]))
      for line in lines {
        #expect(line["level"] == .string(line["route"] == .string("/version") ? "info" : "debug"))
      }
    }
  }

  @Test func everyLineOfALifeIsOneObjectWithEachKeyOnce() async throws {
    try await ServiceProcess.run(
      ["--management-port", "0", "--drain-delay", "0", "--message", "a \"message\"\u{2028}", "--log-level", "debug"],
      environment: ["VITRINE_NOSUCH": "x"]
    ) { service in
      for path in ["/", "/none", "/readyz"] { _ = try await service.get(path) }
      _ = try await service.client { try $0.exchange("nonsense\r\n\r\n") }
      service.process.send(1)
      _ = try await service.logged("reloaded")
      service.process.send(15)
      #expect(try await service.stopped().end == .exited(0))
      for line in service.process.output.lines {
        let object = try JSONValue(line)
        for key in ["time", "level", "message"] {
          #expect(object[key]?.string != nil)
          // A reader that takes the last of two would not find the line again.
          #expect(line.matches(of: try Regex("\"\(key)\":")).count == 1, "\(line)")
        }
        #expect(line.hasPrefix("{\"time\":\""))
      }
    }
  }

  @Test func textIsForPeople() async throws {
    // The start line is read as JSON, so this one is run by hand.
    let command = [try ServiceProcess.executable(), "--host", "127.0.0.1", "--port", "0", "--log-format", "text"]
    try await ChildProcess.run(command, environment: ServiceProcess.variables()) { process in
      let listening = try await process.output.line("listening")
      let port = try #require(UInt16(listening.split(separator: ":").last ?? ""))
      #expect(
        try #"\S+Z info  listening listener=http address=127\.0\.0\.1:\d+"#.isWhole(listening[...]), "\(listening)")
      let address = SocketAddressOfLoopback.at(port)
      _ = try await onThread {
        try RawClient(address).exchange(ServiceProcess.request("/version", ["X-Request-Id: mine-1"]))
      }
      let line = try await process.output.line("mine-1")
      #expect(try #"\S+Z info  request method="?GET"? path="?/version"? .*status=200 .*"#.isWhole(line[...]), "\(line)")
    }
  }

  @Test(
    arguments: [
      ([], "203.0.113.7", "127.0.0.1"),
      (["--trusted-proxies", "127.0.0.0/8"], "203.0.113.7", "203.0.113.7"),
      (["--trusted-proxies", "127.0.0.1,10.0.0.0/8"], "198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
      (["--trusted-proxies", "10.0.0.0/8"], "203.0.113.7", "127.0.0.1"),
      (["--trusted-proxies", "127.0.0.1"], "nonsense", "127.0.0.1"),
    ])
  func theClientIsThePeerUnlessAProxyIsTrusted(options: [String], forwarded: String, client: String) async throws {
    try await ServiceProcess.run(options) { service in
      _ = try await service.get("/version", ["X-Forwarded-For: \(forwarded)"])
      #expect(try await service.logged("request")["client"] == .string(client))
    }
  }

  @Test func theAccessLogCanBeTurnedOff() async throws {
    try await ServiceProcess.run(["--no-access-log", "--drain-delay", "0"]) { service in
      _ = try await service.get("/version")
      service.process.send(15)
      #expect(try await service.stopped().end == .exited(0))
      #expect(!service.process.output.text.contains("\"request\""))
    }
  }
}
