internal import HTTP
package import Metrics
package import Networking

/// A running HTTP server: the loops of the service's listener and, where it is asked for, one for management.
package final class Server: Sendable {
  /// Where to listen.
  package struct Endpoint: Sendable {
    /// Where plain HTTP is spoken.
    package var addresses: [SocketAddress]
    package var tls: TLSEndpoint?
    package var router: Router
    package var observeProbe: ProbeObserver?

    package init(
      addresses: [SocketAddress], tls: TLSEndpoint? = nil, router: Router, observeProbe: ProbeObserver? = nil
    ) {
      self.addresses = addresses
      self.tls = tls
      self.router = router
      self.observeProbe = observeProbe
    }
  }

  package let drain: DrainSignal
  /// Where the service listens, with the real ports.
  package let addresses: [SocketAddress]
  /// The same for TLS; empty when it is not spoken.
  package let tlsAddresses: [SocketAddress]
  /// Where management listens; empty when it does not.
  package let managementAddresses: [SocketAddress]
  package let loops: [EventLoop]
  let management: EventLoop?
  let metrics: ServerMetrics
  private let context: ServerContext

  /// Binds and listens; nothing is accepted before `start`.
  ///
  /// - Parameter registry: has a shard for each loop and, last, for management.
  /// - Throws: the call that failed and its address, EADDRINUSE for one.
  package init(
    service: Endpoint, management endpoint: Endpoint?, configuration: ServerConfiguration, registry: Registry,
    accessLog: AccessLog, drain: DrainSignal = DrainSignal(), faults: RequestFaults = RequestFaults(),
    alarm: Alarm = Alarm()
  ) throws(ListenError) {
    self.drain = drain
    var templates = service.router.routes.map(\.template)
    for route in endpoint?.router.routes ?? [] where !templates.contains(route.template) {
      templates.append(route.template)
    }
    let metrics = ServerMetrics(registry: registry, routes: templates, speaksTLS: service.tls != nil)
    let context = ServerContext(
      router: service.router, configuration: configuration, connectionsMax: configuration.connectionsMax,
      connectionLimit: .connectionsMax, metrics: metrics, accessLog: accessLog, drain: drain,
      tls: service.tls, observeProbe: service.observeProbe, faults: faults, alarm: alarm)
    let groups = try Self.listen(service.addresses, loops: configuration.loops, backlog: configuration.backlog)
    addresses = groups.compactMap { $0.first?.address }
    let tlsGroups = try Self.listen(
      service.tls?.addresses ?? [], loops: configuration.loops, backlog: configuration.backlog)
    tlsAddresses = tlsGroups.compactMap { $0.first?.address }
    var loops: [EventLoop] = []
    for index in 0..<configuration.loops {
      let listeners =
        groups.map { Listener(socket: $0[index], speaksTLS: false) }
        + tlsGroups.map { Listener(socket: $0[index], speaksTLS: true) }
      loops.append(try Self.loop("http-\(index)", shard: index, context, listeners))
    }
    self.loops = loops
    self.metrics = metrics
    self.context = context
    guard let endpoint else {
      managementAddresses = []
      management = nil
      return
    }
    let managementContext = ServerContext(
      router: endpoint.router, configuration: configuration, connectionsMax: configuration.managementConnectionsMax,
      connectionLimit: .managementConnectionsMax, metrics: metrics, accessLog: accessLog, drain: drain,
      observeProbe: endpoint.observeProbe, faults: faults, alarm: alarm)
    let managementGroups = try Self.listen(endpoint.addresses, loops: 1, backlog: configuration.backlog)
    managementAddresses = managementGroups.compactMap { $0.first?.address }
    management = try Self.loop(
      "management", shard: configuration.loops, managementContext,
      managementGroups.map { Listener(socket: $0[0], speaksTLS: false) })
  }

  /// Every loop, management's last.
  package var allLoops: [EventLoop] { loops + (management.map { [$0] } ?? []) }

  /// Begins to accept.
  package func start() async {
    for loop in loops { await loop.start(siblings: loops) }
    await management?.start(siblings: [])
  }

  /// Runs `body` on a loop of the service's, which serves nobody meanwhile.
  package func occupyLoop(_ index: Int, _ body: @escaping @Sendable () -> Void) {
    loops[index].executor.enqueue(body)
  }

  /// Requests that wait for a body or a handler.
  package var requestsInFlight: Int { context.admission.inFlight }

  /// Open connections of the service's listener.
  package var openConnections: Int { context.admission.connections }

  /// Requests answered since the start, management's too.
  package var answered: UInt64 { metrics.answered }

  private static func listen(
    _ addresses: [SocketAddress], loops: Int, backlog: Int32
  ) throws(ListenError) -> [[ListeningSocket]] {
    var groups: [[ListeningSocket]] = []
    for address in addresses {
      do throws(Errno) {
        groups.append(try ListeningSocket.group(at: address, count: loops, backlog: backlog))
      } catch {
        throw ListenError(address: address, cause: error)
      }
    }
    return groups
  }

  private static func loop(
    _ label: String, shard: Int, _ context: ServerContext, _ listeners: [Listener]
  ) throws(ListenError) -> EventLoop {
    do throws(Errno) {
      return try EventLoop(label: label, shard: shard, context: context, listeners: listeners)
    } catch {
      throw ListenError(address: listeners[0].socket.address, cause: error)
    }
  }
}

/// An address that could not be listened on, and why.
package struct ListenError: Error, CustomStringConvertible {
  package let address: SocketAddress
  package let cause: Errno
  package var description: String { "cannot listen on \(address): \(cause)" }
}
