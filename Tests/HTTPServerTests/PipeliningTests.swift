import HTTPServer
import TestSupport
import Testing

@Suite(.serialized) struct PipeliningTests {
  @Test(arguments: [false, true])
  func answersTwoThousandPipelinedRequestsInOrderToASlowReader(halfCloses: Bool) async throws {
    try await TestServer.run { server in
      try await onThread {
        let client = try server.connect(receiveBuffer: 16 << 10)
        // 8 MB of answers: more than the kernel holds, so that the server has to wait for the reader.
        let requests = (0..<2000).map { "GET /pages/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
        try client.send(requests)
        if halfCloses { client.finishSending() }
        try wait { server.connections("writing") != 0 }
        for index in 0..<2000 {
          let response = try client.response()
          guard response.status == 200, response.text == "/pages/\(index)" + TestRoutes.padding else {
            Issue.record("answer \(index): \(response.status) \(response.text.prefix(80))")
            return
          }
        }
        if halfCloses {
          #expect(client.end() == .finished)
        } else {
          #expect(client.staysSilent(milliseconds: 20))
          #expect(try client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello\n")
        }
      }
      #expect(server.metric("http_requests_total{method=\"GET\",route=\"/pages/{id}\",code=\"200\"}") == 2000)
    }
  }

  @Test func answersPipelinedRequestsHoweverTheyAreCut() async throws {
    try await TestServer.run { server in
      try await onThread {
        let requests = [UInt8]((0..<40).map { "GET /items/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined().utf8)
        for size in [1, 7, 35, 36, 37, 100, 1000] {
          let client = try server.connect()
          for start in stride(from: 0, to: requests.count, by: size) {
            try client.send(Array(requests[start..<min(start + size, requests.count)]))
          }
          for index in 0..<40 { #expect(try client.response().text == "/items/\(index)") }
        }
      }
    }
  }

  @Test func keepsTheOrderAcrossHandlersThatWait() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let paths = ["/items/1", "/slow", "/items/2", "/ready", "/slow", "/items/3", "/ready", "/missing", "/items/4"]
        try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        let texts = try paths.map { path in
          let response = try client.response()
          return path == "/missing" ? "\(response.status)" : response.text
        }
        #expect(
          texts == ["/items/1", "slow\n", "/items/2", "ready\n", "slow\n", "/items/3", "ready\n", "404", "/items/4"])
      }
    }
  }

  @Test func keepsTheOrderWhenAHandlerWaitsBehindABlockedAnswer() async throws {
    try await TestServer.run { server in
      try await onThread {
        let client = try server.connect(receiveBuffer: 16 << 10)
        let paths = ["/large", "/ready", "/items/1", "/slow", "/large", "/items/2"]
        try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        try wait { server.connections("writing") != 0 }
        #expect(try client.response().body.count == TestRoutes.largeCount)
        #expect(try client.response().text == "ready\n")
        #expect(try client.response().text == "/items/1")
        #expect(try client.response().text == "slow\n")
        let large = try client.response().body
        #expect(large == TestRoutes.largeBody)
        #expect(try client.response().text == "/items/2")
      }
    }
  }

  @Test func answersAThousandPipelinedRequestsOfHandlersThatMayWaitButDoNot() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send(String(repeating: "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n", count: 1000))
        for _ in 0..<1000 { #expect(try client.response().text == "ready\n") }
      }
      #expect(server.server.requestsInFlight == 0)
    }
  }

  @Test func answersPipelinedBodiesInOrder() async throws {
    try await TestServer.run { server in
      try await server.client { client in
        let requests = (0..<100).map { index in
          let body = "body \(index)"
          return index % 2 == 0
            ? "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            : "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "2\r\nbo\r\n\(String(body.utf8.count - 2, radix: 16))\r\n\(body.dropFirst(2))\r\n0\r\n\r\n"
        }
        try client.send(requests.joined())
        for index in 0..<100 { #expect(try client.response().text == "body \(index)") }
      }
    }
  }

  /// What follows a request that said `close` is never answered (RFC 9112 §9.6), and must not hold up the end.
  @Test(arguments: ["/", "/ready", "/slow", "/large"])
  func endsAfterTheAnswerToAClientThatSaidCloseAndWentOn(path: String) async throws {
    try await TestServer.run { server in
      try await server.client { client in
        try client.send(
          "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /items/1 HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.closes)
        #expect(client.end() == .finished)
      }
    }
  }
}
