/// What became of a load: answers and losses, by everything that tells one from another.
package struct Tally: Sendable {
  /// How a request was lost.
  package enum Loss: String, Sendable, CaseIterable {
    /// No connection could be made.
    case refused
    /// The TLS handshake failed.
    case handshake
    /// No whole answer came in time, or no connection.
    case timedOut
    /// The connection ended before a byte of the answer.
    case reset
    /// It ended in the midst of the answer, or what came is no answer.
    case cut
    /// The schedule wanted it sent, and no connection was free until the end.
    case unsent
  }

  /// A second of the load.
  package struct Second: Sendable, Equatable {
    package var answered = 0
    package var lost = 0
    /// Answers of 500 to 599.
    package var errors = 0
  }

  /// The seconds that are told apart; what comes later counts in the last one.
  package static let secondsMax = 86_400
  /// Versions, and pods, that are told apart: an answer's fields are the server's to choose.
  package static let namesMax = 1_000

  package private(set) var statuses: [Int: Int] = [:]
  package private(set) var losses: [Loss: Int] = [:]
  package private(set) var versions: [[UInt8]: Int] = [:]
  package private(set) var servers: [[UInt8]: Int] = [:]
  package private(set) var latencies = LatencyHistogram()
  package private(set) var timeline: [Second] = []
  package private(set) var connections = 0
  /// Nanoseconds from the first request to the last answer or loss.
  package private(set) var elapsed: Int64 = 0

  package init() {}

  package var answered: Int { statuses.values.reduce(0, +) }
  package var lost: Int { losses.values.reduce(0, +) }

  mutating func connected() { connections += 1 }

  /// - Parameters:
  ///   - latency: nanoseconds from when it was to be sent.
  ///   - elapsed: nanoseconds since the load began.
  mutating func answer(_ response: ResponseReader, latency: Int64, at elapsed: Int64) {
    statuses[response.status, default: 0] += 1
    Self.count(response.version, in: &versions)
    Self.count(response.server, in: &servers)
    latencies.record(latency)
    second(at: elapsed) {
      $0.answered += 1
      if response.status >= 500 { $0.errors += 1 }
    }
  }

  mutating func lose(_ loss: Loss, at elapsed: Int64) {
    losses[loss, default: 0] += 1
    second(at: elapsed) { $0.lost += 1 }
  }

  private mutating func second(at elapsed: Int64, _ change: (inout Second) -> Void) {
    self.elapsed = max(self.elapsed, elapsed)
    let index = Int(min(elapsed / 1_000_000_000, Int64(Self.secondsMax - 1)))
    while timeline.count <= index { timeline.append(Second()) }
    change(&timeline[index])
  }

  private static func count(_ name: [UInt8], in counts: inout [[UInt8]: Int]) {
    guard !name.isEmpty, counts[name] != nil || counts.count < namesMax else { return }
    counts[name, default: 0] += 1
  }
}
