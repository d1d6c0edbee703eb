import HTTP
import Testing

@Suite struct NegotiationTests {
  private static let metrics = [
    MediaType("text", "plain", parameters: [("version", "0.0.4")]),
    MediaType("application", "openmetrics-text", parameters: [("version", "1.0.0")]),
  ]
  private static let page = [MediaType("text", "plain"), MediaType("text", "html"), MediaType("application", "json")]

  private static let browser =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
  private static let prometheus2 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
  private static let prometheus3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;"
    + "q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

  @Test func servesEachClientItsMetrics() {
    let offers = Self.metrics
    #expect(ContentNegotiation.choose(accept: slices(Self.prometheus2), among: offers) == 1)
    #expect(ContentNegotiation.choose(accept: slices(Self.prometheus3), among: offers) == 1)
    #expect(ContentNegotiation.choose(accept: slices(Self.browser), among: offers) == 0)
    #expect(ContentNegotiation.choose(accept: slices("*/*"), among: offers) == 0)
    #expect(
      ContentNegotiation.choose(accept: slices("application/openmetrics-text;version=0.0.1"), among: offers) == nil)
    #expect(ContentNegotiation.choose(accept: slices("text/plain;version=0.0.4;charset=utf-8"), among: offers) == 0)
  }

  @Test func servesEachClientItsPage() {
    #expect(ContentNegotiation.choose(accept: slices(Self.browser), among: Self.page) == 1)
    #expect(ContentNegotiation.choose(accept: slices("*/*"), among: Self.page) == 0)
    #expect(ContentNegotiation.choose(accept: slices("application/json"), among: Self.page) == 2)
  }

  @Test func takesTheFirstWhereNothingIsAsked() {
    #expect(ContentNegotiation.choose(accept: [], among: Self.page) == 0)
    #expect(ContentNegotiation.choose(accept: slices(""), among: Self.page) == 0)
    #expect(ContentNegotiation.choose(accept: slices(" , ,"), among: Self.page) == 0)
  }

  @Test(
    arguments: [
      ("text/html;q=0.5, application/json;q=0.9", 2), ("TEXT/HTML", 1), ("text/*;q=0.5, text/html", 1),
      ("*/*, text/plain;q=0", 1), ("text/*;q=0, */*;q=0.1", 2), ("*/*;q=0", nil), ("image/png", nil),
      ("text/html;q=0", nil), ("text/html;q=0.001", 1), ("text/html;q=0.000", nil), ("text/html;level=1, */*;q=0.5", 1),
      ("application/json;q=1.000, text/html;q=0.999", 2), ("text/html;a=\"b,c;q=0\", text/plain;q=0.1", 1),
      ("text/html ; q=0.2 , application/json ; Q=0.3", 2), ("text/html;q=0.5;x=y", 1),
      // Malformed members are ignored.
      ("text/html;q=1.1, application/json;q=0.1", 2), ("text/html;q=x, application/json", 2),
      ("text/html;q=0.1234, application/json", 2), ("*/html, application/json", 2), ("text, application/json", 2),
      ("text/html/x, application/json", 2), ("te xt/html, application/json", 2), ("text/html;q=, application/json", 2),
      ("nonsense", 0),
    ] as [(String, Int?)])
  func weighsRanges(accept: String, choice: Int?) {
    #expect(ContentNegotiation.choose(accept: slices(accept), among: Self.page) == choice)
  }

  @Test func takesSeveralLinesAsOneList() {
    let accept = slices("text/html;q=0.5", "application/json;q=0.9", "text/plain;q=0.1")
    #expect(ContentNegotiation.choose(accept: accept, among: Self.page) == 2)
  }
}

@Suite struct ETagTests {
  @Test(arguments: [
    ("\"abc\"", true), ("W/\"abc\"", true), ("\"x\", \"abc\"", true), ("\"x\",W/\"abc\" ,\"y\"", true), ("*", true),
    (", \"abc\"", true), ("\"a,b\", \"abc\"", true), ("\"ab\"", false), ("abc", false), ("\"abc", false), ("", false),
    ("\"abc\"x", false), ("w/\"abc\"", false), ("\"*\"", false), ("\"x, abc\"", false), ("x, \"abc\"", false),
  ])
  func comparesWeaklyForIfNoneMatch(value: String, matches: Bool) {
    #expect(ETag.matches(slices(value), etag: bytes("\"abc\""), weak: true) == matches)
    #expect(ETag.matches(slices(value), etag: bytes("W/\"abc\""), weak: true) == matches)
    #expect(ETag.matches(slices("\"q\"", value), etag: bytes("\"abc\""), weak: true) == matches)
  }

  @Test(arguments: [
    ("\"abc\"", true), ("W/\"abc\"", false), ("W/\"abc\", \"abc\"", true), ("*", true), ("\"x\"", false),
  ])
  func comparesStronglyForIfMatch(value: String, matches: Bool) {
    #expect(ETag.matches(slices(value), etag: bytes("\"abc\""), weak: false) == matches)
    #expect(ETag.matches(slices(value), etag: bytes("W/\"abc\""), weak: false) == (value == "*"))
  }

  @Test func matchesNothingWithoutAField() {
    #expect(!ETag.matches([], etag: bytes("\"abc\""), weak: true))
  }
}

@Suite struct ProblemTests {
  @Test(arguments: [[], ["*/*"], ["application/json"], ["text/html", "application/problem+json;q=0.1"]])
  func isJSONWhereThatIsAdmitted(accept: [String]) {
    let response = Problem.response(.notFound, detail: "No such page.", accept: accept.map { bytes($0)[...] })
    #expect(response.status == .notFound)
    #expect(
      text(response.body)
        == "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"No such page.\"}\n")
    #expect(text(response.fields.bytes) == "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n")
  }

  @Test(arguments: ["text/plain", "text/html, image/*", "*/*, application/*;q=0"])
  func isALineOfTextOtherwise(accept: String) {
    let response = Problem.response(.badRequest, detail: "Not\nso.", accept: slices(accept))
    #expect(text(response.body) == "400 Bad Request: Not so.\n")
    #expect(text(response.fields.bytes) == "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n")
  }

  @Test func escapesTheDetail() {
    let response = Problem.response(.badRequest, detail: "\"a\\b\"\n\u{1F}é", accept: [])
    #expect(text(response.body).contains("\"detail\":\"\\\"a\\\\b\\\"\\u000a\\u001fé\"}"))
  }
}
