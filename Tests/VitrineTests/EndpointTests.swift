import Glibc
import TestSupport
import Testing
import Vitrine

/// The endpoints of the real process, asked by the real curl.
@Suite(.serialized, .enabled(if: Curl.isInstalled, Curl.isMissing))
struct EndpointTests {
  @Test func curlGetsTheIndexAsJSON() async throws {
    try await ServiceProcess.run { service in
      let answer = try await Curl.answer("/", from: service.address)
      #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
      #expect(answer["Vary"] == "Accept, Accept-Encoding" && answer.has("Date"))
      let index = try JSONValue(answer.text)
      #expect(
        index.keys == ["message", "name", "version", "revision", "hostname", "startTime", "uptime"])
      #expect(index["message"] == .string("Hello from Vitrine") && index["name"] == .string("vitrine"))
      #expect(index["version"] == .string(BuildInformation.current.version))
      #expect(index["revision"] == .string(BuildInformation.current.revision))
      #expect(index["hostname"]?.string == answer["X-Served-By"])
      #expect(try #require(index["startTime"]?.string).wholeMatch(of: Self.timestamp) != nil)
      let uptime = try #require(index["uptime"]?.number)
      #expect(uptime >= 0 && uptime == uptime.rounded())
    }
  }

  @Test func thePlainTextIsTheMessageAndANewline() async throws {
    try await ServiceProcess.run(["--message", "Grüße \"& <b>"]) { service in
      let answer = try await Curl.answer("/", ["-H", "Accept: text/plain"], from: service.address)
      #expect(answer.status == 200 && answer["Content-Type"] == "text/plain; charset=utf-8")
      #expect(answer.text == "Grüße \"& <b>\n" && answer["Vary"] == "Accept, Accept-Encoding")
      let index = try JSONValue(try await Curl.answer("/", from: service.address).text)
      #expect(index["message"] == .string("Grüße \"& <b>"))
    }
  }

  @Test func aBrowserGetsAPageThatMayLoadNothing() async throws {
    let browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    try await ServiceProcess.run(["--message", "Grüße \"& <b>"]) { service in
      let answer = try await Curl.answer("/", ["-H", browser], from: service.address)
      #expect(answer.status == 200 && answer["Content-Type"] == "text/html; charset=utf-8")
      let policy = try #require(answer["Content-Security-Policy"])
      #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
      for weak in ["unsafe-", "http:", "https:", "*", "data:"] { #expect(!policy.contains(weak), "\(policy)") }
      #expect(answer["X-Content-Type-Options"] == "nosniff")
      #expect(answer.text.contains("<h1>Grüße &quot;&amp; &lt;b&gt;</h1>"))
      #expect(answer.text.contains("Desk Showcase") && answer.text.contains("href=\"api/products/vitrine-mini\""))
      for foreign in ["src=", "href=\"http", "url(", "@import", "//cdn"] { #expect(!answer.text.contains(foreign)) }
    }
  }

  @Test(arguments: ["image/png", "text/html;q=0", "application/xml, */*;q=0", "nonsense"])
  func whoAcceptsNoFormGetsTheDefault(accept: String) async throws {
    try await ServiceProcess.run { service in
      let answer = try await Curl.answer("/", ["-H", "Accept: \(accept)"], from: service.address)
      #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
    }
  }

  @Test func healthNamesEachLoop() async throws {
    try await ServiceProcess.run(["--loops", "3"]) { service in
      let short = try await Curl.answer("/healthz", from: service.address)
      #expect(short.status == 200 && short.text == "ok\n" && short["Cache-Control"] == "no-store")
      let long = try await Curl.answer("/healthz?verbose", from: service.address)
      #expect(long.status == 200 && long["Cache-Control"] == "no-store")
      #expect(long.text == "[+]loop http-0 ok\n[+]loop http-1 ok\n[+]loop http-2 ok\nhealthz check passed\n")
    }
  }

  @Test func readinessListsItsConditionsWithTheirAges() async throws {
    try await ServiceProcess.run { service in
      let short = try await Curl.answer("/readyz", from: service.address)
      #expect(short.status == 200 && short.text == "ok\n" && short["Cache-Control"] == "no-store")
      let long = try await Curl.answer("/readyz?verbose", from: service.address)
      #expect(long.status == 200)
      let lines = long.text.split(separator: "\n")
      #expect(lines.count == 5 && lines.last == "readyz check passed")
      #expect(lines[2] == "[+]store ok: memory, 14 products, revision 1, read-only: no --write-token-file is given")
      #expect(lines[3].hasPrefix("[+]hardening ok: landlock "))
      for (line, name) in zip(lines, ["started", "draining"]) {
        #expect(try #"\[\+\]\#(name) ok: for [0-9]+ s"#.isWhole(line), "\(line)")
      }
    }
  }

  @Test func theVersionIsThatOfTheCommandLine() async throws {
    let said = try await ServiceProcess.finished(["version"]).output
    try await ServiceProcess.run { service in
      let answer = try await Curl.answer("/version", from: service.address)
      #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
      let build = try JSONValue(answer.text)
      #expect(build.keys == ["version", "revision", "revisionDate", "swiftVersion"])
      for (_, value) in build.object ?? [:] { #expect(said.contains(try #require(value.string)), "\(said)") }
      #expect(build["version"]?.string == answer["X-Version"])
    }
  }

  @Test func everyAnswerTellsWhoGaveIt() async throws {
    var name = [CChar](repeating: 0, count: 256)
    #expect(unsafe gethostname(&name, 255) == 0)
    let hostname = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try await ServiceProcess.run { service in
      for path in ["/", "/healthz", "/readyz", "/metrics", "/version", "/api/products", "/none"] {
        let answer = try await Curl.answer(path, from: service.address)
        #expect(answer["X-Served-By"] == hostname && answer["X-Version"] == BuildInformation.current.version, "\(path)")
      }
      let refused = try await service.client { try $0.exchange("GET / HTTP/1.1\r\n\r\n") }
      #expect(refused.status == 400 && refused["X-Served-By"] == hostname)
    }
  }

  @Test(arguments: ["--identity-headers=false", "--no-identity-headers"])
  func identityIsLeftOutOnRequest(option: String) async throws {
    try await ServiceProcess.run([option]) { service in
      for path in ["/", "/healthz", "/none"] {
        let answer = try await Curl.answer(path, from: service.address)
        #expect(!answer.has("X-Served-By") && !answer.has("X-Version") && answer.has("X-Request-Id"))
      }
    }
  }

  @Test func aRequestsIDIsEchoedOrMade() async throws {
    try await ServiceProcess.run { service in
      let long = String(repeating: "a", count: 128)
      for id in ["a", "A-b.c_9", long] {
        let answer = try await Curl.answer("/version", ["-H", "X-Request-Id: \(id)"], from: service.address)
        #expect(answer["X-Request-Id"] == id)
      }
      for id in [long + "a", "a b", "a\"b", "ä"] {
        let answer = try await Curl.answer("/version", ["-H", "X-Request-Id: \(id)"], from: service.address)
        let made = try #require(answer["X-Request-Id"])
        let isWellFormed = try "[A-Za-z0-9._-]{1,128}".isWhole(made[...])
        #expect(made != id && isWellFormed, "\(made)")
      }
      let one = try await Curl.answer("/version", from: service.address)["X-Request-Id"]
      let other = try await Curl.answer("/version", from: service.address)["X-Request-Id"]
      #expect(one != nil && one != other)
    }
  }

  private static var timestamp: Regex<Substring> { /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/ }
}

/// The probes as the kubelet asks them, and the second listener.
@Suite(.serialized) struct ManagementTests {
  @Test(arguments: ["/readyz", "/healthz"])
  func aProbeInTheKubeletsMannerIsAnsweredAndClosed(path: String) async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      for management in [false, true] {
        let (answer, end) = try await service.client(management: management) { client in
          let answer = try client.exchange(
            "GET \(path) HTTP/1.1\r\nHost: 10.244.1.17:8080\r\nUser-Agent: kube-probe/1.34\r\nAccept: */*\r\n"
              + "Connection: close\r\n\r\n")
          return (answer, client.end())
        }
        #expect(answer.status == 200 && answer.closes && answer.text == "ok\n" && end == .finished)
      }
    }
  }

  @Test func metricsMoveToTheManagementPortAndProbesAreOnBoth() async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      #expect(service.address != service.managementAddress)
      #expect(try await service.get("/metrics").status == 404)
      #expect(try await service.get("/metrics", management: true).status == 200)
      for path in ["/healthz", "/readyz"] {
        #expect(try await service.get(path).status == 200)
        #expect(try await service.get(path, management: true).status == 200)
      }
      for path in ["/", "/api/products", "/version"] {
        #expect(try await service.get(path, management: true).status == 404)
      }
      let health = try await service.get("/healthz?verbose", management: true)
      #expect(health.text.contains("[+]loop management ok"))
      #expect(try await service.metric("http_requests_total{method=\"GET\",route=\"/metrics\",code=\"200\"}") == 1)
    }
  }

  @Test func managementAnswersWhileTheServiceIsFull() async throws {
    try await ServiceProcess.run(["--management-port", "0", "--connections-max", "2"]) { service in
      let held = [try await service.connect(), try await service.connect()]
      for client in held {
        // Only now it is surely accepted.
        #expect(try await onThread { try client.exchange(ServiceProcess.request("/version")) }.status == 200)
      }
      let excess = try await service.get("/version")
      #expect(excess.status == 503 && excess.closes && excess["Retry-After"] == "1")
      for path in ["/readyz", "/healthz", "/metrics"] {
        #expect(try await service.get(path, management: true).status == 200)
      }
      #expect(try await service.metric("http_limit_hits_total{limit=\"connections-max\"}") == 1)
      #expect(try await service.metric("http_connections{state=\"idle\"}") == 2)
      withExtendedLifetime(held) {}
    }
  }

  @Test func theServiceIsDualStack() async throws {
    try await ServiceProcess.run(["--host", "::"]) { service in
      let index = try await service.get("/")
      #expect(index.status == 200)
      let listening = try #require(try await service.logged("listening")["address"]?.string)
      // Where IPv6 is off it falls back.
      guard listening.hasPrefix("[::]:") else { return print("skipped: no IPv6 here, listening on \(listening)") }
      let v6 = try #require(UInt16(listening.dropFirst(5)))
      let finished = try await ServiceProcess.finished(["check", "http://[::1]:\(v6)/readyz"])
      #expect(finished.end == .exited(0), "\(finished.errors)")
    }
  }
}

extension String {
  /// Whether the whole of `text` matches this regular expression.
  func isWhole(_ text: Substring) throws -> Bool { try Regex(self).wholeMatch(in: text) != nil }
}
