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
  private let writer: LogWriter
  private let log: Log

  init(_ configuration: Configuration) {
    self.configuration = configuration
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
    let store: any ProductStore
    let addresses: [SocketAddress]
    let managementAddresses: [SocketAddress]
    do {
      store = try openStore()
      addresses = try SocketAddress.resolve(configuration.host, port: configuration.port)
      managementAddresses =
        try configuration.managementPort.map {
          try SocketAddress.resolve(configuration.managementListenHost, port: $0)
        } ?? []
    } catch let error as CatalogError {
      for line in error.lines { complain("vitrine: \(line)") }
      return .configuration
    } catch {
      complain("vitrine: --host: \(error)")
      return .usage
    }
    if checkOnly {
      log.write(.info, "configuration is good", effective)
      return .success
    }
    log.write(.info, "starting", effective)

    let service: Service
    do {
      service = try Service(
        configuration, store: store, addresses: addresses, managementAddresses: managementAddresses, log: log)
    } catch {
      complain("vitrine: \(error)")
      log.error("\(error)")
      return .unavailable
    }
    await service.start()
    return await service.serve(until: signals, reloading: store as? FileProductStore)
  }

  private func openStore() throws(CatalogError) -> any ProductStore {
    guard let path = configuration.products else { return SampleProducts() }
    return try FileProductStore(path: path)
  }

  /// With a prefix: an option is called `message`, and so is a line's text.
  private var effective: [(key: String, value: LogValue)] {
    configuration.effective.map { (key: "config.\($0.name)", value: .string($0.value)) }
  }
}
