internal import HTTP

/// How an answer comes when not whole and at once.
package enum Delivery: Sendable, Equatable {
  /// Where an answer is cut off.
  package enum Cut: String, Sendable, CaseIterable {
    /// Before its first byte.
    case start
    /// After its head.
    case head
    /// In the midst of its body.
    case body
  }

  case throttled(bytesPerSecond: Int)
  /// A line of the body at a time, with so many nanoseconds between two.
  case lines(every: Int64)
  /// Half of the body, and then the end as if that were all; a chunk is announced whole and cut.
  case truncated(isChunked: Bool)
  /// RST.
  case reset(Cut)
  /// None comes until the client gives up.
  case withheld
}

/// The bytes of an answer, cut for delivery. Pure.
struct DeliveryPlan {
  enum Ending { case kept, finished, reset }

  private(set) var bytes: [UInt8]
  private(set) var ending: Ending
  /// Nanoseconds between two pieces.
  private(set) var pause: Int64 = 0
  /// Where pieces end; the last is the end of the bytes.
  private var ends: [Int] = []
  /// The length of all pieces but the last, where `ends` is empty.
  private var pieceLength: Int = .max

  /// - Parameters:
  ///   - head: with the Content-Length that the whole body has.
  ///   - body: nil where none may be sent: to HEAD, and with a status that has none.
  ///   - takesChunks: false for a client of HTTP/1.0.
  init(_ delivery: Delivery, head: [UInt8], body given: [UInt8]?, takesChunks: Bool) {
    bytes = head
    ending = .kept
    let body = given ?? []
    let half = body.prefix(body.count / 2)
    switch delivery {
    case .withheld, .reset(.start):
      bytes = []
      ending = .reset
    case .reset(.head):
      ending = .reset
    case .reset(.body):
      bytes += half
      ending = .reset
    case .truncated(isChunked: true) where takesChunks && !body.isEmpty:
      bytes = ResponseEncoder.head(head, framing: .chunked) + ChunkedEncoder.size(body.count) + half
      ending = .finished
    case .truncated:
      bytes += half
      ending = .finished
    case .throttled(let rate):
      bytes += body
      // Ten pieces a second, or a byte each where that is less than one.
      pieceLength = max(rate / 10, 1)
      pause = Int64(pieceLength) * 1_000_000_000 / Int64(rate)
    case .lines(let interval):
      pause = interval
      bytes = ResponseEncoder.head(head, framing: takesChunks ? .chunked : .endOfConnection)
      for line in Self.lines(of: body) {
        bytes += takesChunks ? ChunkedEncoder.chunk(line) : Array(line)
        ends.append(bytes.count)
      }
      if !takesChunks { ending = .finished } else if given != nil { bytes += ChunkedEncoder.last }
      if ends.isEmpty { ends = [bytes.count] } else { ends[ends.count - 1] = bytes.count }
    }
  }

  /// The piece from `offset` on; empty at the end.
  func piece(from offset: Int) -> ArraySlice<UInt8> {
    let end = ends.first { $0 > offset } ?? offset + min(pieceLength, bytes.count - offset)
    return bytes[offset..<end]
  }

  /// With their line feeds.
  private static func lines(of body: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var rest = body[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(rest[...end])
      rest = rest[(end + 1)...]
    }
    return rest.isEmpty ? lines : lines + [rest]
  }
}
