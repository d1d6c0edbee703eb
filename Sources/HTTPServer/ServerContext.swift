internal import HTTP
package import Networking

/// What all loops of a listener share, unchanged from start to stop but for counters and the drain flag.
package final class ServerContext: Sendable {
  let router: Router
  let parser: RequestParser
  let parserLimits: RequestParser.Limits
  let identityFields: ResponseFields
  let timeouts: ConnectionState.Timeouts
  let gzipLevel: Int
  let gzipKeptMax: Int
  let admission: Admission
  let metrics: ServerMetrics
  let accessLog: AccessLog
  let drain: DrainSignal
  /// Nil where no listener speaks TLS.
  let tls: TLSEndpoint?
  private let observeProbe: ProbeObserver?
  let faults: RequestFaults
  let alarm: Alarm
  /// The place of each of the router's routes, and of none, in `ServerMetrics.routes`.
  let metricRoutes: [Int]
  /// Which limit a connection too many hits.
  let connectionLimit: Limit
  /// Nanoseconds after which a connection is closed at its next answer; nil when never.
  let connectionMaxAge: Int64?

  package init(
    router: Router, configuration: ServerConfiguration, connectionsMax: Int, connectionLimit: Limit,
    metrics: ServerMetrics, accessLog: AccessLog, drain: DrainSignal,
    tls: TLSEndpoint? = nil, observeProbe: ProbeObserver? = nil, faults: RequestFaults = RequestFaults(),
    alarm: Alarm = Alarm()
  ) {
    self.router = router
    parserLimits = configuration.parserLimits
    parser = RequestParser(limits: configuration.parserLimits)
    identityFields = configuration.identityFields
    timeouts = configuration.timeouts
    gzipLevel = configuration.gzipLevel
    gzipKeptMax = configuration.gzipKeptMax
    admission = Admission(
      connectionsMax: connectionsMax, shedConnectionsMax: configuration.shedConnectionsMax,
      inFlightMax: configuration.inFlightMax)
    self.metrics = metrics
    metricRoutes = router.routes.map { metrics.index(of: $0.template) } + [metrics.index(of: Router.unmatched)]
    self.accessLog = accessLog
    self.drain = drain
    self.tls = tls
    self.observeProbe = observeProbe
    self.faults = faults
    self.alarm = alarm
    self.connectionLimit = connectionLimit
    connectionMaxAge = configuration.connectionMaxAge > .zero ? configuration.connectionMaxAge.nanoseconds : nil
  }

  /// The answer to what is above a bound, RFC 9110 §15.6.4.
  func overloaded(_ request: Request?) -> Response {
    Problem.response(
      .serviceUnavailable, detail: "The server is at its limit.", accept: request?.values(of: .accept) ?? []
    ).adding(.retryAfter, "1")
  }

  /// When a connection accepted at `now` is to end, nanoseconds. Up to a tenth earlier, at random: clients that came
  /// together do not leave together.
  func expiry(from now: Int64) -> Int64 {
    connectionMaxAge.map { now + $0 - Int64.random(in: 0...$0 / 10) } ?? .max
  }

  func isProbe(_ route: Int) -> Bool {
    route < router.routes.count && router.routes[route].purpose == .probe
  }

  func isService(_ route: Int) -> Bool {
    route < router.routes.count && router.routes[route].purpose == .service
  }

  /// Counts an answer, by the name that its route has in the metrics.
  func count(_ answered: Answered, shard: Int) {
    metrics.record(answered, route: metricRoutes[answered.route], shard: shard)
  }

  /// Tells who wants to know of a probe, or of a request that no route matches.
  ///
  /// - Parameter status: nil where no answer was given.
  @inline(never)
  func tellOfProbe(
    _ request: Request, at route: Int, from peer: SocketAddress, status: Status?, duration: Int64, now: Int64
  ) {
    let route = route < router.routes.count ? router.routes[route] : nil
    if route?.purpose != .control { observeProbe?(request, route?.template, peer, status, duration, now) }
  }
}
