import HTTP
import Testing

@Suite struct ChunkedDecoderTests {
  /// The outcome of a body that arrives in pieces: its data, and how many bytes it took, or the refusal.
  private enum Body: Equatable {
    case complete(data: String, count: Int)
    case incomplete(data: String)
    case refused(RequestError)
  }

  private func decode(_ pieces: [ArraySlice<UInt8>], limits: RequestParser.Limits = .init()) -> Body {
    var decoder = ChunkedDecoder(limits: limits)
    var data: [UInt8] = []
    var count = 0
    for piece in pieces {
      let input = Array(piece)
      var position = 0
      do throws(RequestError) {
        while let range = try decoder.next(in: input.span, at: &position) {
          #expect(!range.isEmpty)
          data += input[range]
        }
      } catch {
        return .refused(error)
      }
      count += position
    }
    return decoder.isComplete ? .complete(data: text(data), count: count) : .incomplete(data: text(data))
  }

  /// Whole, byte by byte and at every cut.
  private func expect(_ input: String, _ expected: Body, limits: RequestParser.Limits = .init()) {
    let input = bytes(input)
    #expect(decode([input[...]], limits: limits) == expected)
    #expect(decode(input.indices.map { input[$0...$0] }, limits: limits) == expected)
    for cut in input.indices {
      #expect(decode([input[..<cut], input[cut...]], limits: limits) == expected, "cut at \(cut)")
    }
  }

  @Test(arguments: [
    ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"),
    ("5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n", "hello world"),
    ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("0000000000000001\r\n\n\r\n0\r\n\r\n", "\n"),
    ("5;a;b=c;d=\"e\\\";\t f\"\r\nhello\r\n0;x\r\n\r\n", "hello"), ("1 ; a = b ; c\r\nx\r\n0\r\n\r\n", "x"),
    ("1\r\nx\r\n0\r\nX-Checksum: abc\r\nVary:*\r\n\r\n", "x"), ("0\r\nContent-Lengths: 5\r\nHosts:\r\n\r\n", ""),
  ])
  func takesChunksApart(input: String, data: String) {
    expect(input, .complete(data: data, count: input.utf8.count))
  }

  @Test func stopsBehindTheBody() {
    #expect(decode([bytes("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n")[...]]) == .complete(data: "x", count: 11))
  }

  @Test func isIncompleteUntilTheLastByte() {
    let input = bytes("5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n")
    for count in input.indices {
      guard case .incomplete = decode([input[..<count]]) else {
        Issue.record("cut at \(count)")
        continue
      }
    }
  }

  @Test(arguments: [
    "0x5\r\n", "+5\r\n", "-1\r\n", "5_0\r\n", "\r\n", ";a\r\n", " 5\r\n", "g\r\n", "00000000000000001\r\n",
    "FFFFFFFFFFFFFFFF0\r\n", "FFFFFFFFFFFFFFFF\r\n", "8000000000000000\r\n",
  ])
  func refusesAMalformedSize(input: String) {
    expect(input, .refused(.invalidChunkSize))
  }

  @Test(arguments: [
    "5 \r\n", "5\t\r\n", "5;\r\n", "5; \r\n", "5;a \r\n", "5;a;\r\n", "5;a=\r\n", "5;a=b \r\n", "5;=b\r\n",
    "5;b[d=x\r\n",
    "5;\0a\r\n", "5;a=\"b\r\n", "5;a=\"b\\\r\n", "5;a=\"b\"c\r\n", "5;a=\"\u{1}\"\r\n", "5;a b\r\n", "5 x\r\n",
    "5;a=b=c\r\n",
  ])
  func refusesAMalformedExtension(input: String) {
    expect(input, .refused(.invalidChunkExtension))
  }

  @Test(arguments: [
    ("5\nhello", RequestError.bareLineFeed), ("5;\nhello", .bareLineFeed), ("5;a\nhello", .bareLineFeed),
    ("5;a=\"\n\"\r\n", .bareLineFeed), ("5\rhello", .bareCarriageReturn), ("5;a\rX\r\nhello", .bareCarriageReturn),
    ("5\r\r\n", .bareCarriageReturn), ("5\r\nhello\n0\r\n", .bareLineFeed), ("5\r\nhello\rX", .bareCarriageReturn),
    ("5\r\nhello0\r\n", .malformedChunkEnd), ("5\r\nhello!!\r\n", .malformedChunkEnd), ("0\r\n\n", .bareLineFeed),
    ("0\r\n\rX", .bareCarriageReturn), ("0\r\nX: y\n\r\n", .bareLineFeed), ("0\r\nX: y\rZ", .bareCarriageReturn),
    ("0\r\nX: \0\r\n", .invalidFieldValue), ("0\r\nX : y\r\n", .spaceAfterFieldName), ("0\r\nX\r\n", .missingColon),
    ("0\r\n: y\r\n", .invalidFieldName), ("0\r\nX: y\r\n z\r\n", .foldedLine), ("0\r\nX@: y\r\n", .invalidFieldName),
    ("0\r\nContent-Length: 50\r\n", .forbiddenTrailer), ("0\r\nA: b\r\nHOST: c\r\n", .forbiddenTrailer),
    ("0\r\ntransfer-encoding: chunked\r\n", .forbiddenTrailer),
  ])
  func refusesAMalformedBody(input: String, error: RequestError) {
    expect(input, .refused(error))
    #expect(error.status == .badRequest)
  }

  @Test func takesABodyOfExactlyTheLimit() {
    let input = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    expect(input, .complete(data: "abcde", count: 20), limits: .init(bodyMax: 5))
    expect(input, .refused(.contentTooLarge), limits: .init(bodyMax: 4))
    expect("7FFFFFFFFFFFFFFF\r\n", .refused(.contentTooLarge))
  }

  @Test func takes4096BytesOfExtensionsInAllAndNoMore() {
    let half = ";" + String(repeating: "a", count: 2047)
    let input = "1\(half)\r\nx\r\n0\(half)"
    #expect(decode([bytes(input + "\r\n\r\n")[...]]) == .complete(data: "x", count: input.utf8.count + 4))
    #expect(decode([bytes(input + "a\r\n\r\n")[...]]) == .refused(.chunkExtensionsTooLarge))
    #expect(RequestError.chunkExtensionsTooLarge.status == .badRequest)
  }

  @Test func takesATrailerSectionOfExactlyTheLimits() {
    let input = "0\r\nA: b\r\nC: d\r\n\r\n"
    expect(input, .complete(data: "", count: 17), limits: .init(headerMax: 12, headerFieldsMax: 2))
    expect(input, .refused(.trailersTooLarge), limits: .init(headerMax: 11, headerFieldsMax: 2))
    expect(input, .refused(.trailersTooLarge), limits: .init(headerMax: 12, headerFieldsMax: 1))
    #expect(RequestError.trailersTooLarge.status == .requestHeaderFieldsTooLarge)
  }
}
