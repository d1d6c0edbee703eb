internal import HTTP
package import Metrics

/// The server's own metrics. Each loop writes its own shard; label sets are closed.
package final class ServerMetrics: Sendable {
  /// The states of `http_connections`.
  private static let connectionStates = ["handshake", "new", "idle", "reading", "handling", "writing", "closing"]
  private static let methods = Method.allCases.map(\.name)
  private static let codes = Status.known.map { String($0.code) } + ["other"]
  private static let second: UInt64 = 1_000_000_000
  private static let sizes: [UInt64] = [64, 256, 1024, 4096, 16384, 65536, 262_144, 1_048_576]
  /// 1 ms to 10 s; an objective is read at 0.25 or 0.5.
  private static let durations: [UInt64] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
  ].map { $0 * 1000 }

  /// Route templates, the last one for what no route matches.
  let routes: [String]
  private let codeIndexes: [UInt8]
  private let codeCount = codes.count
  private let requests: Counter
  private let duration: Histogram
  private let requestSize: Histogram
  private let responseSize: Histogram
  private let connections: Gauge
  let accepted: Counter
  private let acceptErrors: Counter
  private let limits: Counter
  let abandoned: Counter
  let refused: Counter
  let cut: Counter
  /// Nil where no listener speaks TLS.
  let tls: TLSMetrics?

  /// - Parameters:
  ///   - templates: those of every listener's routes.
  ///   - speaksTLS: whether a listener does.
  package init(registry: Registry, routes templates: [String], speaksTLS: Bool = false) {
    routes = templates + [Router.unmatched]
    var indexes = [UInt8](repeating: UInt8(Status.known.count), count: 1000)
    for (index, status) in Status.known.enumerated() { indexes[Int(status.code)] = UInt8(index) }
    codeIndexes = indexes
    let route = Label("route", routes)
    requests = registry.counter(
      "http_requests_total", "Requests answered, by method, route template and status code.",
      labels: [Label("method", Self.methods), route, Label("code", Self.codes)],
      initial: { $0[0] == "GET" && ($0[1] == Router.unmatched ? $0[2] == "404" : $0[2] == "200") })
    duration = registry.histogram(
      "http_request_duration_seconds", "Seconds from a request's head to its answer, by route.",
      labels: [route], bounds: Self.durations, unitsPerBase: Self.second, initial: { _ in true })
    requestSize = registry.histogram(
      "http_request_size_bytes", "Bytes of a request, head and body.", bounds: Self.sizes)
    responseSize = registry.histogram(
      "http_response_size_bytes", "Bytes of an answer, head and body.", bounds: Self.sizes)
    connections = registry.gauge(
      "http_connections", "Open connections by state.", labels: [Label("state", Self.connectionStates)])
    accepted = registry.counter("http_connections_accepted_total", "Connections accepted.")
    acceptErrors = registry.counter(
      "http_accept_errors_total", "Failed accepts by reason.", labels: [Label("reason", ["descriptors", "other"])])
    limits = registry.counter(
      "http_limit_hits_total", "How often a limit was hit, by the option that sets it.",
      labels: [Label("limit", Limit.allCases.map(\.rawValue))])
    abandoned = registry.counter(
      "http_requests_abandoned_total", "Requests whose client went away before the whole answer was sent.")
    refused = registry.counter(
      "http_requests_refused_total", "Requests refused as malformed or beyond a limit, before routing.")
    tls = speaksTLS ? TLSMetrics(registry: registry) : nil
    cut = registry.counter("http_connections_cut_total", "Connections cut with a request under way when a drain ended.")
  }

  func index(of template: String) -> Int {
    routes.firstIndex(of: template) ?? routes.count - 1
  }

  /// Counts one answer; `route` is an index into `routes`.
  func record(_ answered: Answered, route: Int, shard: Int) {
    let method = Int(answered.method.rawValue)
    let code = Int(codeIndexes[Int(answered.status.code)])
    requests.add(1, at: (method * routes.count + route) * codeCount + code, shard: shard)
    duration.observe(UInt64(max(answered.duration, 0)), at: route, shard: shard)
    requestSize.observe(UInt64(answered.requestBytes), shard: shard)
    responseSize.observe(UInt64(answered.responseBytes), shard: shard)
  }

  /// Moves a connection from one state of `http_connections` to another; nil is not counted.
  func moveConnection(from old: ConnectionState.Phase?, to new: ConnectionState.Phase?, shard: Int) {
    let cells = (old.flatMap(Self.cell), new.flatMap(Self.cell))
    guard cells.0 != cells.1 else { return }
    if let old = cells.0 { connections.add(-1, at: old, shard: shard) }
    if let new = cells.1 { connections.add(1, at: new, shard: shard) }
  }

  /// The place of a phase in `connectionStates`.
  private static func cell(_ phase: ConnectionState.Phase) -> Int? {
    switch phase {
    case .handshaking: 0
    case .opening: 1
    case .idle: 2
    case .head, .body: 3
    case .handling: 4
    case .writing: 5
    case .lingering: 6
    case .closed: nil
    }
  }

  func hit(_ limit: Limit, shard: Int) {
    guard let cell = Limit.allCases.firstIndex(of: limit) else { return }
    limits.add(1, at: cell, shard: shard)
  }

  func acceptFailed(outOfDescriptors: Bool, shard: Int) {
    acceptErrors.add(1, at: outOfDescriptors ? 0 : 1, shard: shard)
  }

  /// Requests answered since the start.
  package var answered: UInt64 {
    (0..<Self.methods.count * routes.count * Self.codes.count).reduce(0) { $0 + requests.value(at: $1) }
  }
}
