import HTTP
import Testing

@Suite struct LimitTests {
  @Test func takesARequestLineOfExactlyTheLimit() {
    for version in ["1.1", "1.0"] {
      let line = "GET /aaaaaaaa HTTP/\(version)"
      let input = bytes("\r\n\(line)\r\nHost: a\r\n\r\n")
      #expect(outcome(input, limits: .init(requestLineMax: line.utf8.count)) == .head(input.count))
      #expect(outcome(input, limits: .init(requestLineMax: line.utf8.count - 1)) == .refused(.requestLineTooLong))
    }
    #expect(RequestError.requestLineTooLong.status == .uriTooLong)
  }

  @Test func refusesARequestLineOnceTheLimitIsReached() {
    let input = bytes("GET /" + String(repeating: "a", count: 8187))
    #expect(outcome(input) == .refused(.requestLineTooLong))
    #expect(outcome(input.dropLast()) == .incomplete)
  }

  @Test func takesAHeaderSectionOfExactlyTheLimit() {
    let fields = "Host: a\r\nAccept: */*\r\n"
    let input = bytes("GET / HTTP/1.1\r\n\(fields)\r\n")
    #expect(outcome(input, limits: .init(headerMax: fields.utf8.count)) == .head(input.count))
    #expect(outcome(input, limits: .init(headerMax: fields.utf8.count - 1)) == .refused(.headTooLarge))
    #expect(RequestError.headTooLarge.status == .requestHeaderFieldsTooLarge)
  }

  @Test func refusesALongNameOrValueOnceTheLimitIsReached() {
    let filler = String(repeating: "a", count: 16381)
    #expect(outcome("GET / HTTP/1.1\r\nA: \(filler)") == .refused(.headTooLarge))
    #expect(outcome("GET / HTTP/1.1\r\nA:\(filler)") == .incomplete)
    #expect(outcome("GET / HTTP/1.1\r\naaa\(filler)") == .refused(.headTooLarge))
  }

  @Test func takes100FieldsAndNoMore() {
    let fields = "Host: a\r\n" + String(repeating: "A: b\r\n", count: 99)
    let input = "GET / HTTP/1.1\r\n\(fields)"
    #expect(outcome(input + "\r\n") == .head(input.utf8.count + 2))
    #expect(outcome(input) == .incomplete)
    #expect(outcome(input + "A") == .refused(.tooManyFields))
    #expect(RequestError.tooManyFields.status == .requestHeaderFieldsTooLarge)
  }

  @Test func everyRefusalHasAnErrorStatusAndASentence() {
    for error in RequestError.allCases {
      #expect((400...505).contains(error.status.code))
      #expect(Status.known.contains(error.status))
      #expect(error.detail.hasSuffix("."))
    }
    #expect(Set(RequestError.allCases.map(\.detail)).count == RequestError.allCases.count)
  }
}
