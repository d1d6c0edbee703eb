internal import CLinux
internal import Catalog
internal import Glibc
internal import HTTP
internal import HTTPServer
internal import Metrics
internal import Networking

/// The running service: its server, its watchdog and what they answer with.
struct Service {
  private let configuration: Configuration
  private let log: Log
  private let server: Server
  private let watchdog: Watchdog
  private let readiness: Readiness
  private let reloads: Reloads

  /// Binds and listens; nothing is accepted before `start`.
  init(
    _ configuration: Configuration, hardening: Hardening, store: any ProductStore, tokens: WriteTokens?,
    tls: TLSFiles?, addresses: Addresses, log: Log
  ) throws(ListenError) {
    self.configuration = configuration
    self.log = log
    let hostname = Self.hostname
    let serverConfiguration = configuration.server(hostname: hostname, log: log)
    let hasManagement = !addresses.management.isEmpty
    let registry = Registry(shards: serverConfiguration.loops + (hasManagement ? 1 : 0))
    let drain = DrainSignal()
    let alarm = Alarm()
    let switches = OperatorSwitches(alarm: alarm, log: log, registry: registry)
    let readiness = Readiness(drain: drain, hardening: hardening, store: store, switches: switches)
    let access = WriteAccess(tokens: tokens)
    let probes = Probes(registry: registry, paths: Routes.probePaths)
    let storeMetrics = StoreMetrics(registry, store: store)
    let watchdog = Watchdog { loop in log.error("loop is stuck", ["loop": .string(loop)]) }
    let requestFaults = RequestFaults()
    let effects = ProcessFaultEffects(log: log)
    let faults =
      configuration.faults ? Faults(requests: requestFaults, effects: effects, alarm: alarm, log: log) : nil
    var routes = Routes(
      index: Index(configuration.identity(hostname: hostname), store: store),
      health: Health(watchdog: watchdog),
      ready: Ready(readiness: readiness), metrics: MetricsEndpoint(registry: registry),
      products: Products(store: store, metrics: storeMetrics),
      writes: ProductWrites(store: store, metrics: storeMetrics, access: access),
      description: OpenAPI(), version: Version(.current),
      control: Control(
        switches: switches, drain: drain, faults: faults, diagnostics: configuration.diagnostics, access: access),
      probesLedger: ProbesEndpoint(probes: probes),
      audit: AuditEndpoint(
        expectations: Audit.Expectations(configuration, hardening: hardening, loops: serverConfiguration.loops)),
      diagnostics: configuration.diagnostics ? Diagnostics(alarm: alarm) : nil)
    routes.faults = faults.map {
      FaultsEndpoint(faults: $0, scopes: routes.faultScopes, loops: serverConfiguration.loops, access: access)
    }
    server = try Server(
      service: Server.Endpoint(
        addresses: addresses.http,
        tls: tls.map { tls in
          TLSEndpoint(addresses: addresses.https, context: { tls.context }) { peer, reason in
            log.debug("TLS handshake failed", ["peer": .string("\(peer)"), "reason": .string(reason)])
          }
        }, router: routes.service(hasManagement: hasManagement),
        observeProbe: probes.observer(of: Probes.listeners.service)),
      management: hasManagement
        ? Server.Endpoint(
          addresses: addresses.management, router: routes.management,
          observeProbe: probes.observer(of: Probes.listeners.management)) : nil,
      configuration: serverConfiguration, registry: registry, accessLog: configuration.accessLog(writer: log.writer),
      drain: drain, faults: requestFaults, alarm: alarm)
    effects.attach(to: server)
    Faults.register(faults, in: registry)
    self.readiness = readiness
    self.watchdog = watchdog
    let embedded = store as? EmbeddedProductStore
    reloads = Reloads(
      store: embedded, tokens: tokens, tls: tls, every: configuration.watchInterval, registry: registry, log: log)
    registry.collectedCounter("vitrine_store_commits_total", "Commits of the embedded store: each of many changes.") {
      embedded.map { Double($0.commits) }
    }
    if let tls {
      registry.collectedGauge(
        "tls_certificate_expiry_timestamp_seconds", "When the certificate in use expires, seconds since 1970."
      ) { Double(tls.expiry) }
    }
    #if PostgreSQL
    if let database = store as? PostgreSQLProductStore {
      DatabaseMetrics.register(database, connectionsMax: configuration.databaseConnectionsMax, in: registry)
    }
    #endif
    registerMetrics(in: registry)
  }

  /// Where to listen, before ports are known that the kernel chooses.
  struct Addresses {
    var http: [SocketAddress]
    var https: [SocketAddress]
    var management: [SocketAddress]
  }

  func start() async {
    for (listener, addresses) in [
      ("http", server.addresses), ("https", server.tlsAddresses), ("management", server.managementAddresses),
    ] {
      for address in addresses {
        log.info("listening", ["listener": .string(listener), "address": .string("\(address)")])
      }
    }
    await server.start()
    watchdog.watch(server.allLoops)
    readiness.started()
    log.info("ready", ["loops": .int(server.loops.count)])
  }

  /// Serves until a signal says stop, and drains. A second one cuts what is left.
  func serve(until signals: Signals) async -> Exit {
    var stopping: Task<Exit, Never>?
    for await signal in signals.stream {
      switch signal {
      case .reload:
        reloads.reload()
      case .terminate where stopping == nil, .interrupt where stopping == nil:
        var times = configuration.drainTimes
        if signal == .interrupt { times.delay = .zero }
        stopping = Task(executorPreference: CommandQueue.shared) { [times] in
          let exit = await stop(times)
          signals.end()
          return exit
        }
      case .terminate, .interrupt:
        log.warning("second signal: cutting what is left")
        stopping?.cancel()
      }
    }
    return await stopping?.value ?? .success
  }

  private func stop(_ times: Server.DrainTimes) async -> Exit {
    let report = await server.stop(times) {
      log.info("draining", ["connections": .int(server.openConnections), "inFlight": .int(server.requestsInFlight)])
    }
    let stuck = report.stuck.joined(separator: ", ")
    if !stuck.isEmpty { log.error("stopping without a loop that is stuck", ["loop": .string(stuck)]) }
    log.info(
      "stopped",
      [
        "served": .uint(report.served), "servedWhileDraining": .uint(report.servedWhileDraining),
        "cut": .int(report.cut),
      ])
    TerminationLog(path: configuration.terminationLog).write(
      "served \(report.served), \(report.servedWhileDraining) of them while draining; cut \(report.cut)"
        + (stuck.isEmpty ? "" : "; stuck: \(stuck)"))
    return report.cut == 0 && stuck.isEmpty ? .success : .failure
  }

  private func registerMetrics(in registry: Registry) {
    ProcessMetrics.register(in: registry)
    let (server, log, readiness, watchdog) = (server, log, readiness, watchdog)
    registry.collectedGauge("http_requests_in_flight", "Requests that wait for a body or a handler.") {
      Double(server.requestsInFlight)
    }
    registry.collectedGauge("vitrine_loops", "Event loops that serve.") { Double(server.loops.count) }
    registry.collectedGauge("vitrine_ready", "1 while this instance wants traffic.") { readiness.isReady ? 1 : 0 }
    registry.collectedGauge("vitrine_draining", "1 after SIGTERM.") { server.drain.isRaised ? 1 : 0 }
    registry.collectedGauge("vitrine_loops_stuck", "Loops that do not answer the watchdog.") {
      Double(watchdog.stuckLoops.count)
    }
    registry.collectedCounter("vitrine_log_lines_written_total", "Log lines written.") { Double(log.writer.written) }
    registry.collectedCounter("vitrine_log_lines_dropped_total", "Log lines lost while standard output was blocked.") {
      Double(log.writer.dropped)
    }
  }

  private static var hostname: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
