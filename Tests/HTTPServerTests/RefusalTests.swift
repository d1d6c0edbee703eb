import HTTPServer
import TestSupport
import Testing

@Suite struct RefusalTests {
  @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx"])
  func countsWhatItRefuses(input: String) async throws {
    try await TestServer.run { server in
      let response = try await server.client { try $0.exchange(input) }
      #expect(response.status == 400)
      #expect(server.metric("http_requests_refused_total") == 1)
    }
  }

  /// What can be read, and not be served: where the next request begins is known.
  @Test(
    arguments: [
      ("/caf\u{e9}", 400), ("/?q=\u{e9}", 400), ("/a%00", 400), ("/?%00", 400), ("/%0d%0a", 400), ("/%zz", 400),
      ("/../a", 400), ("/a/%2e%2E", 400), ("http://user@a/", 400),
    ], ["", "Content-Length: 2\r\n\r\nhi", "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"])
  func refusesAndKeepsTheConnection(request: (target: String, status: Int), body: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        for _ in 0..<2 {
          let response = try client.exchange(
            "POST \(request.target) HTTP/1.1\r\nHost: a\r\n\(body.isEmpty ? "\r\n" : body)")
          try expectProblem(response, request.status)
          #expect(!response.closes)
        }
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello\n")
      }
      #expect(server.metric("http_requests_refused_total") == 2)
    }
  }

  /// RFC 9110 §9.3.2, as far as the method could be read.
  @Test(arguments: [
    ("/a%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400), (" HTTP/1.1\r\n\r\n", 400),
    ("/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
    ("/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
  ])
  func refusesHEADWithoutABody(rest: String, status: Int) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send("HEAD \(rest)")
        client.finishSending()
        let response = try client.response(toHEAD: true)
        #expect(response.status == status)
        #expect(response.has("Content-Length"))
        #expect(client.end() == .finished)
      }
    }
  }

  @Test(arguments: ["GET /a%00 HTTP/1.1\r\nConnection: close\r\n", "GET /.. HTTP/1.0\r\n"])
  func refusesAndClosesWhereTheClientAsksForIt(head: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let response = try client.exchange("\(head)Host: a\r\n\r\n")
        try expectProblem(response, 400)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
    }
  }

  /// The line is written with what the client sent, escaped, and without its query.
  @Test func logsTheTargetThatItRefused() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let response = try client.exchange("GET /\u{e9}%zz?secret HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.status == 400)
      }
      #expect(
        await eventually { server.logText.contains(#""path":"/\u00c3\u00a9%zz","route":"unmatched","status":400"#) })
    }
  }

  @Test func answersWhatCameBeforeARefusedRequestAndNothingBehindIt() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send(
          "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /ready HTTP/1.1\r\nHost: a\r\n\r\n"
            + "GET / HTTP/1.1\r\nHost: a b\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().text == "hello\n")
        #expect(try client.response().text == "ready\n")
        #expect(try client.response().status == 400)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test(arguments: [
    (0, "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414, Limit.requestLineMax),
    (1, "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 17_000))\r\n\r\n", 431, .headerMax),
    (2, "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 100))\r\n", 431, .headerFieldsMax),
  ])
  func countsWhichLimitOfTheHeadWasHit(row: Int, input: String, status: Int, limit: Limit) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        // Far more than is read: the answer is readable still.
        let response = try client.exchange(input + String(repeating: "x", count: 1_000_000))
        try expectProblem(response, status)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
      #expect(server.hits(limit) == 1)
    }
  }

  @Test(
    arguments: [
      ("GET /missing", 404, nil), ("POST /", 405, "GET, HEAD, OPTIONS"), ("TRACE /", 405, "GET, HEAD, OPTIONS"),
      ("DELETE /echo", 405, "POST, OPTIONS"), ("BREW /", 501, nil), ("BREW /missing", 501, nil), ("get /", 501, nil),
    ] as [(String, Int, String?)])
  func answersWhatNoHandlerTakesAndKeepsTheConnection(request: String, status: Int, allow: String?) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let response = try client.exchange("\(request) HTTP/1.1\r\nHost: a\r\n\r\n")
        try expectProblem(response, status)
        #expect(response["Allow"] == allow)
        #expect(!response.closes)
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello\n")
      }
      #expect(server.metric("http_requests_refused_total") == 0)
    }
  }

  @Test(arguments: ["", "Expect: something\r\n"])
  func answersCONNECTAndCloses(field: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        // What follows may be the tunnel's bytes, and is never read as a request.
        let response = try client.exchange(
          "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\(field)\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try expectProblem(response, 405)
        #expect(response["Allow"] != nil)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
    }
  }
}
