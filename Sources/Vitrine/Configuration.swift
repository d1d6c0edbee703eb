package import Networking

/// Everything that can be set, one property for each option, with the defaults. `Options.table` says what each may be.
///
/// Durations have whole milliseconds. Names end in the unit or in `Max` and `Min`.
package struct Configuration: Sendable, Equatable {
  /// The defaults, which together contradict nothing.
  package init() {}

  // MARK: Listening

  /// An address or a name. `::` is every address of the machine, IPv4 included.
  package var host = "::"
  /// 0 takes a free port.
  package var port: UInt16 = 8080
  /// False: only HTTPS is spoken there.
  package var http = true
  /// Nil: no HTTPS. 0 takes a free port.
  package var httpsPort: UInt16?
  /// The files of the server's certificate and key, PEM.
  package var tlsCertificate: String?
  package var tlsKey: String?
  package var tlsClientCertificates = ClientCertificateMode.off
  /// The file with the authorities that clients' certificates are checked against.
  package var tlsClientAuthorities: String?
  /// A key for session tickets seals them this long, and opens them for as long again.
  package var tlsTicketLifetime: Duration = .seconds(7200)
  /// Nil: no management listener. 0 takes a free port.
  package var managementPort: UInt16?
  /// Nil: as `host`; read it through `managementListenHost`.
  package var managementHost: String?
  /// Event loops; 0: one for each core that affinity mask and CPU quota leave.
  package var loops = 0

  // MARK: Content

  /// 1 to 1,000 bytes without control characters.
  package var message = "Hello from Vitrine"
  /// The catalogue's file; nil: the built-in samples, in memory.
  package var products: String?
  package var productsMax = 100_000
  package var productsFileBytesMax = 64 << 20
  package var productsWaitingMax = 1000
  /// libpq's connection string, which may hold a password; nil, as the next one: no database.
  package var databaseURL: String?
  /// A file with it, read again for each connection.
  package var databaseURLFile: String?
  /// Besides the one that watches.
  package var databaseConnectionsMax = 4
  /// Whether an instance whose database is down wants requests.
  package var storeDependency = StoreDependency.soft
  /// How long reads go on from what was known last.
  package var staleMax: Duration = .seconds(300)
  /// Of a database's answers.
  package var memoryCacheBytesMax = 16 << 20
  /// `redis://…`, which may hold a password; nil, as the next one: no cache but memory.
  package var cacheURL: String?
  package var cacheURLFile: String?
  package var cacheTTL: Duration = .seconds(60)
  /// For each call of the cache.
  package var cacheTimeout: Duration = .milliseconds(100)
  /// For each call of the store.
  package var storeTimeout: Duration = .seconds(5)
  /// The file with the tokens of those who may write; nil: nobody may.
  package var writeTokenFile: String?
  /// Between two looks at the files; zero: only on SIGHUP.
  package var watchInterval: Duration = .seconds(1)
  /// `X-Served-By` and `X-Version` on every answer.
  package var identityHeaders = true
  /// 0: answers are not compressed.
  package var gzipLevel = 6
  package var gzipKeptBytesMax = 1_048_576

  // MARK: Drain

  package var drainDelay: Duration = .seconds(5)
  package var drainTimeout: Duration = .seconds(20)
  package var drainIdle: Duration = .seconds(10)
  /// What the platform grants between SIGTERM and SIGKILL.
  package var gracePeriod: Duration = .seconds(30)
  package var terminationLog = "/dev/termination-log"

  // MARK: Limits

  package var handshakeTimeout: Duration = .seconds(10)
  package var headTimeout: Duration = .seconds(10)
  package var bodyTimeout: Duration = .seconds(30)
  package var writeTimeout: Duration = .seconds(30)
  package var idleTimeout: Duration = .seconds(120)
  /// Bytes per second; 0: no minimum.
  package var bodyRateMin = 240
  package var requestLineBytesMax = 8192
  package var headerBytesMax = 16384
  package var headerFieldsMax = 100
  package var bodyBytesMax = 1_048_576
  package var connectionsMax = 10_000
  package var managementConnectionsMax = 64
  /// Above those, for each listener.
  package var shedConnectionsMax = 64
  package var inFlightMax = 1024
  /// Zero: no maximum.
  package var connectionAgeMax: Duration = .zero

  /// Landlock and seccomp, where the kernel has them.
  package var hardening = true

  // MARK: Breaking it on purpose

  /// Whether faults can be made, on the management port.
  package var faults = false
  /// Before the service opens a socket; only with `faults`.
  package var slowStart: Duration = .zero
  /// `/debug/…`.
  package var diagnostics = false

  // MARK: Logs

  package var logLevel = LogLevel.info
  package var logFormat = LogFormat.auto
  package var accessLog = true
  /// Peers whose `X-Forwarded-For` is believed, for the log alone.
  package var trustedProxies: [IPNetwork] = []
  /// Lines that may wait while standard output blocks, in bytes.
  package var logBufferBytesMax = 1_048_576

  // MARK: Commands

  /// Of `vitrine serve`: checks the configuration and the files, and ends.
  package var checkOnly = false
  /// Of `vitrine check`: the whole request, from the connection to the status.
  package var checkTimeout: Duration = .seconds(5)
  /// Of `vitrine check`: the file with the authorities that servers are checked against; nil: the system's.
  package var checkAuthorities: String?
  /// Of `vitrine check`: whoever answers is believed.
  package var checkInsecurely = false
  /// Of `vitrine hammer`: connections at once.
  package var hammerConnections = 10
  /// Requests a second; 0: as fast as answers come.
  package var hammerRate = 0
  package var hammerCloses = false
  package var hammerDuration: Duration = .seconds(10)
  package var hammerMethod = HammerCommand.Method.get
  /// Empty: that of the URL.
  package var hammerPaths: [HammerCommand.Path] = []
  /// Field lines without their ends.
  package var hammerHeaders: [String] = []
  package var hammerOutput = HammerCommand.Output.text
  package var hammerAllowedLosses = 0
  /// Zero: any.
  package var hammerP99Max: Duration = .zero
  /// Of `vitrine certificate`: where its two files go.
  package var certificateDirectory = "."
  package var certificateDays = 365
}

extension Configuration {
  /// By whom servers at an `https` URL are vouched for.
  var trust: CheckTrust {
    checkInsecurely ? .anyone : checkAuthorities.map { .file($0) } ?? .system
  }

  /// Where the management listener binds when `managementPort` is set.
  package var managementListenHost: String { managementHost ?? host }

  /// Every option of the service with its value in force, in the table's order, for the log's first lines. What is
  /// unset reads as the table words it (`off`), and of a secret is told only that it is set.
  package var effective: [(name: String, value: String)] {
    Options.groups.filter(\.shapesService).flatMap(\.options).map { option in
      let value = option.read(self)
      return (option.name, option.isSecret && value != option.defaultText ? "set" : value)
    }
  }

  /// Options that are allowed one by one and not together.
  var contradictions: [Contradiction] {
    var found: [Contradiction] = []
    let drain = drainDelay + drainTimeout
    if gracePeriod <= drain {
      // A drain that outlives the grace period ends in SIGKILL, and its requests are lost.
      let line =
        "--grace-period: must exceed --drain-delay and --drain-timeout together (\(drain.secondsText) s), "
        + "found \"\(gracePeriod.secondsText)\""
      found.append(Contradiction(options: ["grace-period", "drain-delay", "drain-timeout"], line: line))
    }
    return found + portContradictions + missingOptions
  }

  private var portContradictions: [Contradiction] {
    let listeners: [(option: String, port: UInt16?, host: String)] = [
      ("port", http ? port : nil, host), ("https-port", httpsPort, host),
      ("management-port", managementPort, managementListenHost),
    ]
    var found: [Contradiction] = []
    for (index, listener) in listeners.enumerated() {
      for earlier in listeners[..<index] {
        guard let port = listener.port, port != 0, port == earlier.port, listener.host == earlier.host else { continue }
        let line = "--\(listener.option): must differ from --\(earlier.option), found \"\(port)\" for both"
        found.append(
          Contradiction(options: [listener.option, earlier.option, "management-host", "host"], line: line))
      }
    }
    return found
  }

  private var missingOptions: [Contradiction] {
    var found: [Contradiction] = []
    func needs(_ option: String, _ other: String, _ isMissing: Bool) {
      guard isMissing else { return }
      found.append(Contradiction(options: [option, other], line: "--\(option): needs --\(other)"))
    }
    needs("https-port", "tls-certificate", httpsPort != nil && tlsCertificate == nil)
    needs("https-port", "tls-key", httpsPort != nil && tlsKey == nil)
    needs("tls-certificate", "https-port", tlsCertificate != nil && httpsPort == nil)
    needs("tls-key", "https-port", tlsKey != nil && httpsPort == nil)
    needs("tls-client-certificates", "tls-client-ca", tlsClientCertificates != .off && tlsClientAuthorities == nil)
    needs("tls-client-certificates", "https-port", tlsClientCertificates != .off && httpsPort == nil)
    needs("tls-client-ca", "tls-client-certificates", tlsClientAuthorities != nil && tlsClientCertificates == .off)
    needs("no-http", "https-port", !http && httpsPort == nil)
    needs("faults", "management-port", faults && managementPort == nil)
    needs("slow-start", "faults", slowStart > .zero && !faults)
    return found
  }

  struct Contradiction {
    /// The options that take part: when one of them was refused by itself, the contradiction proves nothing.
    let options: Set<String>
    let line: String
  }
}

/// What a database that is down means for `/readyz`.
package enum StoreDependency: String, CaseIterable, Sendable {
  /// Nothing, once it has answered: reads go on.
  case soft
  /// 503.
  case hard
}
