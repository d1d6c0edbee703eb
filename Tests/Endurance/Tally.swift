import Networking
import Synchronization

/// What became of the requests of many clients.
///
/// Lost is a request on an established connection that got no whole answer, for whatever reason: nothing is excused. A
/// connection that was refused is none.
final class Tally: Sendable {
  /// Answers that came whole, with 200.
  private let good = Atomic<Int>(0)
  private let rest = Mutex(Rest())

  struct Rest {
    /// Requests, by what came instead of an answer.
    var lost: [String: Int] = [:]
    /// Whole answers with another status.
    var statuses: [Int: Int] = [:]
    /// Connections, by why they could not be made, but for those that were refused.
    var unconnected: [String: Int] = [:]
    /// The instant at which a connection was first refused, monotonic nanoseconds.
    var firstRefusal: Int64?
  }

  var answered: Int { good.load(ordering: .relaxed) + others }
  var lost: Int { rest.withLock { $0.lost.values.reduce(0, +) } }
  /// Whole answers with another status than 200.
  var others: Int { rest.withLock { $0.statuses.values.reduce(0, +) } }
  var firstRefusal: Int64? { rest.withLock { $0.firstRefusal } }

  func answer(_ status: Int) {
    if status == 200 {
      good.add(1, ordering: .relaxed)
    } else {
      rest.withLock { $0.statuses[status, default: 0] += 1 }
    }
  }

  func lose(_ reason: String) { rest.withLock { $0.lost[String(reason.prefix(200)), default: 0] += 1 } }

  func failToConnect(_ reason: String) { rest.withLock { $0.unconnected[reason, default: 0] += 1 } }

  func refuse() {
    let now = Clock.monotonic
    rest.withLock { $0.firstRefusal = min($0.firstRefusal ?? now, now) }
  }

  /// What should not have been, a line each.
  var complaints: [String] {
    rest.withLock { rest in
      rest.lost.map { "lost \($0.value): \($0.key)" } + rest.statuses.map { "\($0.value) answers with \($0.key)" }
        + rest.unconnected.map { "\($0.value) connections failed: \($0.key)" }
    }
  }
}
