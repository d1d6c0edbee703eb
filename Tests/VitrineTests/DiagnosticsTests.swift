import TestSupport
import Testing

/// `/debug/…` of the real process.
@Suite(.serialized) struct DiagnosticsTests {
  private static let paths = [
    "/debug/echo", "/debug/headers", "/debug/delay/0", "/debug/status/204", "/debug/stream/1", "/debug/bytes/1",
  ]

  private func run(_ body: (ServiceProcess) async throws -> Void) async throws {
    try await ServiceProcess.run(["--diagnostics"], environment: ["VITRINE_TEST_SECRET": "xyzzy"], body)
  }

  @Test func withoutTheOptionThereIsNothing() async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      let missing = try await service.get("/nowhere").text
      for path in Self.paths {
        for management in [false, true] {
          let answer = try await service.get(path, management: management)
          #expect(answer.status == 404 && answer.text == missing)
        }
      }
      let scrape = try await service.get("/metrics", management: true).text
      #expect(!scrape.contains("/debug"))
    }
  }

  @Test func theyAreOnTheServicesPortAlone() async throws {
    try await ServiceProcess.run(["--diagnostics", "--management-port", "0"]) { service in
      for path in Self.paths {
        let missing = try await service.get(path, management: true)
        #expect(missing.status == 404)
        // The tests' own reader takes no chunks.
        if !path.contains("stream") { #expect(try await service.get(path, method: "HEAD").status < 300) }
      }
      #expect(try await service.get("/control", management: true).text.contains(#""diagnostics":true"#))
    }
  }

  @Test func theEchoTellsWhatCame() async throws {
    try await run { service in
      let answer = try await service.send(
        "POST", "/debug/echo?a=1&b", "hällo", ["X-Twice: 1", "x-twice: 2"], authorization: nil)
      #expect(answer.status == 200 && answer["Cache-Control"] == "no-store")
      let echo = try JSONValue(answer.text)
      #expect(echo["method"] == .string("POST") && echo["path"] == .string("/debug/echo"))
      #expect(
        echo["query"] == .string("a=1&b") && echo["version"] == .string("1.1") && echo["body"] == .string("hällo"))
      let headers = try #require(echo["headers"]?.array)
      #expect(headers.first == .object(["name": .string("Host"), "value": .string("vitrine.test")]))
      #expect(
        headers.filter { $0["name"]?.string?.lowercased() == "x-twice" }.compactMap { $0["value"]?.string } == [
          "1", "2",
        ])
      #expect(!answer.text.contains("xyzzy"))
      let fields = try JSONValue(try await service.get("/debug/headers", ["X-A: b\"c"]).text)
      #expect(fields["headers"]?.array?.contains(.object(["name": .string("X-A"), "value": .string("b\"c")])) == true)
    }
  }

  @Test func aDelayIsAsLongAsItIsAsked() async throws {
    try await run { service in
      let (isSilent, answer) = try await service.client { client in
        try client.send(ServiceProcess.request("/debug/delay/0.3"))
        return (client.staysSilent(milliseconds: 200), try client.response())
      }
      #expect(isSilent && answer.status == 200 && answer.text == #"{"delay":0.300}"# + "\n")
      #expect(try await service.get("/debug/delay/0").status == 200)
    }
  }

  @Test(arguments: [200, 204, 304, 418, 451, 503, 599])
  func anyStatusIsAnswered(code: Int) async throws {
    try await run { service in
      let answer = try await service.get("/debug/status/\(code)")
      #expect(answer.status == code)
    }
  }

  @Test func aStreamComesInChunksAndTheConnectionGoesOn() async throws {
    try await run { service in
      let (head, first, rest, next) = try await service.client { client in
        try client.send(ServiceProcess.request("/debug/stream/3"))
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try client.read(1) }
        let first = try client.read(3 + 12 + 2)
        let rest = try client.read(2 * (3 + 12 + 2) + 5)
        return (head.text, first.text, rest.text, try client.exchange(ServiceProcess.request("/version")))
      }
      #expect(head.contains("Transfer-Encoding: chunked\r\n") && !head.contains("Content-Length"))
      #expect(first == "c\r\nline 1 of 3\n\r\n")
      #expect(rest == "c\r\nline 2 of 3\n\r\nc\r\nline 3 of 3\n\r\n0\r\n\r\n")
      #expect(next.status == 200)
    }
  }

  @Test func theHeadOfAStreamIsAllThatHEADGets() async throws {
    try await run { service in
      let (head, next) = try await service.client { client in
        try client.send(ServiceProcess.request("/debug/stream/3", method: "HEAD"))
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try client.read(1) }
        return (head.text, try client.exchange(ServiceProcess.request("/version")))
      }
      #expect(head.contains("Transfer-Encoding: chunked\r\n") && next.status == 200)
    }
  }

  @Test func aClientOfHTTP10GetsLinesUpToTheEnd() async throws {
    try await run { service in
      let (text, end) = try await service.client { client in
        try client.send("GET /debug/stream/2 HTTP/1.0\r\n\r\n")
        let (bytes, end) = client.readToEnd()
        return (bytes.text, end)
      }
      #expect(end == .finished && text.hasSuffix("\r\n\r\nline 1 of 2\nline 2 of 2\n"))
      #expect(!text.contains("chunked") && text.contains("Connection: close\r\n"))
    }
  }

  @Test func bytesAreAsManyAsAsked() async throws {
    try await run { service in
      for count in [0, 1, 100_000, 10 << 20] {
        let answer = try await service.get("/debug/bytes/\(count)")
        #expect(answer.status == 200 && answer.body.count == count)
      }
    }
  }

  @Test(arguments: [
    ("delay/31", "seconds"), ("delay/-1", "seconds"), ("delay/1e1", "seconds"), ("delay/0.0001", "seconds"),
    ("delay/.5", "seconds"), ("status/199", "code"), ("status/600", "code"), ("status/2x", "code"),
    ("status/99999999999999999999", "code"), ("stream/0", "lines"), ("stream/1001", "lines"),
    ("bytes/10485761", "n"), ("bytes/+1", "n"),
  ])
  func aWrongNumberIsRefused(path: String, name: String) async throws {
    try await run { service in
      let answer = try await service.get("/debug/\(path)")
      #expect(answer.status == 400 && answer.text.contains(#""parameter":"\#(name)""#), "\(answer.text)")
    }
  }
}

extension [UInt8] {
  fileprivate var text: String { self[...].text }
}
