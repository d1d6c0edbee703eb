import HTTP
import Testing

@Suite struct RequestTargetTests {
  private func request(_ target: String, method: String = "GET") throws -> Request {
    try HTTPTests.request("\(method) \(target) HTTP/1.1", "Host: a")
  }

  private func outcome(_ target: String, method: String = "GET") -> Outcome {
    HTTPTests.outcome(lines: "\(method) \(target) HTTP/1.1", "Host: a")
  }

  /// What is noted of a request for `target` that can be read to its end.
  private func refusal(_ target: String, method: String = "GET") -> RequestError? {
    guard
      case .noted(let error, "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8.count) = outcome(
        target, method: method)
    else { return nil }
    return error
  }

  @Test(arguments: [
    ("/", "/", nil), ("/a/b", "/a/b", nil), ("/a%20b", "/a b", nil), ("/a?", "/a", ""), ("/a?b?c=/d", "/a", "b?c=/d"),
    ("/favicon.ico?x=%20", "/favicon.ico", "x=%20"), ("/caf%C3%A9", "/café", nil), ("/a%2Fb%2fc", "/a%2Fb%2fc", nil),
    ("/%61?%61", "/a", "%61"), ("/...", "/...", nil), ("/.", "/.", nil), ("/a..b", "/a..b", nil), ("//a", "//a", nil),
    ("/a.", "/a.", nil), ("/%25", "/%25", nil), ("/a?..", "/a", ".."),
  ])
  func decodesThePathAndLeavesTheQuery(target: String, path: String, query: String?) throws {
    let request = try request(target)
    #expect(text(request.path) == path)
    #expect(request.query.map(text) == query)
    #expect(text(request.bytes[request.target.whole]) == target)
  }

  @Test func tellsAnEscapedSlashFromItsEscapeEscaped() throws {
    #expect(text(try request("/a%2F..b").path) == "/a%2F..b")
    #expect(text(try request("/a%252F..").path) == "/a%252F..")
    #expect(text(try request("/..%252f%2e%2e%61").path) == "/..%252f..a")
  }

  @Test(arguments: [
    ("http://b", "/", nil, "b"), ("http://b/", "/", nil, "b"), ("HTTPS://b:443/c?d", "/c", "d", "b:443"),
    ("http://b?d", "/", "d", "b"), ("http://[::1]:80/a%20b", "/a b", nil, "[::1]:80"),
  ])
  func servesAbsoluteFormForTheHostOfTheTarget(target: String, path: String, query: String?, host: String) throws {
    let request = try request(target)
    #expect(request.target.form == .absolute)
    #expect(text(request.path) == path)
    #expect(request.query.map(text) == query)
    #expect(request.host.map(text) == host)
    #expect(try self.request("/").host.map(text) == "a")
  }

  @Test(arguments: [
    "http:///", "http:b", "http:/b", "ftp://b/", "http://u@b/", "http://u:p@b/", "http://b:x/", "http://[::1/", "://b",
    "http://", "b", "b:80", "?a", "**", "*a",
  ])
  func refusesOtherForms(target: String) {
    #expect(refusal(target) == .invalidTarget)
  }

  @Test func takesAnAsteriskForOptionsOnly() throws {
    let request = try request("*", method: "OPTIONS")
    #expect(request.target.form == .asterisk)
    #expect(text(request.path) == "*")
    for method in ["GET", "HEAD", "TRACE", "PRI"] {
      #expect(outcome("*", method: method) == .refused(.asteriskWithoutOptions))
    }
  }

  @Test func takesAnAuthorityWithPortForConnectOnly() throws {
    let request = try request("example.com:443", method: "CONNECT")
    #expect(request.target.form == .authority)
    #expect(request.host.map(text) == "example.com:443")
    for target in ["example.com", "example.com:", "/", "http://example.com:443/", "u@b:1", "*", "[]:1"] {
      #expect(outcome(target, method: "CONNECT") == .refused(.invalidTarget))
    }
  }

  @Test func pathAndQueryMayHoldWhatRFC3986AllowsAndNoOther() {
    let allowed = Set(
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?".utf8)
    for byte in UInt8.min...UInt8.max {
      for (prefix, count) in [("/x", 29), ("/.x", 30), ("/x?", 30)] {
        let outcome = HTTPTests.outcome(bytes("GET \(prefix)") + [byte] + bytes(" HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect((outcome == .head(count)) == allowed.contains(byte), "byte \(byte) after \(prefix)")
      }
    }
  }

  @Test(arguments: ["/é", "é", "/a?é", "http://é/", "*é", "/é/..", "/%zz/é", "/\u{FFFD}"])
  func refusesBytesBeyondASCII(target: String) {
    #expect(refusal(target) == .invalidTarget)
  }

  @Test func leavesOpenWhetherToReadOnOnlyWhereTheEndIsKnown() {
    let target = "GET /.. HTTP/1.1"
    #expect(HTTPTests.outcome(lines: target) == .refused(.missingHost))
    #expect(HTTPTests.outcome(lines: target, "Host: a b") == .refused(.invalidHost))
    #expect(HTTPTests.outcome(lines: target, "Host: a", "Content-Length: x") == .refused(.invalidContentLength))
    #expect(HTTPTests.outcome(lines: target, "Host: a", "Expect: x") == .noted(.parentSegment, 40))
  }

  @Test func aRefusedTargetHasNoPathAndHidesItsQuery() throws {
    let request = try request("/a%20/..?secret")
    #expect(request.path.isEmpty && request.query == nil)
    #expect(text(request.rawPath) == "/a%20/..")
  }

  @Test(arguments: ["/%", "/%4", "/%zz", "/%4g", "/?%", "/?%4", "/?%zz", "/a%", "/%%20", "/%?a"])
  func refusesMalformedEscapes(target: String) {
    #expect(refusal(target) == .invalidTarget)
  }

  @Test(arguments: ["/%00", "/a%00.html", "/%0d%0a", "/%7F", "/?%00", "/?a=%00b"])
  func refusesEscapedControls(target: String) {
    #expect(refusal(target) == .escapedControl)
  }

  @Test(arguments: [
    "/..", "/../", "/a/..", "/a/../b", "/%2e%2e", "/%2E./a", "/.%2e?a", "/a%2F..", "/..%2Fa", "http://a/..", "/../%20",
  ])
  func refusesParentSegments(target: String) {
    #expect(refusal(target) == .parentSegment)
  }

  @Test(arguments: ["verbose", "verbose=1", "a=b&verbose", "verbose&a", "a&&verbose=", "%76erbose"])
  func findsAQueryItem(query: String) throws {
    #expect(try request("/?\(query)").hasQueryItem("verbose"))
  }

  @Test(arguments: ["/", "/?", "/?verbos", "/?verbosely", "/?a=verbose", "/?Verbose"])
  func missesAQueryItemThatIsNotThere(target: String) throws {
    let request = try request(target)
    #expect(!request.hasQueryItem("verbose"))
  }

  @Test(arguments: [
    ("a=b", "b"), ("a=b+c%20d%2Bx", "b c d+x"), ("a", ""), ("a=", ""), ("b=1&a=2&a=3", "2"), ("a=x=y", "x=y"),
    ("a=%C3%A9", "é"), ("a=%FF", "\u{FFFD}"),
  ])
  func decodesTheValueOfAQueryItem(query: String, value: String) throws {
    let item = try request("/?\(query)").queryItems.first { $0.name == Array("a".utf8) }
    #expect(item.map { String(decoding: $0.value, as: UTF8.self) } == value)
  }
}
