internal import CLinux
internal import Catalog
internal import Glibc
internal import HTTP
internal import HTTPServer
internal import Metrics
internal import Networking

/// The service from start to exit.
struct Lifecycle {
  private let configuration: Configuration
  private let hardening: Hardening
  private let writer: LogWriter
  private let log: Log

  /// - Parameter hardening: begun before there was a second thread; completed here.
  init(_ configuration: Configuration, hardening: Hardening) {
    self.configuration = configuration
    self.hardening = hardening
    writer = LogWriter(
      descriptor: STDOUT_FILENO, waitingBytesMax: configuration.logBufferBytesMax, format: configuration.logFormat)
    log = Log(level: configuration.logLevel, writer: writer)
  }

  func run(warnings: [String], checkOnly: Bool) async -> Exit {
    let signals = Signals()
    let exit = await serve(signals, warnings: warnings, checkOnly: checkOnly)
    _ = writer.flush(timeout: .milliseconds(500))
    return exit
  }

  private func serve(_ signals: Signals, warnings: [String], checkOnly: Bool) async -> Exit {
    for warning in warnings { log.warning(warning) }
    let prepared: Prepared
    do throws(StartError) {
      prepared = try prepare()
    } catch {
      for mistake in error.mistakes { complain("vitrine: \(mistake)") }
      return error.exit
    }
    if checkOnly {
      log.write(.info, "configuration is good", effective)
      return .success
    }
    log.write(.info, "starting", effective)
    let hardening = hardening.completed()
    log.write(hardening.isRefused ? .warning : .info, "hardening", hardening.fields)

    if configuration.faults {
      log.warning("faults can be made", ["by": .string(configuration.writeTokenFile == nil ? "nobody" : "a token")])
      if configuration.slowStart > .zero {
        log.warning("slow start", ["seconds": .string(configuration.slowStart.secondsText)])
        signals.wait(for: configuration.slowStart)
      }
    }
    #if PostgreSQL
    (prepared.store as? PostgreSQLProductStore)?.connect()
    #endif
    log.info("products", ["store": .string(prepared.store.status.note)])
    if let tls = prepared.tls {
      log.info("certificate", tls.fields)
      if let warning = tls.warning(at: Clock.realtime / 1_000_000_000) { log.warning(warning, tls.fields) }
    }
    let service: Service
    do {
      service = try Service(
        configuration, hardening: hardening, store: prepared.store, tokens: prepared.tokens,
        tls: prepared.tls, addresses: prepared.addresses, log: log)
    } catch {
      complain("vitrine: \(error)")
      log.error("\(error)")
      return .unavailable
    }
    await service.start()
    return await service.serve(until: signals)
  }

  /// What the configuration leads to, before a socket is open.
  private struct Prepared {
    var store: any ProductStore
    var tokens: WriteTokens?
    var tls: TLSFiles?
    var addresses: Service.Addresses
  }

  /// Why the service does not start: every mistake found.
  private struct StartError: Error {
    var mistakes: [String]
    var exit: Exit
  }

  private func prepare() throws(StartError) -> Prepared {
    var mistakes: [String] = []
    func resolve(_ host: String, port: UInt16, option: String) -> [SocketAddress] {
      do throws(ResolutionError) {
        return try SocketAddress.resolve(host, port: port)
      } catch {
        mistakes.append("\(option): \(error)")
        return []
      }
    }
    let hosts = resolve(configuration.host, port: configuration.port, option: "--host")
    var addresses = Service.Addresses(
      http: configuration.http ? hosts : [],
      https: configuration.httpsPort.map { port in hosts.map { SocketAddress($0.address, port: port) } } ?? [],
      management: [])
    if let port = configuration.managementPort {
      let host = configuration.managementHost
      addresses.management =
        host.map { resolve($0, port: port, option: "--management-host") }
        ?? hosts.map { SocketAddress($0.address, port: port) }
    }
    var exit = Exit.usage
    var tokens: WriteTokens?
    do throws(WriteTokensError) {
      if let path = configuration.writeTokenFile { tokens = try WriteTokens(path: path) }
    } catch {
      if mistakes.isEmpty { exit = .configuration }
      mistakes += error.lines
    }
    var tls: TLSFiles?
    do throws(TLSFilesError) {
      tls = try configuration.tlsFiles()
    } catch {
      if mistakes.isEmpty { exit = .configuration }
      mistakes += error.lines
    }
    do throws(OpenedStore.Failure) {
      // Who only checks makes no file and takes no lock.
      let store = try OpenedStore.forService(
        configuration, mayWrite: tokens != nil && !configuration.checkOnly, log: log)
      if mistakes.isEmpty {
        return Prepared(store: store, tokens: tokens, tls: tls, addresses: addresses)
      }
    } catch {
      if mistakes.isEmpty { exit = error.exit }
      mistakes += error.mistakes
    }
    throw StartError(mistakes: mistakes, exit: exit)
  }

  /// With a prefix: an option is called `message`, and so is a line's text.
  private var effective: [(key: String, value: LogValue)] {
    configuration.effective.map { (key: "config.\($0.name)", value: .string($0.value)) }
  }
}
