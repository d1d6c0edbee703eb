import HTTP
import Testing

@testable import HTTPServer

/// How answers are cut.
@Suite struct DeliveryPlanTests {
  private static let head = "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 10\r\n\r\n"
  private static let chunkedHead = "HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n"

  private func plan(_ delivery: Delivery, _ body: String? = "0123456789", takesChunks: Bool = true) -> DeliveryPlan {
    DeliveryPlan(delivery, head: Array(Self.head.utf8), body: body.map { Array($0.utf8) }, takesChunks: takesChunks)
  }

  private func pieces(_ plan: DeliveryPlan) -> [String] {
    var pieces: [String] = []
    var offset = 0
    while offset < plan.bytes.count {
      let piece = plan.piece(from: offset)
      #expect(piece.startIndex == offset && !piece.isEmpty)
      pieces.append(String(decoding: piece, as: UTF8.self))
      offset = piece.endIndex
    }
    #expect(plan.piece(from: offset).isEmpty)
    return pieces
  }

  @Test(arguments: [
    (Delivery.reset(.start), ""), (.withheld, ""), (.reset(.head), Self.head), (.reset(.body), Self.head + "01234"),
  ])
  func aResetComesWhereItIsWanted(delivery: Delivery, bytes: String) {
    let plan = plan(delivery)
    #expect(String(decoding: plan.bytes, as: UTF8.self) == bytes && plan.ending == .reset)
  }

  @Test func halfOfTheBodyOrOfItsOneChunk() {
    #expect(pieces(plan(.truncated(isChunked: false))) == [Self.head + "01234"])
    #expect(pieces(plan(.truncated(isChunked: true))) == [Self.chunkedHead + "a\r\n01234"])
    #expect(plan(.truncated(isChunked: true)).ending == .finished)
    // Who takes no chunks gets a length; where there is no body there is nothing to cut.
    #expect(pieces(plan(.truncated(isChunked: true), takesChunks: false)) == [Self.head + "01234"])
    #expect(pieces(plan(.truncated(isChunked: true), "")) == [Self.head])
  }

  @Test func aSlowAnswerIsWholeInTenPiecesASecond() {
    let plan = plan(.throttled(bytesPerSecond: 200))
    let pieces = pieces(plan)
    #expect(pieces.joined() == Self.head + "0123456789" && plan.ending == .kept)
    #expect(pieces.dropLast().allSatisfy { $0.utf8.count == 20 } && plan.pause == 100_000_000)
  }

  @Test(arguments: [(1, 1, 1_000_000_000), (9, 1, 111_111_111), (15, 1, 66_666_666), (1000, 100, 100_000_000)])
  func thePausesMakeTheRate(rate: Int, length: Int, pause: Int64) {
    let plan = plan(.throttled(bytesPerSecond: rate))
    #expect(plan.piece(from: 0).count == min(length, plan.bytes.count) && plan.pause == pause)
  }

  @Test func linesComeInChunks() {
    let plan = plan(.lines(every: 5), "a\nbc\n")
    #expect(pieces(plan) == [Self.chunkedHead + "2\r\na\n\r\n", "3\r\nbc\n\r\n0\r\n\r\n"])
    #expect(plan.ending == .kept && plan.pause == 5)
    #expect(pieces(self.plan(.lines(every: 5), "")) == [Self.chunkedHead + "0\r\n\r\n"])
    #expect(pieces(self.plan(.lines(every: 5), "a")) == [Self.chunkedHead + "1\r\na\r\n0\r\n\r\n"])
  }

  @Test func whoTakesNoChunksGetsLinesUpToTheEnd() {
    let plan = plan(.lines(every: 5), "a\nb\n", takesChunks: false)
    #expect(pieces(plan) == ["HTTP/1.1 200 OK\r\nX: 1\r\n\r\na\n", "b\n"] && plan.ending == .finished)
  }

  @Test(arguments: [
    (Delivery.lines(every: 5), chunkedHead), (.truncated(isChunked: true), head), (.truncated(isChunked: false), head),
    (.throttled(bytesPerSecond: 1000), head), (.reset(.body), head),
  ])
  func whoMayGetNoBodyGetsNone(delivery: Delivery, bytes: String) {
    #expect(String(decoding: plan(delivery, nil).bytes, as: UTF8.self) == bytes)
  }

  @Test func aHeadWithoutALengthStaysAsItIs() {
    let head = Array("HTTP/1.1 204 No Content\r\nX: Content-Length: 1\r\n\r\n".utf8)
    #expect(ResponseEncoder.head(head, framing: .chunked) == head)
  }
}
