import HTTPServer
import TestSupport

/// What came of one case on a connection of its own.
struct Replayed: Sendable {
  /// Final responses, in order.
  var responses: [RawResponse] = []
  /// 1xx.
  var interim = 0

  /// nil where the server still waited for more.
  var status: Int? { responses.first?.status }
  var isRefused: Bool { status.map { $0 >= 400 } ?? false }
}

extension TestServer {
  /// Sends `bytes` and a FIN, and reads to the end.
  ///
  /// The FIN spares all waiting: an unfinished request ends without an answer, a kept connection with its last one.
  /// That the server would have kept it shows in the answer, which says `Connection: close` where it would not.
  func replay(_ bytes: [UInt8]) throws -> Replayed {
    let client = try connect()
    // A request that is refused early may be cut off before all of it is sent.
    try? client.send(bytes)
    client.finishSending()
    var replayed = Replayed()
    do {
      while true {
        let isToHEAD = replayed.responses.isEmpty && bytes.starts(with: Array("HEAD ".utf8))
        let response = try client.response(toHEAD: isToHEAD)
        if response.status < 200 { replayed.interim += 1 } else { replayed.responses.append(response) }
      }
    } catch RawClient.Failure.ended(.finished, after: "") {
      return replayed
    }
  }

  /// Replays all, several at a time; the results are in the order of the cases.
  func replay(_ all: [[UInt8]]) async throws -> [Replayed] {
    try await inLanes(all) { try replay($0) }
  }
}

/// Applies `body` to each element, on so many threads of their own.
func inLanes<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ lanes: Int = 4, _ body: @escaping @Sendable (Element) throws -> Result
) async throws -> [Result] {
  try await withThrowingTaskGroup(of: [(Int, Result)].self) { group in
    for lane in 0..<lanes {
      group.addTask {
        try await onThread {
          try stride(from: lane, to: elements.count, by: lanes).map { ($0, try body(elements[$0])) }
        }
      }
    }
    var results: [(Int, Result)] = []
    for try await part in group { results += part }
    return results.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
