import HTTP
import Testing

@Suite struct ResponseTests {
  private func encode(
    _ response: Response, omitBody: Bool = false, persistence: ResponseEncoder.Persistence = .implied,
    common: ResponseFields = [:], requestID: FieldValue = "id-1"
  ) -> String {
    var output = OutputBuffer()
    ResponseEncoder.appendContinue(to: &output)
    var fields: ResponseFields = [:]
    fields.addDate(784_111_777)
    fields.add(common)
    ResponseEncoder.append(
      response, omitBody: omitBody, persistence: persistence, commonFields: fields, requestID: requestID, to: &output)
    return text(output.bytes())
  }

  @Test func rendersEverythingInOrder() {
    let response = Response(.ok, contentType: "text/plain", body: bytes("hello, world")).adding(
      .cacheControl, "no-store")
    let output = encode(
      response, persistence: .close, common: ["X-Served-By": "a", "X-Version": "1"])
    #expect(
      output == """
        HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r
        Date: Sun, 06 Nov 1994 08:49:37 GMT\r
        X-Served-By: a\r
        X-Version: 1\r
        X-Request-Id: id-1\r
        Connection: close\r
        Content-Type: text/plain\r
        Cache-Control: no-store\r
        Content-Length: 12\r
        \r
        hello, world
        """)
  }

  @Test func saysNothingOfWhatIsNotThere() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    #expect(
      encode(Response(.ok))
        == "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\(date)X-Request-Id: id-1\r\nContent-Length: 0\r\n\r\n")
  }

  @Test func saysHowTheConnectionGoesOn() {
    #expect(!encode(Response(.ok), persistence: .implied).contains("Connection"))
    #expect(encode(Response(.ok), persistence: .keepAlive).contains("\r\nConnection: keep-alive\r\n"))
    #expect(encode(Response(.ok), persistence: .close).contains("\r\nConnection: close\r\n"))
  }

  @Test func givesHeadTheLengthOfGetAndNoBody() {
    let response = Response(.notFound, body: [UInt8](repeating: 0x61, count: 1_234_567))
    let output = encode(response, omitBody: true)
    #expect(output.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n"))
    #expect(output.hasSuffix("\r\nContent-Length: 1234567\r\n\r\n"))
  }

  @Test(arguments: [Status.continue, .noContent, .notModified])
  func givesNoLengthAndNoBodyWhereNoneIsAllowed(status: Status) {
    var response = Response(status, body: bytes("never sent"))
    response.etag = "\"a\""
    let output = encode(response)
    #expect(!output.contains("Content-Length"))
    #expect(output.hasSuffix("ETag: \"a\"\r\n\r\n"))
  }

  @Test func fieldLinesParseBack() throws {
    var response = Response(.ok, contentType: "text/html; charset=utf-8")
    response.add(.vary, "Accept, Accept-Encoding")
    response.add(.location, try #require(FieldValue("/é?" as String)))
    var request = Request()
    let input = bytes("GET / HTTP/1.0\r\n") + response.fields.bytes + bytes("\r\n")
    #expect(try RequestParser(limits: .init()).parse(input.span, into: &request) == input.count)
    #expect(
      request.fields.lines.map { text(request.bytes[$0.name]) + "=" + text(request.bytes[$0.value]) } == [
        "Content-Type=text/html; charset=utf-8", "Vary=Accept, Accept-Encoding", "Location=/é?",
      ])
  }

  @Test func refusesToSplitAResponse() {
    for byte in UInt8.min...UInt8.max {
      let isControl = (byte < 0x20 && byte != 0x09) || byte == 0x7F
      #expect((FieldValue(bytes: [0x61, byte, 0x61]) == nil) == isControl, "byte \(byte)")
    }
    #expect(FieldValue("a\r\nSet-Cookie: b" as String) == nil)
    #expect(FieldValue("" as String) != nil)
  }

  @Test(
    arguments: [
      (0, "0000000000000000"), (0x0123_4567_89ab_cdef, "0123456789abcdef"), (.max, "ffffffffffffffff"),
      (0xfedc_ba98_7654_3210, "fedcba9876543210"),
    ] as [(UInt64, String)])
  func aValueBecomesHexDigitsWhateverItWas(number: UInt64, digits: String) throws {
    for before in ["", "short", "0123456789abcdef", "a-client's-own-and-longer-one"] {
      var value = try #require(FieldValue(before as String))
      value.write(hexadecimal: number)
      #expect(String(decoding: value.bytes, as: UTF8.self) == digits)
    }
  }

  @Test(arguments: [" a", "a ", "\ta", "a\t", " "])
  func refusesAValueThatAReaderWouldTrim(value: String) {
    #expect(FieldValue(value) == nil)
  }

  @Test(arguments: [
    "Content-Length", "content-length", "TRANSFER-ENCODING", "Connection", "Date", "", "A B", "A:", "A\r\nB", "é",
  ])
  func refusesANameThatIsTheEncodersOrNoToken(name: String) {
    #expect(ResponseFieldName(name) == nil)
    #expect(ResponseFieldName("X-Content-Length" as String) != nil)
  }

  @Test func knowsItsStatusesInOrder() {
    let codes = Status.known.map(\.code)
    #expect(codes == codes.sorted() && Set(codes).count == codes.count)
    #expect(Status.known.allSatisfy { $0.reason.utf8CodeUnitCount > 0 })
    #expect(Status(code: 599).reason.utf8CodeUnitCount == 0)
    #expect(encode(Response(Status(code: 299))).hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 \r\n"))
  }
}
