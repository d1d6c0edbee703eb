internal import HTTPServer
internal import Networking
internal import Synchronization

/// Whether this instance wants traffic: it has started, does not drain, and its store is usable. Each condition knows
/// since when it is as it is.
final class Readiness: Sendable {
  /// Instants of the monotonic clock; nil while it has not happened.
  private struct State {
    var startedAt: Int64?
    var drainingAt: Int64?
  }

  private let state = Mutex(State())
  private let createdAt = Clock.monotonic

  func started() {
    state.withLock { $0.startedAt = Clock.monotonic }
  }

  func draining() {
    state.withLock { $0.drainingAt = $0.drainingAt ?? Clock.monotonic }
  }

  var isReady: Bool { checks.allSatisfy(\.isPassed) }

  /// Started, draining, store, in this order.
  var checks: [ProbeCheck] {
    let now = Clock.monotonic
    let state = state.withLock { $0 }
    return [
      ProbeCheck(name: "started", isPassed: state.startedAt != nil, note: age(state.startedAt ?? createdAt, now)),
      ProbeCheck(
        name: "draining", isPassed: state.drainingAt == nil,
        note: age(state.drainingAt ?? state.startedAt ?? createdAt, now)),
      // The catalogue is in memory once it is loaded, and a start without it never gets here.
      ProbeCheck(name: "store", isPassed: true, note: age(createdAt, now)),
    ]
  }

  private func age(_ since: Int64, _ now: Int64) -> String {
    "for \((now - since) / 1_000_000_000) s"
  }
}
