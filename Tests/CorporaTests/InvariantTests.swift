import TestSupport
import Testing

/// However the bytes of a case are cut, parser and decoder make the same of them.
@Suite(.serialized, .enabled(if: Corpora.areThere, Corpora.areMissing)) struct InvariantTests {
  /// Every cut within so many bytes is tried.
  private static let everyCutMax = 4096
  /// So many more are drawn behind them, and behind the byte that decides the outcome.
  private static let drawnCuts = 200

  @Test(arguments: [
    "http11probe.jsonl", "llhttp-requests.jsonl", "go-nethttp.jsonl", "nginx-host.jsonl", "smuggler-te-mutations.jsonl",
    "h2o-http1-fuzz",
  ])
  func theOutcomeIsTheSameHoweverTheBytesAreCut(corpus: String) async throws {
    let cases = try await Corpora.all(corpus)
    let cuts = try await inLanes(cases, 2) { Self.check($0.bytes, id: $0.id) }.reduce(0, +)
    print("\(corpus): \(cases.count) cases, the same outcome whole, byte by byte and at \(cuts) cuts")
  }

  /// Returns the number of cuts tried.
  private static func check(_ input: [UInt8], id: String) -> Int {
    var random = Seeded(UInt64(input.count))
    let whole = RequestStream(input[...])
    let (byByte, begun, decided) = fedByByte(input, &random)
    #expect(byByte == whole, "\(id) byte by byte")

    let every = min(decided, everyCutMax)
    let drawn = every + 1 < input.count ? drawnCuts : 0
    let cuts =
      Array(min(begun, every)..<every) + (0..<drawn).map { _ in .random(in: every + 1..<input.count, using: &random) }
    if let cut = cuts.first(where: { RequestStream(input[..<$0], input[$0...]) != whole }) {
      Issue.record("\(id) cut at \(cut)")
    }
    return every + drawn
  }

  /// Byte by byte; in pieces of drawn sizes where that would take long, since an unfinished head is read again each time.
  ///
  /// - Returns: also how many bytes it took to make anything of them, and how many decided the outcome. A cut before the
  ///   first is tried with that: its first piece is an incomplete head, its second the whole. Behind the other nothing is
  ///   read.
  private static func fedByByte(
    _ input: [UInt8], _ random: inout Seeded
  ) -> (RequestStream, begun: Int, decided: Int) {
    var stream = RequestStream()
    var (position, begun) = (0, input.count)
    while position < input.count, stream.end == .open {
      let next =
        position < everyCutMax ? position + 1 : min(position + .random(in: 1...512, using: &random), input.count)
      stream.feed(input[position..<next])
      position = next
      if begun == input.count, !stream.hasTakenNothing { begun = position }
    }
    return (stream, begun, position)
  }
}
