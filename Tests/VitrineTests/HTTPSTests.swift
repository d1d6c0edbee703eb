import FoundationEssentials
import Glibc
import Networking
import TLS
import TestSupport
import Testing

/// The real executable behind TLS, asked by real clients.
@Suite(.serialized) struct HTTPSTests {
  private static let openssl = "/usr/bin/openssl"

  private func curl(
    _ arguments: [String], _ service: ServiceProcess, _ target: String = "/"
  ) async throws -> FinishedProcess {
    let port = try #require(service.tlsAddress).port
    return try await ChildProcess.finished(
      [Curl.path, "-q", "-sS", "--noproxy", "*", "--max-time", "60"] + arguments + [
        "https://localhost:\(port)\(target)"
      ],
      environment: ProcessInfo.processInfo.environment)
  }

  private func client(_ arguments: [String], _ service: ServiceProcess) async throws -> FinishedProcess {
    let port = try #require(service.tlsAddress).port
    let folder = try TemporaryFolder()
    let request = try folder.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", to: "request")
    return try await ChildProcess.finished(
      [Self.openssl, "s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost", "-ign_eof"] + arguments,
      environment: ProcessInfo.processInfo.environment, input: request)
  }

  // MARK: curl

  @Test(.enabled(if: Curl.isInstalled, Curl.isMissing))
  func curlGetsEveryEndpoint() async throws {
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options) { (service) async throws in
      for target in ["/", "/healthz", "/readyz", "/metrics", "/api/products", "/version", "/openapi.json"] {
        let answer = try await curl(["--cacert", pair.certificate, "-f"], service, target)
        #expect(answer.end == .exited(0) && !answer.output.isEmpty, "\(target): \(answer.errors)")
      }
      // HTTP/2 is offered, and not taken.
      let version = try await curl(
        ["--cacert", pair.certificate, "--http2", "-o", "/dev/null", "-w", "%{http_version} %{ssl_verify_result}"],
        service)
      #expect(version.output == "1.1 0")
    }
  }

  @Test(.enabled(if: Curl.isInstalled, Curl.isMissing))
  func curlRefusesWhomItDoesNotKnowAndIsRefusedWithAnOldVersion() async throws {
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options) { (service) async throws in
      #expect(try await curl([], service).end == .exited(60))
      let old = ["--insecure", "--tls-max", "1.1", "--tlsv1.0", "--ciphers", "DEFAULT@SECLEVEL=0"]
      #expect(try await curl(old, service).end == .exited(35))
      #expect(try await curl(["--insecure", "--tls-max", "1.2"], service).end == .exited(0))
    }
  }

  // MARK: openssl s_client

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl)), arguments: ["-tls1_2", "-tls1_3"])
  func aSessionGoesOnByItsTicket(version: String) async throws {
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options) { (service) async throws in
      let session = "\(pair.folder.path)/session"
      let first = try await client([version, "-sess_out", session], service)
      #expect(first.output.contains("New, TLSv1.") && first.output.contains("200 OK"), "\(first)")
      // Across a new certificate, too: the keys of tickets are the process's.
      try pair.put(try TLSPair.fresh())
      let next = "\(pair.folder.path)/next"
      let second = try await client([version, "-sess_in", session, "-sess_out", next], service)
      #expect(second.output.contains("Reused, TLSv1.") && second.output.contains("200 OK"), "\(second)")
      // In TLS 1.3 a ticket is good for one connection, which brings the next.
      let third = try await client([version, "-sess_in", version == "-tls1_2" ? session : next], service)
      #expect(third.output.contains("Reused, TLSv1.") && third.output.contains("200 OK"), "\(third)")
      let name = version == "-tls1_2" ? "TLSv1.2" : "TLSv1.3"
      for (resumed, count) in [(false, 1.0), (true, 2)] {
        let series = "tls_handshakes_total{result=\"ok\",version=\"\(name)\",resumed=\"\(resumed)\"}"
        #expect(try await service.metric(series) == count)
      }
    }
  }

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: openssl)),
    arguments: [
      (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], "alert protocol version"),
      (["-alpn", "h2"], "alert no application protocol"),
      (["-tls1_2", "-cipher", "AES128-SHA"], "alert handshake failure"),
    ])
  func refusesWithTheRightAlert(arguments: [String], alert: String) async throws {
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options + ["--log-level", "debug"]) { (service) async throws in
      let refused = try await client(arguments, service)
      #expect(refused.errors.contains(alert), "\(refused)")
      #expect(try await service.metric(#"tls_handshakes_total{result="failed",version="none",resumed="false"}"#) == 1)
      let line = try await service.logged("TLS handshake failed")
      #expect(line["peer"]?.string?.hasPrefix("127.0.0.1:") == true && line["reason"]?.string?.isEmpty == false)
    }
  }

  // MARK: Clients' certificates

  @Test(.enabled(if: Curl.isInstalled, Curl.isMissing))
  func clientsShowACertificateWhereOneIsRequired() async throws {
    let pair = try TLSPair()
    let alice = try TLSPair(try SelfSignedPair(names: ["alice"], validity: -60...3600))
    let mallory = try TLSPair(try SelfSignedPair(names: ["mallory"], validity: -60...3600))
    let authority = ["--tls-client-ca", alice.certificate]
    try await ServiceProcess.run(pair.options + authority + ["--tls-client-certificates", "required"]) {
      (service) async throws in
      let known = try await curl(["--insecure", "--cert", alice.certificate, "--key", alice.key], service)
      #expect(known.end == .exited(0), "\(known.errors)")
      #expect(try await service.process.output.line("\"clientSubject\"").contains("\"clientSubject\":\"CN=alice\""))
      #expect(try await curl(["--insecure"], service).end != .exited(0))
      let foreign = try await curl(["--insecure", "--cert", mallory.certificate, "--key", mallory.key], service)
      #expect(foreign.end != .exited(0))
    }
    try await ServiceProcess.run(pair.options + authority + ["--tls-client-certificates", "optional"]) {
      (service) async throws in
      #expect(try await curl(["--insecure"], service).end == .exited(0))
      let foreign = try await curl(["--insecure", "--cert", mallory.certificate, "--key", mallory.key], service)
      #expect(foreign.end != .exited(0))
    }
  }

  /// A session vouches for its client no longer than the client's certificate is good.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl)), arguments: ["-tls1_2", "-tls1_3"])
  func aSessionEndsWithItsClientsCertificate(version: String) async throws {
    let pair = try TLSPair()
    let end = ContinuousClock.now + .seconds(8)
    let alice = try TLSPair(try SelfSignedPair(names: ["alice"], validity: -60...8))
    let options = ["--tls-client-ca", alice.certificate, "--tls-client-certificates", "required"]
    try await ServiceProcess.run(pair.options + options) { (service) async throws in
      let session = "\(pair.folder.path)/session"
      let shown = ["-cert", alice.certificate, "-key", alice.key]
      let first = try await client([version, "-sess_out", session] + shown, service)
      #expect(first.output.contains("200 OK"), "\(first)")
      let second = try await client([version, "-sess_in", session] + shown, service)
      #expect(second.output.contains("Reused, TLSv1.") && second.output.contains("200 OK"), "\(second)")
      // Its certificate is good up to the second that it names.
      try await Task.sleep(until: end + .seconds(2), clock: .continuous)
      let third = try await client([version, "-sess_in", session] + shown, service)
      #expect(!third.output.contains("200 OK") && third.errors.contains("alert certificate expired"), "\(third)")
    }
  }

  // MARK: Reloads

  /// Handshakes and requests go on while the pair is swapped a hundred times.
  @Test func aHundredSwapsFailNoHandshake() async throws {
    let pair = try TLSPair()
    let other = try [TLSPair.fresh(), TLSPair.fresh()]
    try await ServiceProcess.run(pair.options + ["--watch-interval", "0.01", "--no-access-log"]) {
      (service) async throws in
      let isOver = Guarded(false)
      let made = try await withThrowingTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            var made = 0
            while !isOver.withLock({ $0 }) {
              let status = try await service.secureClient {
                try $0.exchange(ServiceProcess.request("/version", ["Connection: close"])).status
              }
              #expect(status == 200)
              made += 1
            }
            return made
          }
        }
        // However this ends, the clients do.
        defer { isOver.withLock { $0 = true } }
        let reloads = #"tls_certificate_reloads_total{result="success"}"#
        // Idle, and not a new connection without a request, which has but --head-timeout.
        let kept = try await service.secureClient { (client) throws in
          _ = try client.exchange(ServiceProcess.request("/version"))
          return client
        }
        for swap in 1...100 {
          // A swap between two looks at two files is seen twice.
          let before = try #require(try await service.metric(reloads))
          try pair.put(other[swap % 2])
          try await waiting(for: "reload \(swap)") { try await service.metric(reloads) ?? 0 > before ? true : nil }
        }
        // Live connections go on with what they began with.
        let status = try await onThread { try kept.exchange(ServiceProcess.request("/version")).status }
        #expect(status == 200)
        isOver.withLock { $0 = true }
        return try await group.reduce(0, +)
      }
      #expect(made > 20, "\(made) handshakes")
      #expect(try await service.metric(#"tls_certificate_reloads_total{result="failure"}"#) == 0)
      #expect(try await service.metric(#"tls_handshakes_total{result="failed",version="none",resumed="false"}"#) == 0)
    }
  }

  @Test func newHandshakesGetTheNewCertificate() async throws {
    let (old, new) = (try TLSPair.fresh(), try TLSPair.fresh())
    let pair = try TLSPair(old)
    try await ServiceProcess.run(pair.options + ["--watch-interval", "0"]) { (service) async throws in
      try await service.secureClient(trust: .authorities(old.certificate)) { _ in }
      try pair.put(new)
      service.process.send(SIGHUP)
      _ = try await service.process.output.line("\"message\":\"reloaded\",\"certificate\"")
      try await service.secureClient(trust: .authorities(new.certificate)) { _ in }
      await #expect(throws: RawClient.Failure.self) {
        try await service.secureClient(trust: .authorities(old.certificate)) { _ in }
      }
    }
  }

  @Test func aBadPairKeepsTheLastGoodOne() async throws {
    let good = try TLSPair.fresh()
    let pair = try TLSPair(good)
    try await ServiceProcess.run(pair.options + ["--watch-interval", "0.02"]) { (service) async throws in
      let failures = #"tls_certificate_reloads_total{result="failure"}"#
      let bad = [
        (good.certificate, try TLSPair.fresh().key), (Array("x".utf8), good.key), (good.certificate, []),
      ]
      for (index, (certificate, key)) in bad.enumerated() {
        try pair.put(certificate: certificate, key: key)
        try await waiting(for: "failure \(index)") {
          try await service.metric(failures) == Double(index + 1) ? true : nil
        }
        try await service.secureClient(trust: .authorities(good.certificate)) { _ in }
      }
      let line = try await service.logged("the last good certificate is kept")
      #expect(line["error"]?.string == "\(pair.key): the key does not belong to the certificate")
      try pair.put(good)
      try await waiting(for: "the good one") {
        try await service.metric(#"tls_certificate_reloads_total{result="success"}"#) == 1 ? true : nil
      }
    }
  }

  // MARK: At the start

  @Test func aPairThatCannotBeServedIsOneLineThatNamesTheFile() async throws {
    let pair = try TLSPair()
    let other = try TLSPair()
    let encrypted = "\(pair.folder.path)/encrypted.key"
    let made = try await ChildProcess.finished(
      [Self.openssl, "pkey", "-in", pair.key, "-aes128", "-passout", "pass:secret", "-out", encrypted], environment: [:]
    )
    #expect(made.end == .exited(0), "\(made.errors)")
    let text = try pair.folder.write("hello", to: "text")
    let cases = [
      ("/missing.crt", pair.key, "/missing.crt: cannot be read: No such file or directory"),
      (pair.certificate, "/missing.key", "/missing.key: cannot be read: No such file or directory"),
      (text, pair.key, "\(text): it has no certificate in PEM"),
      (pair.certificate, encrypted, "\(encrypted): the key is encrypted; it must be stored without a password"),
      (pair.certificate, other.key, "\(other.key): the key does not belong to the certificate"),
    ]
    for (certificate, key, line) in cases {
      let ended = try await ServiceProcess.finished([
        "--port", "0", "--https-port", "0", "--tls-certificate", certificate, "--tls-key", key,
      ])
      #expect(ended.end == .exited(78))
      #expect(ended.errorLines == ["vitrine: \(line)"])
    }
  }

  @Test(arguments: [
    (-7200 ... -3600, "the certificate has expired"), (3600...7200, "the certificate is not good yet"),
    (-95_000...5_000, "the certificate expires soon"),
  ])
  func anOddCertificateIsServedWithAWarning(validity: ClosedRange<Int>, warning: String) async throws {
    let pair = try TLSPair(try SelfSignedPair(names: ["localhost"], validity: validity))
    try await ServiceProcess.run(pair.options) { (service) async throws in
      #expect(try await service.logged(warning)["level"]?.string == "warning")
      #expect(try await service.secureClient { try $0.exchange(ServiceProcess.request("/")).status } == 200)
      let expiry = try #require(try await service.metric("tls_certificate_expiry_timestamp_seconds"))
      let now = Double(Clock.realtime / 1_000_000_000)
      #expect((expiry > now) == (validity.upperBound > 0))
    }
  }

  @Test func withoutHTTPThereIsOnlyTLS() async throws {
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options + ["--no-http"]) { (service) async throws in
      #expect(!service.process.output.text.contains("\"listener\":\"http\""))
      let status = try await service.secureClient { try $0.exchange(ServiceProcess.request("/readyz")).status }
      #expect(status == 200)
      let port = try #require(service.tlsAddress).port
      let check = try await ServiceProcess.finished([
        "check", "--host", "127.0.0.1", "--no-http", "--https-port", "\(port)",
      ])
      #expect(check.end == .exited(0), "\(check.errors)")
    }
  }

  @Test func checkAsksOverTLS() async throws {
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options) { (service) async throws in
      let url = "https://localhost:\(try #require(service.tlsAddress).port)"
      func check(_ arguments: String...) async throws -> FinishedProcess {
        try await ServiceProcess.finished(["check"] + arguments)
      }
      #expect(try await check("--ca", pair.certificate, "\(url)/readyz").end == .exited(0))
      #expect(try await check("--insecure", "\(url)/readyz").end == .exited(0))
      let unknown = try await check("\(url)/readyz")
      #expect(unknown.end == .exited(1))
      #expect(unknown.errorLines == ["vitrine check: \(url)/readyz: TLS: self-signed certificate"])
      let missing = try await check("--insecure", "\(url)/missing")
      #expect(missing.errorLines == ["vitrine check: \(url)/missing answered 404 Not Found"])
      let plain = "https://\(service.address)/"
      #expect(try await check("--insecure", plain).errorLines == ["vitrine check: \(plain): TLS: wrong version number"])
      let file = try await check("--ca", "/missing", "\(url)/")
      #expect(file.errorLines == ["vitrine check: \(url)/: /missing: cannot be read: No such file or directory"])
    }
  }

  // MARK: The end

  /// Kept and one-shot clients through SIGTERM: each request that was written has its answer.
  @Test func aStopLosesNothingBehindTLS() async throws {
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options + ["--drain-delay", "0.5", "--no-access-log"]) { (service) async throws in
      let answered = try await withThrowingTaskGroup { group in
        for number in 0..<8 {
          group.addTask { try await Self.askToTheEnd(service, keeps: number < 5) }
        }
        try await Task.sleep(for: .milliseconds(500))
        service.process.send(SIGTERM)
        return try await group.reduce(0, +)
      }
      #expect(answered > 50)
      let (end, last) = try await service.stopped()
      #expect(end == .exited(0) && last["cut"] == .number(0), "\(last)")
    }
  }

  /// Asks until nobody listens any more; the number of answers.
  private static func askToTheEnd(_ service: ServiceProcess, keeps: Bool) async throws -> Int {
    let address = try #require(service.tlsAddress)
    return try await onThread {
      let context = try TLSContext.client(trust: .anyone)
      var answered = 0
      while let client = try? RawClient(address, timeout: ChildProcess.ceiling, tls: context) {
        var response: RawResponse
        repeat {
          response = try client.exchange(ServiceProcess.request("/version", keeps ? [] : ["Connection: close"]))
          #expect(response.status == 200)
          answered += 1
        } while !response.closes
      }
      return answered
    }
  }
}
