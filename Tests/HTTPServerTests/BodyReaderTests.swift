import HTTP
import Testing

@testable import HTTPServer

@Suite struct BodyReaderTests {
  private enum Outcome: Equatable {
    /// The body, and how many bytes of the input it took.
    case body(String, taken: Int)
    case incomplete(received: Int)
    case refused(RequestError)
  }

  /// What comes of `input` when it arrives in pieces of `size` bytes.
  private static func read(
    _ input: String, _ framing: BodyFraming, size: Int = .max, collects: Bool = true, bodyMax: Int = 1000
  ) throws -> Outcome {
    let bytes = [UInt8](input.utf8)
    var reader = try #require(BodyReader(framing, limits: .init(bodyMax: bodyMax)))
    var content: [UInt8]? = collects ? [] : nil
    var taken = 0
    do throws(RequestError) {
      while taken < bytes.count, !reader.isComplete {
        var position = 0
        let piece = Array(bytes[taken..<min(taken + min(size, bytes.count), bytes.count)])
        try reader.read(piece.span, at: &position, into: &content)
        taken += position
      }
    } catch { return .refused(error) }
    guard reader.isComplete else { return .incomplete(received: reader.received) }
    #expect(content.map { $0.count == reader.received } ?? true)
    return .body(content.map { String(decoding: $0, as: UTF8.self) } ?? "", taken: taken)
  }

  @Test func thereIsNoneWithoutABody() {
    #expect(BodyReader(.none, limits: .init()) == nil)
  }

  @Test(arguments: [1, 2, 3, 5, 8, 100])
  func takesExactlyTheLengthHoweverItIsCut(size: Int) throws {
    #expect(try Self.read("hello, worldGET / HTTP/1.1", .length(12), size: size) == .body("hello, world", taken: 12))
    #expect(try Self.read("hello", .length(12), size: size) == .incomplete(received: 5))
  }

  @Test(arguments: [1, 2, 3, 5, 8, 100])
  func takesChunksHoweverTheyAreCut(size: Int) throws {
    let body = "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nX: y\r\n\r\n"
    #expect(try Self.read(body + "GET /", .chunked, size: size) == .body("hello, world", taken: body.utf8.count))
    #expect(try Self.read("0\r\n\r\nGET /", .chunked, size: size) == .body("", taken: 5))
    #expect(try Self.read("5\r\nhel", .chunked, size: size) == .incomplete(received: 3))
  }

  @Test func countsButDoesNotKeepABodyThatNobodyWants() throws {
    #expect(try Self.read("hello", .length(5), collects: false) == .body("", taken: 5))
    #expect(try Self.read("5\r\nhello\r\n0\r\n\r\n", .chunked, collects: false) == .body("", taken: 15))
  }

  @Test(arguments: [true, false])
  func refusesChunksAboveTheLimit(collects: Bool) throws {
    let body = "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
    #expect(try Self.read(body, .chunked, collects: collects, bodyMax: 5) == .refused(.contentTooLarge))
    #expect(
      try Self.read(body, .chunked, collects: collects, bodyMax: 6) == .body(collects ? "abcdef" : "", taken: 21))
    #expect(try Self.read("ffffffffffffffff\r\n", .chunked, collects: collects) != .incomplete(received: 0))
  }

  @Test func refusesMalformedChunks() throws {
    #expect(try Self.read("x\r\n", .chunked) == .refused(.invalidChunkSize))
    #expect(try Self.read("1\r\nab", .chunked) == .refused(.malformedChunkEnd))
  }
}
