package import HTTPServer
package import Metrics
package import Networking

/// A server in this process, on a port of 127.0.0.1 that the kernel chooses.
package struct TestServer: Sendable {
  package let server: Server
  package let registry: Registry
  /// Opens `/gate`.
  package let gate: Gate
  private let log: LogLines

  package var address: SocketAddress { server.addresses[0] }
  /// Where it speaks TLS.
  package var tlsAddress: SocketAddress { server.tlsAddresses[0] }
  package var managementAddress: SocketAddress { server.managementAddresses[0] }
  /// What the access log was handed so far.
  package var logText: String { log.text }

  /// Starts a server, hands it to `body`, and stops it.
  ///
  /// - Parameters:
  ///   - routes: those of `TestRoutes` unless given.
  ///   - management: routes of a management listener; nil for none.
  ///   - tls: what a TLS listener is to be had with, beside the plain one; nil for none.
  ///   - scope: what the access log takes.
  package static func run(
    routes: [Route]? = nil, management: [Route]? = nil, tls: TLSEndpoint? = nil, scope: AccessLog.Scope = [.service],
    trustedProxies: [IPNetwork] = [],
    configure: (inout ServerConfiguration) -> Void = { _ in }, _ body: (TestServer) async throws -> Void
  ) async throws {
    var configuration = ServerConfiguration()
    configure(&configuration)
    // Registering thousands of series takes a while under a sanitizer: not on the threads that all tests share.
    let server = try await onThread { [configuration] in
      try TestServer(
        configuration, routes: routes, management: management, tls: tls, scope: scope, trustedProxies: trustedProxies)
    }
    await server.server.start()
    do {
      try await body(server)
    } catch {
      await server.stopNow()
      throw error
    }
    await server.stopNow()
  }

  private init(
    _ configuration: ServerConfiguration, routes: [Route]?, management: [Route]?, tls: TLSEndpoint?,
    scope: AccessLog.Scope, trustedProxies: [IPNetwork]
  ) throws {
    let gate = Gate()
    let log = LogLines()
    let loopback = SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0)
    registry = Registry(shards: configuration.loops + (management == nil ? 0 : 1))
    server = try Server(
      service: Server.Endpoint(addresses: [loopback], tls: tls, router: Router(routes ?? TestRoutes.all(gate: gate))),
      management: management.map { Server.Endpoint(addresses: [loopback], router: Router($0)) },
      configuration: configuration, registry: registry,
      accessLog: AccessLog(isJSON: true, scope: scope, trustedProxies: trustedProxies) { lines, _ in log.append(lines) }
    )
    self.gate = gate
    self.log = log
  }

  package func connect(timeout: Double = 20, receiveBuffer: Int32? = nil) throws -> RawClient {
    try RawClient(address, timeout: timeout, receiveBuffer: receiveBuffer)
  }

  /// A connection of its own on a thread of its own.
  package func client<Value: Sendable>(
    timeout: Double = 20, _ body: @escaping @Sendable (RawClient) throws -> Value
  ) async throws -> Value {
    try await onThread { try body(try connect(timeout: timeout)) }
  }

  /// The sample of this name and labels, as `http_limit_hits_total{limit="idle-timeout"}`; 0 when it does not show.
  package func metric(_ series: String) -> Double {
    for line in String(decoding: registry.exposition(.text), as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix(series + " ") { return Double(line.dropFirst(series.count + 1)) ?? .nan }
    }
    return 0
  }

  package func hits(_ limit: Limit) -> Double {
    metric("http_limit_hits_total{limit=\"\(limit.rawValue)\"}")
  }

  /// Open connections in a state of `http_connections`.
  package func connections(_ state: String) -> Double {
    metric("http_connections{state=\"\(state)\"}")
  }

  /// Cuts whatever is open: a cancelled task hurries through the drain.
  private func stopNow() async {
    gate.open()
    let stop = Task { _ = await server.stop(Server.DrainTimes(delay: .zero, timeout: .zero, idle: .zero)) }
    stop.cancel()
    await stop.value
  }
}

/// What an access log wrote.
private final class LogLines: Sendable {
  private let lines = Guarded<[UInt8]>([])

  var text: String { lines.withLock { String(decoding: $0, as: UTF8.self) } }

  func append(_ more: [UInt8]) { lines.withLock { $0 += more } }
}

extension TestServer {
  /// Runs `body` while the server stops, then ends the stop at once.
  package func stopping(_ times: Server.DrainTimes, _ body: () async throws -> Void) async throws {
    let stop = Task { await server.stop(times) }
    _ = await eventually { server.drain.isRaised }
    do { try await body() } catch {
      stop.cancel()
      throw error
    }
    stop.cancel()
    _ = await stop.value
  }

  /// Runs `body` while the server stops, and waits for the end of the stop.
  package func stopped(
    _ times: Server.DrainTimes, while body: () async throws -> Void
  ) async throws -> Server.DrainReport {
    let stop = Task { await server.stop(times) }
    _ = await eventually { server.drain.isRaised }
    do { try await body() } catch {
      stop.cancel()
      throw error
    }
    return await stop.value
  }
}
