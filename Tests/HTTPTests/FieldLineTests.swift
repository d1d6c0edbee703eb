import HTTP
import Testing

@Suite struct FieldLineTests {
  @Test func keepsLinesInOrderWithDuplicates() throws {
    let request = try request("GET / HTTP/1.1", "host: a", "X-One: 1", "Accept: text/html", "x-one:2", "ACCEPT: */*")
    #expect(
      request.fields.lines.map { text(request.bytes[$0.name]) } == ["host", "X-One", "Accept", "x-one", "ACCEPT"])
    #expect(request.fields.lines.map(\.known) == [.host, .other, .accept, .other, .accept])
    #expect(request.values(of: .accept).map(text) == ["text/html", "*/*"])
    #expect(request.value(of: .accept).map(text) == "text/html")
    #expect(request.value(of: .range) == nil)
  }

  @Test func trimsSpacesAndTabsAroundValues() throws {
    let request = try request("GET / HTTP/1.1", "Host:a", "Accept:\t  a b\tc \t ", "User-Agent:", "Range: \t")
    #expect(request.string(of: .accept) == "a b\tc")
    #expect(request.string(of: .userAgent) == "")
    #expect(request.string(of: .range) == "")
  }

  @Test(arguments: [
    ("Host", FieldName.host), ("content-length", .contentLength), ("CONNECTION", .connection), ("Expect", .expect),
    ("accept", .accept), ("Accept-Encoding", .acceptEncoding), ("If-None-Match", .ifNoneMatch), ("If-Match", .ifMatch),
    ("Range", .range), ("Authorization", .authorization), ("Content-Type", .contentType), ("User-Agent", .userAgent),
    ("X-Forwarded-For", .forwardedFor), ("X-Request-ID", .requestID), ("traceparent", .traceparent),
    ("Trailer", .trailer), ("Upgrade", .upgrade), ("Content_Length", .other), ("Hos", .other), ("Hosts", .other),
    ("X-Forwarded-Fo~", .other),
  ])
  func knowsNamesInAnyCase(name: String, known: FieldName) throws {
    let value = known == .host ? "a" : known == .contentLength ? "1" : "100-continue"
    let request = try request("GET / HTTP/1.0", "\(name): \(value)")
    #expect(request.fields.lines.first?.known == known)
  }

  @Test func namesMayHoldEveryTokenCharacterAndNoOther() {
    let allowed = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: ":") {
      let outcome = outcome(bytes("GET / HTTP/1.1\r\nHost: a\r\nX") + [byte] + bytes("X: 1\r\n\r\n"))
      #expect((outcome == .head(35)) == allowed.contains(byte), "byte \(byte)")
    }
  }

  /// A long value is read by words: what stands beside a byte changes nothing about it, nor does its place.
  @Test(arguments: [0x09, 0x20, 0x21, 0x61, 0x7E, 0x80, 0x9F, 0xA0, 0xFF] as [UInt8])
  func everyPlaceOfALongValueIsLookedAt(neighbour: UInt8) {
    let start = bytes("GET / HTTP/1.1\r\nHost: a\r\nX: 1")
    for byte in UInt8.min...UInt8.max {
      let isControl = (byte < 0x20 && byte != 0x09) || byte == 0x7F
      for place in 0..<26 {
        var value = [UInt8](repeating: neighbour, count: 26)
        value[place] = byte
        let input = start + value + bytes("1\r\n\r\n")
        #expect((outcome(input) == .head(input.count)) == !isControl, "byte \(byte) at \(place)")
      }
    }
  }

  @Test func valuesMayHoldEverythingButControls() {
    for byte in UInt8.min...UInt8.max {
      let isControl = (byte < 0x20 && byte != 0x09) || byte == 0x7F
      let outcome = outcome(bytes("GET / HTTP/1.1\r\nHost: a\r\nX: 1") + [byte] + bytes("1\r\n\r\n"))
      #expect((outcome == .head(35)) == !isControl, "byte \(byte)")
    }
  }

  @Test(arguments: [
    ("X : 1", RequestError.spaceAfterFieldName),
    ("X\t: 1", .spaceAfterFieldName),
    ("A space: 1", .spaceAfterFieldName),
    (" folded", .foldedLine),
    ("\tfolded", .foldedLine),
    (" ", .foldedLine),
    ("no colon", .spaceAfterFieldName),
    ("NoColon", .missingColon),
    (": 1", .invalidFieldName),
    ("B[d: 1", .invalidFieldName),
    ("X-T\u{EB}st: 1", .invalidFieldName),
    ("X: a\u{0}b", .invalidFieldValue),
    ("X: a\u{7F}b", .invalidFieldValue),
    ("X: a\nY: b", .bareLineFeed),
    ("X\nY: b", .bareLineFeed),
    ("\n", .bareLineFeed),
    ("X: a\rY: b", .bareCarriageReturn),
    ("X: a\r\r", .bareCarriageReturn),
    ("\rX: a", .bareCarriageReturn),
  ])
  func refusesAMalformedLineAtOnce(line: String, error: RequestError) {
    #expect(outcome("GET / HTTP/1.1\r\n\(line)\r\n") == .refused(error))
    #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n") == .refused(error))
    #expect(error.status == .badRequest)
  }

  @Test func repairsTextThatIsNotUTF8() throws {
    var request = Request()
    let input = bytes("GET / HTTP/1.0\r\nAccept: D") + [0xFC] + bytes("\r\n\r\n")
    _ = try RequestParser(limits: .init()).parse(input.span, into: &request)
    #expect(request.string(of: .accept) == "D\u{FFFD}")
  }
}
