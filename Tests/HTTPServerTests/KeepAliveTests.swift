import HTTPServer
import TestSupport
import Testing

@Suite struct KeepAliveTests {
  @Test func answersOneRequestAfterTheOtherOnAConnection() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        for _ in 0..<100 {
          let response = try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          #expect(response.status == 200)
          #expect(response.text == "hello\n")
          #expect(!response.has("Connection"))
          #expect(response.has("Date"))
        }
      }
      #expect(server.metric("http_connections_accepted_total") == 1)
    }
  }

  @Test(arguments: ["", "Connection: foo\r\n", "Connection: close, keep-alive\r\n"])
  func closesAnHTTP10ConnectionThatDoesNotAskForMore(fields: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let response = try client.exchange("GET / HTTP/1.0\r\n\(fields)\r\n")
        #expect(response.status == 200)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test func keepsAnHTTP10ConnectionThatAsksForIt() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        for _ in 0..<3 {
          let response = try client.exchange("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
          #expect(response.status == 200)
          #expect(response["Connection"] == "keep-alive")
        }
        #expect(try client.exchange("GET / HTTP/1.0\r\n\r\n").closes)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test(arguments: ["close", "Close", "foo, CLOSE", "keep-alive, close"])
  func closesWhenAskedTo(value: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let response = try client.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(value)\r\n\r\n")
        #expect(response.status == 200)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
    }
  }

  @Test(arguments: ["/", "/large", "/slow", "/missing", "/items/1", "/healthz"])
  func answersHEADWithTheFieldsOfGETAndNoBody(path: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let get = try client.exchange("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = try client.exchange("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n", toHEAD: true)
        let own = ["Date", "X-Request-Id"]
        #expect(head.status == get.status)
        #expect(head.fields.filter { !own.contains($0.name) } == get.fields.filter { !own.contains($0.name) })
        #expect(head["Content-Length"] == String(get.body.count))
        // Had a body come, it would stand where this answer begins.
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello\n")
      }
    }
  }

  @Test(arguments: [("/empty", 204), ("/unchanged", 304)])
  func sendsNeitherBodyNorLengthWhereTheStatusHasNone(path: String, status: Int) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        for method in ["GET", "HEAD", "GET"] {
          let response = try client.exchange("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
          #expect(response.status == status)
          #expect(!response.has("Content-Length"))
        }
        #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello\n")
      }
    }
  }

  @Test(arguments: ["/", "/large", "/slow", "/ready"])
  func aHalfCloseRightAfterTheRequestGetsTheWholeAnswer(path: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        let response = try client.response()
        #expect(response.status == 200)
        if path == "/large" { #expect(response.body.count == TestRoutes.largeCount) }
        #expect(client.end() == .finished)
      }
    }
  }

  @Test func aHalfCloseAfterPipelinedRequestsGetsAllAnswers() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let paths = ["/", "/slow", "/items/1", "/ready", "/items/2"]
        try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        client.finishSending()
        let texts = try paths.map { _ in try client.response().text }
        #expect(texts == ["hello\n", "slow\n", "/items/1", "ready\n", "/items/2"])
        #expect(client.end() == .finished)
      }
    }
  }

  @Test func takesARequestByteByByte() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        for byte in "GET /items/7 HTTP/1.1\r\nHost: a\r\n\r\n".utf8 { try client.send([byte]) }
        #expect(try client.response().text == "/items/7")
      }
    }
  }

  @Test func ignoresTwoEmptyLinesBetweenRequests() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\nGET /items/1 HTTP/1.1\r\nHost: a\r\n\r\n\r\n")
        #expect(try client.response().text == "hello\n")
        #expect(try client.response().text == "/items/1")
        #expect(try client.exchange("\r\nGET /items/2 HTTP/1.1\r\nHost: a\r\n\r\n").text == "/items/2")
      }
    }
  }

  @Test func aConnectionThatEndsWithoutABytePassesQuietly() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        client.finishSending()
        #expect(client.end() == .finished)
      }
      #expect(await eventually { server.server.openConnections == 0 })
      #expect(server.metric("http_requests_refused_total") == 0)
      #expect(server.metric("http_requests_abandoned_total") == 0)
    }
  }
}
