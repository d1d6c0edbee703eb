import HTTPServer
import TestSupport
import Testing

@Suite struct BodyTests {
  static let content = [UInt8]((0..<3000).map { UInt8(truncatingIfNeeded: $0 * 7) })

  /// The same content in each framing.
  static func request(chunked: Bool, path: String = "/echo", fields: String = "") -> (head: [UInt8], body: [UInt8]) {
    let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(content.count)"
    let head = [UInt8]("POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\(framing)\r\n\r\n".utf8)
    guard chunked else { return (head, content) }
    var body: [UInt8] = []
    for start in stride(from: 0, to: content.count, by: 1024) {
      let chunk = content[start..<min(start + 1024, content.count)]
      body += [UInt8]("\(String(chunk.count, radix: 16));a=b\r\n".utf8) + chunk + [13, 10]
    }
    return (head, body + [UInt8]("0\r\nTrailer-Field: x\r\n\r\n".utf8))
  }

  @Test(arguments: [false, true], ["/echo", "/slow-echo"])
  func collectsABodyInOnePiece(chunked: Bool, path: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let (head, body) = Self.request(chunked: chunked, path: path)
        for _ in 0..<3 {
          try client.send(head + body)
          #expect(try client.response().body == Self.content)
        }
      }
      #expect(server.server.requestsInFlight == 0)
    }
  }

  @Test(arguments: [false, true])
  func collectsABodyByteByByte(chunked: Bool) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let (head, body) = Self.request(chunked: chunked)
        for byte in head + body { try client.send([byte]) }
        #expect(try client.response().body == Self.content)
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello\n")
      }
    }
  }

  @Test(arguments: [false, true])
  func asksForABodyThatTheClientHoldsBack(chunked: Bool) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let (head, body) = Self.request(chunked: chunked, fields: "Expect: 100-continue\r\n")
        for _ in 0..<2 {
          try client.send(head)
          let interim = try client.response()
          #expect(interim.status == 100)
          #expect(interim.fields.isEmpty)
          #expect(client.staysSilent(milliseconds: 20))
          try client.send(body)
          let response = try client.response()
          #expect(response.status == 200)
          #expect(response.body == Self.content)
        }
      }
    }
  }

  @Test(arguments: [
    ("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n", 404),
    ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n", 405),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n", 413),
  ])
  func answersWithoutAskingForABodyThatItDoesNotWant(head: String, status: Int) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let response = try client.exchange(head + "Expect: 100-continue\r\n\r\n")
        #expect(response.status == status)
        // Whether the client still sends its body is open: only the end settles where the next request begins.
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test func refusesAnyOtherExpectation() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let response = try client.exchange("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n")
        #expect(response.status == 417)
        #expect(!response.closes)
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello\n")
        // Who waits for 100 beside may keep the body back: the answer cannot wait for it.
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\nContent-Length: 2\r\n\r\n")
        let last = try client.response()
        #expect(last.status == 417)
        #expect(last.closes)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test func ignoresAnExpectationOnHTTP10() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(client.staysSilent(milliseconds: 30))
        try client.send("hi")
        let response = try client.response()
        #expect(response.text == "hi")
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test(arguments: [("GET", "/", 200), ("POST", "/drop", 200), ("POST", "/missing", 404), ("POST", "/", 405)])
  func readsABodyThatNobodyWantsAndKeepsTheConnection(method: String, path: String, status: Int) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
        for _ in 0..<20 { try client.send([UInt8](repeating: 120, count: 10_000)) }
        let response = try client.response()
        #expect(response.status == status)
        if path == "/drop" { #expect(response.text == "0 bytes\n") }
        #expect(!response.closes)
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello\n")
      }
    }
  }

  @Test func takesABodyOfExactlyTheLimit() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let body = [UInt8](repeating: 120, count: 1_048_576)
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n")
        try client.send(body)
        #expect(try client.response().body == body)
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n")
        try client.send(body)
        try client.send("\r\n0\r\n\r\n")
        #expect(try client.response().body == body)
      }
      #expect(server.hits(.bodyMax) == 0)
    }
  }

  @Test(arguments: [
    "Content-Length: 67108864\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n4000000\r\n",
    "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n100000\r\n",
  ])
  func theRefusalOfABodyTooLargeIsReadableWhileTheClientGoesOnSending(framing: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\n" + framing)
        for _ in 0..<128 { try client.send([UInt8](repeating: 120, count: 64 << 10)) }
        let response = try client.response()
        #expect(response.status == 413)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
      #expect(server.hits(.bodyMax) == 1)
      #expect(await eventually { server.server.openConnections == 0 })
    }
  }

  @Test func dropsNoMoreThanSixteenMebibytesOfARefusedRequest() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 67108864\r\n\r\n")
        #expect(try client.response().status == 413)
        #expect(throws: RawClient.Failure.self) {
          for _ in 0..<1024 { try client.send([UInt8](repeating: 120, count: 64 << 10)) }
        }
      }
      #expect(await eventually { server.server.openConnections == 0 })
    }
  }

  @Test func aClientThatLeavesAmidstItsBodyIsCounted() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
        try wait { server.connections("reading") != 0 }
        client.finishSending()
        #expect(client.end() == .finished)
      }
      #expect(await eventually { server.metric("http_requests_abandoned_total") == 1 })
      #expect(server.server.requestsInFlight == 0)
    }
  }
}
