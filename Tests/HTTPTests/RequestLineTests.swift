import HTTP
import Testing

@Suite struct RequestLineTests {
  @Test func readsMethodTargetAndVersion() throws {
    let request = try request("GET /healthz?verbose HTTP/1.1", "Host: localhost:8080")
    #expect(request.method == .get)
    #expect(request.version == .http11)
    #expect(text(request.path) == "/healthz")
    #expect(request.query.map(text) == "verbose")
    #expect(text(request.bytes).hasPrefix("GET /healthz?verbose HTTP/1.1\r\nHost"))
  }

  @Test(arguments: Method.allCases.dropLast())
  func knowsEveryMethodByItsName(method: Method) throws {
    let target = method == .connect ? "a:1" : "/"
    #expect(try request("\(method.name) \(target) HTTP/1.1", "Host: a").method == method)
  }

  @Test(arguments: ["get", "GEt", "FOOBAR", "PRI", "M-SEARCH", "G", "GETS", "PU+", "!#$%&'*+-.^_`|~09azAZ", "other"])
  func takesAnUnknownTokenAsOtherMethod(method: String) throws {
    #expect(try request("\(method) / HTTP/1.1", "Host: a").method == .other)
  }

  @Test func allowsMethodsOf32BytesAndNoMore() {
    let method = String(repeating: "M", count: 32)
    #expect(outcome("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n") == .head(56))
    #expect(outcome("M\(method) / HTTP/1.1\r\nHost: a\r\n\r\n") == .refused(.malformedMethod))
  }

  @Test(arguments: [
    ("1.0", Version.http10), ("1.1", .http11), ("1.2", .http11), ("1.9", .http11),
  ])
  func readsTheVersion(text: String, version: Version) throws {
    #expect(try request("GET / HTTP/\(text)", "Host: a").version == version)
  }

  @Test(arguments: ["HTTP/2.0", "HTTP/2", "HTTP/3.0", "HTTP/3", "HTTP/9.9"])
  func refusesHigherVersionsWith505(version: String) {
    #expect(outcome("GET / \(version)\r\n") == .refused(.unsupportedVersion))
    #expect(RequestError.unsupportedVersion.status == .httpVersionNotSupported)
  }

  @Test func refusesTheHTTP2PrefaceWith505() {
    #expect(outcome("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == .refused(.unsupportedVersion))
  }

  @Test(arguments: [
    "HTTP/0.9", "HTTP/1", "HTTP/1.", "HTTP/1.x", "HTTP/1.10", "HTTP/11.1", "HTTP/01.01", "HTTP/ 1.1", "HTTP/1.1 ",
    "http/1.1", "HTP/1.1", "HTTP/2.", "HTTP/20.0", "HTTP/2x", "HTTP/a.b", "HTTP/1,1", "ICE/1.0", "",
  ])
  func refusesAMalformedVersion(version: String) {
    #expect(outcome("GET / \(version)\r\nHost: a\r\n\r\n") == .refused(.malformedVersion))
  }

  @Test(arguments: [
    ("GET /\r\n", RequestError.malformedRequestLine),
    ("GET  / HTTP/1.1\r\n", .malformedRequestLine),
    ("GET /  HTTP/1.1\r\n", .malformedVersion),
    ("GET /a b HTTP/1.1\r\n", .malformedVersion),
    ("GET HTTP/1.1\r\n", .malformedRequestLine),
    (" GET / HTTP/1.1\r\n", .malformedMethod),
    ("GET\t/ HTTP/1.1\r\n", .malformedMethod),
    ("GE(T / HTTP/1.1\r\n", .malformedMethod),
    ("\u{16}\u{3}\u{1}", .tlsHandshake),
    ("GET / HTTP/1.1\n", .bareLineFeed),
    ("GET /\n", .bareLineFeed),
    ("GET\n", .bareLineFeed),
    ("\nGET / HTTP/1.1\r\n", .bareLineFeed),
    ("GET / HTTP/1.1\rHost: a\r\n", .bareCarriageReturn),
    ("\rGET / HTTP/1.1\r\n", .bareCarriageReturn),
  ])
  func refusesAMalformedRequestLineAtOnce(input: String, error: RequestError) {
    #expect(outcome(input) == .refused(error))
    #expect(error.status == .badRequest)
  }

  @Test func skipsUpToTwoEmptyLines() {
    let rest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(outcome("\r\n" + rest) == .head(29))
    #expect(outcome("\r\n\r\n" + rest) == .head(31))
    #expect(outcome("\r\n\r\n\r\n" + rest) == .refused(.tooManyEmptyLines))
  }

  @Test func countsOnlyTheHead() {
    #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n") == .head(27))
  }
}
