internal import Catalog
internal import HTTPServer
internal import Networking
internal import Synchronization

/// Whether this instance wants traffic: it has started, does not drain, its store is usable, and no operator has switched
/// it off. Each condition knows since when it is as it is.
final class Readiness: Sendable {
  private let drain: DrainSignal
  private let hardening: Hardening
  private let store: any ProductStore
  private let switches: OperatorSwitches
  private let createdAt = Clock.monotonic
  /// An instant of the monotonic clock; nil until then.
  private let startedAt = Mutex<Int64?>(nil)

  init(drain: DrainSignal, hardening: Hardening, store: any ProductStore, switches: OperatorSwitches) {
    self.drain = drain
    self.store = store
    self.hardening = hardening
    self.switches = switches
  }

  func started() {
    startedAt.withLock { $0 = Clock.monotonic }
  }

  var isReady: Bool { checks.allSatisfy(\.isPassed) }

  /// Started, draining, store, hardening, in this order, and what an operator has switched off.
  var checks: [ProbeCheck] {
    let now = Clock.monotonic
    let startedAt = startedAt.withLock { $0 }
    let drainingAt = drain.raisedAt
    let store = store.status
    let checks = [
      ProbeCheck(name: "started", isPassed: startedAt != nil, note: age(startedAt ?? createdAt, now)),
      ProbeCheck(
        name: "draining", isPassed: drainingAt == nil, note: age(drainingAt ?? startedAt ?? createdAt, now)),
      ProbeCheck(name: "store", isPassed: store.isUsable, note: store.note),
      // Told, and never a reason to stay away: a kernel without it serves as well.
      ProbeCheck(name: "hardening", isPassed: true, note: hardening.note),
    ]
    guard let off = switches.off else { return checks }
    let note = "off \(age(off.since, now))" + (off.reason.map { ": \($0)" } ?? "")
    return checks + [ProbeCheck(name: "switch", isPassed: false, note: note)]
  }

  private func age(_ since: Int64, _ now: Int64) -> String {
    "for \((now - since) / 1_000_000_000) s"
  }
}
