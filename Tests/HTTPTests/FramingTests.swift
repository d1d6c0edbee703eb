import HTTP
import Testing

@Suite struct FramingTests {
  private func outcome(_ fields: String..., version: String = "1.1") -> Outcome {
    HTTPTests.outcome(head(["POST / HTTP/\(version)", "Host: a"] + fields))
  }

  @Test(arguments: [
    ("X: 1", BodyFraming.none), ("Content-Length: 0", .none), ("Content-Length: 5", .length(5)),
    ("Content-Length: \t005 ", .length(5)), ("Content-Length: 1048576", .length(1_048_576)),
    ("Transfer-Encoding: chunked", .chunked), ("Transfer-Encoding: CHUNKED \t", .chunked),
  ])
  func readsTheFraming(field: String, framing: BodyFraming) throws {
    #expect(try request("POST / HTTP/1.1", "Host: a", field).framing == framing)
  }

  @Test func refusesLengthAndEncodingTogether() {
    let (length, chunked) = ("Content-Length: 5", "Transfer-Encoding: chunked")
    #expect(outcome(length, chunked) == .refused(.lengthAndEncoding))
    #expect(outcome(chunked, length) == .refused(.lengthAndEncoding))
    #expect(outcome(chunked, length, version: "1.0") == .refused(.lengthAndEncoding))
    #expect(outcome("Transfer-Encoding: xchunked", "Content-Length: x") == .refused(.lengthAndEncoding))
  }

  @Test(arguments: ["5", "6", ""])
  func refusesASecondLength(length: String) {
    #expect(outcome("Content-Length: 5", "Content-Length: \(length)") == .refused(.duplicateContentLength))
  }

  @Test(arguments: ["", "+5", "-5", "-0", "5, 5", "5,5", "0x5", "0o5", "1_0", "1 0", "5.0", "five", "5\u{A0}", "٥"])
  func refusesALengthThatIsNotDigits(length: String) {
    #expect(outcome("Content-Length: \(length)") == .refused(.invalidContentLength))
  }

  @Test(arguments: [
    "1048577", "9223372036854775807", "9223372036854775808", "18446744073709551621",
    "99999999999999999999999999999999999999999999",
  ])
  func refusesALengthAboveTheLimitWith413(length: String) {
    #expect(outcome("Content-Length: \(length)") == .refused(.contentTooLarge))
    #expect(RequestError.contentTooLarge.status == .contentTooLarge)
  }

  @Test(arguments: [
    "", ",", "xchunked", "chunkedchunked", "identity", "gzip", "chunked, gzip", "chunked, chunked", "chunked,chunked",
    "gzip, chunked, chunked", "chunked, identity", "identity, chunked", "chunked;q=1", "chunked;", "gzip;q=1, chunked",
    ", chunked", "chunked,", "gzip,, chunked", "\"chunked\"", "chun ked", "gzip chunked", "chunked\u{A0}",
  ])
  func refusesAMalformedTransferEncoding(value: String) {
    #expect(outcome("Transfer-Encoding: \(value)") == .refused(.malformedTransferEncoding))
  }

  @Test func takesSeveralTransferEncodingLinesAsOneList() {
    let chunked = "Transfer-Encoding: chunked"
    #expect(outcome("Transfer-Encoding: gzip", chunked) == .refused(.unsupportedTransferEncoding))
    #expect(outcome(chunked, "Transfer-Encoding: gzip") == .refused(.malformedTransferEncoding))
    #expect(outcome(chunked, chunked) == .refused(.malformedTransferEncoding))
    #expect(outcome(chunked, "Transfer-Encoding:") == .refused(.malformedTransferEncoding))
  }

  @Test(arguments: ["gzip, chunked", "deflate,CHUNKED", "x-made-up , chunked", "xchunked, chunked"])
  func refusesAnUnsupportedTransferEncodingWith501(value: String) {
    #expect(outcome("Transfer-Encoding: \(value)") == .refused(.unsupportedTransferEncoding))
    #expect(RequestError.unsupportedTransferEncoding.status == .notImplemented)
  }

  @Test func refusesTransferEncodingOnHTTP10() {
    #expect(outcome("Transfer-Encoding: chunked", version: "1.0") == .refused(.encodingOnHTTP10))
  }

  @Test(arguments: [
    ("1.1", [], true), ("1.1", ["close"], false), ("1.1", ["foo, CLOSE"], false), ("1.1", ["foo", "Close"], false),
    ("1.1", ["keep-alive"], true), ("1.1", ["close, keep-alive"], false), ("1.1", ["closed"], true),
    ("1.1", ["close\t"], false), ("1.1", ["Upgrade"], true), ("1.1", [""], true), ("1.1", [",,close"], false),
    ("1.2", [], true), ("1.0", [], false), ("1.0", ["Keep-Alive"], true), ("1.0", ["foo", "x,keep-alive"], true),
    ("1.0", ["keep-alive", "close"], false), ("1.0", ["close"], false),
  ])
  func decidesOnKeepAlive(version: String, connection: [String], keepAlive: Bool) throws {
    var request = Request()
    let input = bytes(head(["GET / HTTP/\(version)", "Host: a"] + connection.map { "Connection: \($0)" }))
    _ = try RequestParser(limits: .init()).parse(input.span, into: &request)
    #expect(request.keepAlive == keepAlive)
  }

  @Test func expectsContinueOnHTTP11WithABody() throws {
    let fields = ["Host: a", "Expect: 100-Continue", "Content-Length: 5"]
    #expect(try request("POST / HTTP/1.1", fields[0], fields[1], fields[2]).expectsContinue)
    #expect(try request("POST / HTTP/1.1", fields[0], fields[1], "Transfer-Encoding: chunked").expectsContinue)
    #expect(try !request("POST / HTTP/1.0", fields[0], fields[1], fields[2]).expectsContinue)
    #expect(try !request("POST / HTTP/1.1", fields[0], fields[1]).expectsContinue)
    #expect(try !request("POST / HTTP/1.1", fields[0], fields[2]).expectsContinue)
  }

  @Test(arguments: ["200-ok", "100-continue, x", "100-continue;a", ""])
  func refusesAnotherExpectationWith417(value: String) throws {
    #expect(try request("POST / HTTP/1.1", "Host: a", "Expect: \(value)").refusal == .expectationFailed)
    #expect(
      try request("POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Expect: \(value)").refusal
        == .expectationFailed)
    #expect(try request("POST / HTTP/1.0", "Host: a", "Expect: \(value)").refusal == nil)
    #expect(RequestError.expectationFailed.status == .expectationFailed)
  }

  /// Who expects what nobody knows may hold the body back too.
  @Test func mayHoldItsBodyBackForAnotherExpectation() throws {
    let length = "Content-Length: 5"
    #expect(try request("POST / HTTP/1.1", "Host: a", "Expect: x, 100-Continue", length).expectsContinue)
    #expect(try request("POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Expect: x", length).expectsContinue)
    #expect(try request("POST / HTTP/1.1", "Host: a", "Expect: x", length).expectsContinue)
    #expect(try !request("POST / HTTP/1.1", "Host: a", "Expect: x").expectsContinue)
    #expect(try !request("POST / HTTP/1.0", "Host: a", "Expect: x", length).expectsContinue)
  }

  @Test func leavesNothingOfTheRequestBefore() throws {
    let parser = RequestParser(limits: .init())
    var request = Request()
    let first = bytes(head(["POST /a?b HTTP/1.1", "Host: a", "Expect: 100-continue, x", "Content-Length: 5"]))
    _ = try parser.parse(first.span, into: &request)
    request.body = bytes("hello")
    let second = bytes("GET /c HTTP/1.0\r\n\r\n")
    _ = try parser.parse(second.span, into: &request)
    #expect(request.bytes == second)
    #expect(request.framing == .none && !request.expectsContinue && !request.keepAlive && request.refusal == nil)
    #expect(request.fields.lines.isEmpty && request.body.isEmpty && request.query == nil)
  }

  /// A head that is the one before is not parsed again: what comes before, in and behind it still counts.
  @Test func knowsTheHeadBeforeAgain() throws {
    let parser = RequestParser(limits: .init())
    let first = head(["POST /%61?b HTTP/1.1", "Host: abc", "Content-Length: 5"])
    var request = Request()
    for input in [first, first + "helloGET", "\r\n" + first, first] {
      let count = try parser.parse(bytes(input).span, into: &request)
      #expect(count == first.utf8.count + (input.hasPrefix("\r\n") ? 2 : 0))
      #expect(request.method == .post && text(request.path) == "/a" && request.query.map { text($0) } == "b")
      #expect(request.framing == .length(5) && request.body.isEmpty)
      request.body = bytes("hello")
    }
    #expect(
      try parser.parse(bytes(first.replacing("5", with: "6")).span, into: &request) == first.utf8.count)
    #expect(request.framing == .length(6))
    #expect(try parser.parse(bytes(first).span, into: &request) == first.utf8.count)
    #expect(try parser.parse(bytes(String(first.dropLast())).span, into: &request) == nil)
    #expect(throws: RequestError.missingHost) {
      try parser.parse(bytes(first.replacing("Host", with: "Most")).span, into: &request)
    }
    #expect(try parser.parse(bytes(first).span, into: &request) == first.utf8.count)
    #expect(text(request.path) == "/a")
  }

  /// The head before is compared by words: each of its bytes counts, whatever is left over at the end.
  @Test(arguments: 0..<17) func tellsTwoHeadsApartByAnyByte(extra: Int) throws {
    let parser = RequestParser(limits: .init())
    let first = bytes(head(["GET /" + String(repeating: "a", count: extra) + " HTTP/1.1", "Host: b"]))
    for place in first.indices {
      var request = Request()
      #expect(try parser.parse(first.span, into: &request) == first.count)
      var other = first
      other[place] ^= 1
      // Taken for the head before, it would be a whole head with that one's bytes.
      let count = try? parser.parse((other + [0]).span, into: &request)
      #expect(count == nil || request.bytes.starts(with: other[..<first.count].prefix(count ?? 0)))
      #expect(!request.bytes.starts(with: first))
    }
  }
}
