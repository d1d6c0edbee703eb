internal import HTTP
internal import HTTPServer
internal import Metrics
internal import Networking
internal import Synchronization

/// The ledger of who probes, kept by all loops. Its lock is held for a look-up; probes are few.
final class Probes: Sendable {
  static let listeners = (service: "http", management: "management")
  private static let pathMax = 64
  /// What a probe came to: the kubelet takes 200 to 399 for a success.
  private static let results = ["success", "failure", "none"]

  private let ledger = Mutex(ProbeLedger())
  private let counter: Counter
  /// The paths that are labels; any other is `unmatched`.
  private let paths: [String]

  init(registry: Registry, paths: [String]) {
    self.paths = paths
    counter = registry.counter(
      "vitrine_probes_total", "Probes and scrapes, by who asked, path and result; none: no answer was given.",
      labels: [
        Label("prober", Prober.Kind.allCases.map(\.rawValue)), Label("path", paths + ["unmatched"]),
        Label("result", Self.results),
      ], initial: { $0[0] == "kube-probe" && $0[1] != "unmatched" && $0[2] != "none" })
    registry.collectedGauge("vitrine_probe_ledger_entries", "Entries of the ledger of probes.") { [self] in
      Double(snapshot.entries.count)
    }
    registry.collectedCounter(
      "vitrine_probe_ledger_evictions_total", "Entries that left the ledger of probes for newer ones."
    ) { [self] in Double(snapshot.evictions) }
  }

  var snapshot: ProbeLedger { ledger.withLock { $0 } }

  /// What a listener calls with each probe.
  func observer(of listener: String) -> ProbeObserver {
    { [self] request, route, peer, status, duration, now in
      let prober = Prober(userAgent: request.value(of: .userAgent))
      // A stranger at a path that is none is no probe, but a kubelet there was told the wrong path.
      guard route != nil || prober.kind != .other && prober.kind != .curl else { return }
      let path = String(decoding: request.rawPath.prefix(Self.pathMax), as: UTF8.self)
      let key = ProbeLedger.Key(prober: prober, address: peer.address, listener: listener, path: path)
      ledger.withLock { $0.note(key, status: status?.code, duration: duration, at: now) }
      let result = status.map { (200..<400).contains($0.code) ? 0 : 1 } ?? 2
      let kind = Prober.Kind.allCases.firstIndex(of: prober.kind) ?? 0
      let place = route.flatMap(paths.firstIndex) ?? paths.count
      counter.addShared(at: (kind * (paths.count + 1) + place) * Self.results.count + result)
    }
  }
}
