internal import Metrics
package import Networking
package import TLS

/// What the listeners that speak TLS have and the plain ones have not.
package struct TLSEndpoint: Sendable {
  package var addresses: [SocketAddress]
  /// What new sessions are made by: another one after each renewal of the certificate. Called on a loop.
  package var context: @Sendable () -> TLSContext
  /// Is told of each handshake that failed, and why. Called on a loop.
  package var handshakeFailed: @Sendable (_ peer: SocketAddress, _ reason: String) -> Void

  package init(
    addresses: [SocketAddress], context: @escaping @Sendable () -> TLSContext,
    handshakeFailed: @escaping @Sendable (SocketAddress, String) -> Void = { _, _ in }
  ) {
    self.addresses = addresses
    self.context = context
    self.handshakeFailed = handshakeFailed
  }
}

/// How handshakes end.
struct TLSMetrics: Sendable {
  enum Result: Int, CaseIterable {
    case ok, failed, closed, timeout
    case plainHTTP

    fileprivate var label: String {
      switch self {
      case .ok: "ok"
      case .failed: "failed"
      case .closed: "closed"
      case .timeout: "timeout"
      case .plainHTTP: "plain_http"
      }
    }
  }

  private static let versions = TLSSession.Version.allCases.map(\.rawValue) + ["none"]
  /// 100 µs to 10 s.
  private static let durations: [UInt64] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000,
  ].map { $0 * 1000 }

  private let handshakes: Counter
  private let durations: Histogram

  init(registry: Registry) {
    handshakes = registry.counter(
      "tls_handshakes_total", "TLS handshakes by result, by version and by whether an earlier session went on.",
      labels: [
        Label("result", Result.allCases.map(\.label)), Label("version", Self.versions),
        Label("resumed", ["false", "true"]),
      ], initial: { $0[0] == "ok" ? $0[1] != "none" : $0[1] == "none" && $0[2] == "false" })
    durations = registry.histogram(
      "tls_handshake_duration_seconds", "Seconds from the accept to the end of a good handshake.",
      bounds: Self.durations, unitsPerBase: 1_000_000_000)
  }

  func succeeded(_ session: TLSSession, nanoseconds: Int64, shard: Int) {
    count(.ok, version: session.version, isResumed: session.isResumed, shard: shard)
    durations.observe(UInt64(max(nanoseconds, 0)), shard: shard)
  }

  func ended(_ result: Result, shard: Int) {
    count(result, version: nil, isResumed: false, shard: shard)
  }

  private func count(_ result: Result, version: TLSSession.Version?, isResumed: Bool, shard: Int) {
    let version = version.flatMap(TLSSession.Version.allCases.firstIndex(of:)) ?? Self.versions.count - 1
    handshakes.add(1, at: (result.rawValue * Self.versions.count + version) * 2 + (isResumed ? 1 : 0), shard: shard)
  }
}
