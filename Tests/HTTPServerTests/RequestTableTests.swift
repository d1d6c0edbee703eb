import HTTP
import HTTPServer
import TestSupport
import Testing

/// Bytes in, answers out, and how the connection goes on: a row of what every request gets.
struct RequestRow: Sendable, CustomTestStringConvertible {
  enum End: Sendable {
    /// The last answer says `Connection: close`, and a FIN follows it, no RST.
    case closes
    /// The next request on the connection is served.
    case stays
  }

  let name: String
  var input: [UInt8]
  let statuses: [Int]
  let end: End
  /// The field `Allow` of the last answer.
  let allow: String?
  /// The body of the last answer, where it is not a problem's.
  let text: String?

  var testDescription: String { name }

  init(_ name: String, _ input: String, _ statuses: Int..., then end: End, allow: String? = nil, text: String? = nil) {
    self.name = name
    // What Swift would write as two bytes of UTF-8 stands for the one byte of that number.
    self.input = input.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    self.statuses = statuses
    self.end = end
    self.allow = allow
    self.text = text
  }

  static func get(_ name: String, _ target: String = "/", fields: String, _ status: Int, then end: End) -> RequestRow {
    RequestRow(name, "GET \(target) HTTP/1.1\r\n\(fields)\r\n", status, then: end)
  }

  static func post(_ name: String, fields: String, body: String = "", _ status: Int, then end: End) -> RequestRow {
    RequestRow(name, "POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)", status, then: end)
  }

  static func chunked(_ name: String, _ body: String, _ status: Int, then end: End) -> RequestRow {
    post(name, fields: "Transfer-Encoding: chunked\r\n", body: body, status, then: end)
  }

  /// Asks, and holds the answers to the row.
  func ask(_ client: RawClient) throws {
    try client.send(input)
    let toHEAD = input.starts(with: "HEAD ".utf8)
    for (index, status) in statuses.enumerated() {
      let response = try client.response(toHEAD: toHEAD)
      #expect(response.status == status, "\(name): \(response.text)")
      guard index == statuses.count - 1 else { continue }
      if status >= 400 { try expectProblem(response, status, toHEAD: toHEAD) }
      if let text { #expect(response.text == text, "\(name)") }
      #expect(response["Allow"] == allow, "\(name)")
      #expect(response.closes == (end == .closes), "\(name)")
    }
    switch end {
    case .closes:
      let end = client.end()
      #expect(end == .finished, "\(name)")
    case .stays:
      let next = try client.exchange("GET /items/next HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(next.text == "/items/next", "\(name)")
    }
  }
}

/// Each row goes over a connection of its own to a real server of its own. One after the other: Dispatch has 255 threads,
/// of which each server takes some.
@Suite(.serialized) struct RequestTableTests {
  static let routes =
    TestRoutes.all(gate: Gate()) + [
      Route("/host", [.get: .immediate { TestRoutes.text(String(decoding: $0.host ?? [], as: UTF8.self)) }])
    ]

  private func ask(_ row: RequestRow) async throws {
    try await TestServer.run(routes: Self.routes) { server in
      try await server.client { try row.ask($0) }
      // Nothing is left of it; the client's own end is still to be seen.
      #expect(await eventually { server.server.openConnections == 0 })
      #expect(server.server.requestsInFlight == 0)
    }
  }

  @Test(arguments: RequestTable.host) func host(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.framing) func framing(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.chunks) func chunks(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.fieldLines) func fieldLines(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.targets) func targets(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.methods) func methods(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.versions) func versions(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.expectations) func expectations(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.limits) func limits(row: RequestRow) async throws { try await ask(row) }
  @Test(arguments: RequestTable.persistence) func persistence(row: RequestRow) async throws { try await ask(row) }

  /// Whatever refuses it: the body is in a form that the client takes.
  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: a b\r\n", "", 400), ("GET /.. HTTP/1.1\r\nHost: a\r\n", "", 400),
    ("GET /missing HTTP/1.1\r\nHost: a\r\n", "", 404), ("POST / HTTP/1.1\r\nHost: a\r\n", "", 405),
    ("BREW / HTTP/1.1\r\nHost: a\r\n", "", 501), ("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n", "", 417),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n", "", 413),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n", "", 501),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n", "x", 400),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n", "100001\r\n", 413),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n", "h", 408),
  ])
  func theProblemIsALineOfTextWhereTheClientTakesNoJSON(head: String, body: String, status: Int) async throws {
    try await TestServer.run(configure: { $0.timeouts.body = ConnectionState.Timeouts.seconds(0.2) }) { server in
      try await server.client { client in
        for accept in ["text/html", "application/problem+json;q=0, text/plain", "*/*, application/*;q=0"] {
          let other = try server.connect()
          let response = try other.exchange("\(head)Accept: \(accept)\r\n\r\n\(body)")
          #expect(response.status == status)
          #expect(response["Content-Type"] == "text/plain; charset=utf-8", "\(accept)")
          #expect(response.text.hasPrefix("\(status) \(response.reason): ") && response.text.hasSuffix(".\n"))
          #expect(response.text.split(separator: "\n").count == 1 && response.has("Date"))
        }
        for accept in ["application/json", "*/*", "application/*;q=0.1, text/plain"] {
          let other = try server.connect()
          try expectProblem(try other.exchange("\(head)Accept: \(accept)\r\n\r\n\(body)"), status)
        }
        // What came of the head is no request yet: nobody knows what it would have accepted.
        try expectProblem(try client.exchange("GET / HTTP/1.1\r\nAccept: text/html\r\nX : y\r\n"), 400)
      }
    }
  }
}
