import TestSupport
import Testing

/// Faults on requests, over raw sockets to the real process.
@Suite(.serialized) struct RequestFaultTests {
  private static let get = ServiceProcess.request("/")

  /// The next bytes up to the end, on a connection of its own, and how it ends.
  private func raw(_ service: ServiceProcess, _ request: String = get) async throws -> (
    text: String, end: RawClient.End
  ) {
    try await service.client { client in
      try client.send(request)
      let (bytes, end) = client.readToEnd()
      return (String(decoding: bytes, as: UTF8.self), end)
    }
  }

  @Test func aDelayHoldsTheAnswerUpAndMarksIt() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"delay","milliseconds":150,"jitter":50,"seconds":60}"#)
      let (first, second) = try await service.client { client in
        try client.send(Self.get)
        // An answer that is not held up comes in less.
        let isSilent = client.staysSilent(milliseconds: 50)
        #expect(isSilent)
        let first = try client.response()
        // The connection goes on.
        return (first, try client.exchange(ServiceProcess.request("/version")))
      }
      #expect(first.status == 200 && first["X-Vitrine-Fault"] == "f" && first.text.contains("Hello"))
      #expect(second.status == 200 && second["X-Vitrine-Fault"] == "f")
      #expect(try await service.injections("delay") == 2)
      try await service.endFault()
      #expect(try await !service.get("/").has("X-Vitrine-Fault"))
    }
  }

  @Test func aPipelinedClientGetsItsAnswersInOrder() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"delay","milliseconds":50,"seconds":60,"scope":{"route":"/version"}}"#)
      let kinds = try await service.client { client in
        try client.send(["/version", "/", "/version", "/healthz", "/"].map { ServiceProcess.request($0) }.joined())
        return try (0..<5).map { _ in
          let answer = try client.response()
          return "\(answer.text.prefix(6)) \(answer.has("X-Vitrine-Fault"))"
        }
      }
      #expect(kinds == [#"{"vers true"#, #"{"mess false"#, #"{"vers true"#, "ok\n false", #"{"mess false"#])
    }
  }

  @Test func aStatusIsAnsweredInTheHandlersPlace() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"status","code":504,"retryAfter":7,"seconds":60}"#)
      let answer = try await service.get("/api/products")
      #expect(answer.status == 504 && answer.reason == "Gateway Timeout" && answer["Retry-After"] == "7")
      #expect(answer["X-Vitrine-Fault"] == "f" && answer["Content-Type"] == "application/problem+json")
      #expect(answer.text.contains(#""detail":"The fault f is in force.""#))
      // With a body too, which is read and not looked at.
      let product = try await service.send("PUT", "/api/products/lamp", Writers.product())
      #expect(product.status == 504)
      #expect(try await service.metric(#"http_requests_total{method="GET",route="/api/products",code="504"}"#) == 1)
      try await service.endFault()
      #expect(try await service.get("/api/products/lamp").status == 404)
    }
  }

  @Test func aBodyMayBeWrong() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"body","text":"nonsense","seconds":60,"scope":{"route":"/readyz"}}"#)
      for management in [false, true] {
        let answer = try await service.get("/readyz", management: management)
        #expect(answer.status == 200 && answer.text == "nonsense" && answer["X-Vitrine-Fault"] == "f")
      }
    }
  }

  @Test(arguments: [("start", "", ""), ("head", "\r\n\r\n", "\r\n\r\n"), ("body", "\r\n\r\n{\"items", "")])
  func anAbortIsAReset(at: String, part: String, last: String) async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"abort","at":"\#(at)","seconds":60}"#)
      let (text, end) = try await raw(service, ServiceProcess.request("/api/products"))
      #expect(end == .reset && text.contains(part) && text.hasSuffix(last), "\(text)")
      #expect(text.isEmpty == (at == "start") && text.isEmpty != text.contains("X-Vitrine-Fault: f\r\n"))
      if at == "body" {
        let body = text.split(separator: "\r\n\r\n", maxSplits: 1)[1]
        #expect(
          text.contains("Content-Length: \(body.utf8.count * 2)\r\n")
            || text.contains("Content-Length: \(body.utf8.count * 2 + 1)\r\n"))
      }
      #expect(try await service.injections("abort") == 1)
    }
  }

  @Test(arguments: ["length", "chunk"])
  func aTruncatedAnswerEndsBeforeItsEnd(how: String) async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"truncate","how":"\#(how)","seconds":60}"#)
      let whole = try await service.get("/readyz").text
      #expect(whole == "ok\n")
      let (text, end) = try await raw(service, ServiceProcess.request("/version"))
      let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
      try #require(parts.count == 2, "\(text)")
      #expect(end == .finished && parts[0].contains("X-Vitrine-Fault: f") && !parts[1].contains("}"))
      #expect(parts[0].contains("Transfer-Encoding: chunked") == (how == "chunk"))
      #expect(parts[0].contains("Content-Length: ") == (how == "length"))
    }
  }

  /// 64 KiB and more in pieces of 100,000 bytes would come at once; at 20 bytes a second nothing comes whole.
  @Test func aThrottledAnswerComesPieceByPieceAndWhole() async throws {
    try await FaultyService.run { service in
      let expected = try await service.get("/api/products").text
      try await service.makeFault(#"{"kind":"throttle","bytesPerSecond":20000,"seconds":60}"#)
      let (answer, next) = try await service.client { client in
        let answer = try client.exchange(ServiceProcess.request("/api/products"))
        return (answer, try client.exchange(ServiceProcess.request("/version")))
      }
      #expect(answer.text == expected && answer["X-Vitrine-Fault"] == "f" && next.status == 200)
      try await service.endFault()
      // What is on its way when the fault ends comes at once.
      try await service.makeFault(#"{"kind":"throttle","bytesPerSecond":1,"seconds":0.3}"#)
      let slow = try await service.get("/api/products")
      #expect(slow.text == expected)
    }
  }

  @Test func aHangEndsWithTheClientOrWithTheFault() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"hang","seconds":60}"#)
      try await service.client { client in
        try client.send(Self.get)
        let isSilent = client.staysSilent(milliseconds: 300)
        #expect(isSilent)
      }
      #expect(await eventually { (try? await service.metric("http_requests_in_flight")) == 0 })
      #expect(try await service.metric("http_requests_abandoned_total") == 1)
      let waiting = try await service.connect()
      try await onThread { try waiting.send(Self.get) }
      #expect(await eventually { (try? await service.metric("http_requests_in_flight")) == 1 })
      try await service.endFault()
      #expect(try await onThread { waiting.end() } != .open)
      #expect(try await service.get("/").status == 200)
    }
  }

  @Test func theLastOfACountIsHeldUpAsLongAsTheOthers() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"hang","seconds":60,"scope":{"count":2}}"#)
      let (first, last) = (try await service.connect(), try await service.connect())
      try await onThread {
        for client in [first, last] {
          try client.send(Self.get)
          let isSilent = client.staysSilent(milliseconds: 300)
          #expect(isSilent)
        }
        let isSilent = first.staysSilent(milliseconds: 100)
        #expect(isSilent)
      }
      #expect(try await service.get("/").status == 200)
    }
  }

  /// Its answer ends the connection, and nobody waits for the body.
  @Test func whatIsNotReadIsNotWaitedFor() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"delay","milliseconds":1,"seconds":60}"#)
      let answer = try await service.client { client in
        try client.exchange("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\n\r\nhello")
      }
      #expect(answer.status == 405 && answer.closes)
    }
  }

  @Test(arguments: [
    (#"{"route":"/version"}"#, ["/version"]), (#"{"method":"HEAD"}"#, ["HEAD /"]),
    (#"{"header":"X-Canary: yes"}"#, ["/ canary"]), (#"{"header":"x-canary"}"#, ["/ canary"]),
    (#"{"client":"127.0.0.0/8"}"#, ["/", "/version", "HEAD /", "/ canary"]), (#"{"client":"10.0.0.0/8"}"#, []),
    (#"{"route":"/healthz"}"#, ["/healthz"]), (#"{"route":"/metrics"}"#, ["/metrics"]),
    ("{}", ["/", "/version", "HEAD /", "/ canary"]),
  ])
  func theScopeIsKept(scope: String, taken: [String]) async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"status","code":418,"seconds":60,"scope":\#(scope)}"#)
      var statuses: [String: Int] = [:]
      for path in ["/", "/version", "/healthz", "/readyz"] { statuses[path] = try await service.get(path).status }
      statuses["HEAD /"] = try await service.get("/", method: "HEAD").status
      statuses["/ canary"] = try await service.get("/", ["X-Canary: yes"]).status
      statuses["/metrics"] = try await service.get("/metrics", management: true).status
      #expect(Set(statuses.filter { $0.value == 418 }.keys) == Set(taken), "\(statuses)")
    }
  }

  @Test func theClientIsTheOneBehindTrustedProxies() async throws {
    try await FaultyService.run(["--trusted-proxies", "127.0.0.1"]) { service in
      try await service.makeFault(#"{"kind":"status","code":500,"seconds":60,"scope":{"client":"192.0.2.0/24"}}"#)
      #expect(try await service.get("/").status == 200)
      #expect(try await service.get("/", ["X-Forwarded-For: 192.0.2.7"]).status == 500)
    }
  }

  @Test func theSameSeedMakesTheSameChoices() async throws {
    func choices() async throws -> [Int] {
      try await FaultyService.run { service in
        try await service.makeFault(
          #"{"kind":"status","code":500,"seconds":60,"scope":{"percentage":40,"seed":7}}"#)
        return try await service.client { client in try (0..<60).map { _ in try client.exchange(Self.get).status } }
      }
    }
    let first = try await choices()
    #expect(try await choices() == first)
    #expect(first.contains(200) && first.contains(500))
  }

  /// A probe fails three times, and then no more.
  @Test func aProbeFailsTheNextTimes() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(
        #"{"kind":"status","code":503,"seconds":60,"scope":{"route":"/readyz","count":3}}"#)
      var statuses: [Int] = []
      for _ in 0..<5 {
        statuses.append(
          try await service.get("/readyz", ["User-Agent: kube-probe/1.34"], management: true).status)
      }
      #expect(statuses == [503, 503, 503, 200, 200])
      let line = try await service.logged("fault ended")
      #expect(line["by"] == .string("its count") && line["injections"] == .number(3) && line["fault"] == .string("f"))
      #expect(try await service.logged("fault injected for the first time")["kind"] == .string("status"))
      #expect(try await !service.isFaulty())
      let ledger = try await service.get("/probes", management: true).text
      #expect(ledger.contains(#""results":{"200":2,"503":3}"#), "\(ledger)")
    }
  }

  @Test func aProbeFlapsWithAPeriod() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(
        #"{"kind":"status","code":503,"seconds":60,"scope":{"route":"/healthz","period":0.2}}"#)
      for status in [503, 200, 503, 200] {
        #expect(await eventually { (try? await service.get("/healthz").status) == status })
      }
    }
  }

  @Test func aProbeThatHangsIsInTheLedgerAsUnanswered() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"hang","seconds":60,"scope":{"route":"/readyz"}}"#)
      try await service.client(management: true) { client in
        try client.send(ServiceProcess.request("/readyz", ["User-Agent: kube-probe/1.34"]))
        let isSilent = client.staysSilent(milliseconds: 100)
        #expect(isSilent)
      }
      let none = #"vitrine_probes_total{prober="kube-probe",path="/readyz",result="none"}"#
      #expect(await eventually { (try? await service.metric(none)) == 1 })
      let ledger = try await service.get("/probes", management: true).text
      #expect(ledger.contains(#""results":{"none":1}"#), "\(ledger)")
    }
  }

  @Test func behindTLSTheyAreTheSame() async throws {
    let pair = try TLSPair()
    try await FaultyService.run(pair.options) { service in
      let request = ServiceProcess.request("/api/products")
      let expected = try await service.get("/api/products").text
      try await service.makeFault(#"{"kind":"throttle","bytesPerSecond":20000,"seconds":60}"#)
      let (slow, next) = try await service.secureClient { client in
        (try client.exchange(request), try client.exchange(ServiceProcess.request("/version")))
      }
      #expect(slow.text == expected && slow["X-Vitrine-Fault"] == "f" && next.status == 200)
      try await service.endFault()

      try await service.makeFault(#"{"kind":"abort","at":"body","seconds":60}"#)
      let (bytes, end) = try await service.secureClient { client in
        try client.send(request)
        return client.readToEnd()
      }
      #expect(end == .reset && bytes[...].text.contains("X-Vitrine-Fault: f\r\n"))
      try await service.endFault()

      try await service.makeFault(#"{"kind":"hang","seconds":60}"#)
      let waiting = try await service.secureClient { client in
        try client.send(request)
        return client
      }
      #expect(await eventually { (try? await service.injections("hang")) == 1 })
      #expect(try await service.metric("http_requests_in_flight") == 1)
      try await service.endFault()
      #expect(try await onThread { waiting.end() } != .open)
    }
  }

  /// Many clients at once while faults come and go: each answer is whole or is what a fault makes of it, and nothing stays.
  @Test func faultsComeAndGoUnderLoad() async throws {
    try await FaultyService.run(["--loops", "2"]) { service in
      let kinds = [
        #""kind":"delay","milliseconds":2,"jitter":2"#, #""kind":"status","code":500"#, #""kind":"abort","at":"body""#,
        #""kind":"truncate","how":"chunk""#, #""kind":"throttle","bytesPerSecond":1000000"#, #""kind":"hang""#,
      ]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            for _ in 0..<40 {
              // What is cut or hangs is the fault's doing.
              let answer = try? await onThread {
                try RawClient(service.address, timeout: 0.3).exchange(ServiceProcess.request("/api/products"))
              }
              if let answer { #expect(answer.status == 200 || answer.status == 500) }
            }
          }
        }
        group.addTask {
          for round in 0..<30 {
            let kind = kinds[round % kinds.count]
            _ = try await service.send(
              "PUT", "/faults/f\(round % 5)", #"{\#(kind),"seconds":0.2,"scope":{"percentage":50}}"#, management: true)
            if round % 3 == 0 { _ = try await service.send("DELETE", "/faults/f\(round % 5)", management: true) }
          }
        }
        try await group.waitForAll()
      }
      #expect(await eventually { (try? await service.isFaulty()) == false })
      #expect(await eventually { (try? await service.metric("http_requests_in_flight")) == 0 })
      #expect(try await service.get("/").status == 200)
    }
  }
}
