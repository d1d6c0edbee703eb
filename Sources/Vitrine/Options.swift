/// One option: all that is known of it. The parser, the variables, `--help` and the README's table come from here.
package struct Option: Sendable {
  /// Without the dashes: `drain-delay`.
  package let name: String
  /// Its name in the environment: `VITRINE_DRAIN_DELAY`.
  package let variable: String
  /// What stands for the value in `--help`: `SECONDS`. Nil for a switch.
  package let placeholder: String?
  /// What a value must be, unit and range included: `seconds from 0 to 3600`.
  package let values: String
  /// The value that is in force when nobody sets it.
  package let defaultText: String
  /// What it does, in a sentence.
  package let summary: String
  /// Whether it may be given several times, and all of them count.
  let isRepeatable: Bool
  /// Whether its value must never be told.
  let isSecret: Bool
  /// The value in a configuration, as text that `write` would take (or the word for unset).
  let read: @Sendable (Configuration) -> String
  /// Puts a value into a configuration; false, and nothing is changed, when it is not one of `values`.
  let write: @Sendable (inout Configuration, String) -> Bool

  package var isSwitch: Bool { placeholder == nil }

  fileprivate init<Value>(
    _ name: String, _ property: any WritableKeyPath<Configuration, Value> & Sendable, _ kind: OptionKind<Value>,
    variable: String? = nil, _ summary: String
  ) {
    self.name = name
    self.variable = variable ?? Options.variable(name)
    self.placeholder = kind.placeholder
    self.values = kind.values
    self.summary = summary
    isRepeatable = false
    isSecret = kind.isSecret
    read = { kind.text($0[keyPath: property]) }
    write = { configuration, text in
      guard let value = kind.parse(text) else { return false }
      configuration[keyPath: property] = value
      return true
    }
    defaultText = kind.text(Configuration()[keyPath: property])
  }

  /// One that may be given several times.
  fileprivate init<Element>(
    _ name: String, each property: any WritableKeyPath<Configuration, [Element]> & Sendable,
    _ kind: OptionKind<Element>, unset: String, _ summary: String
  ) {
    self.name = name
    variable = Options.variable(name)
    placeholder = kind.placeholder
    values = kind.values + "; several times"
    self.summary = summary
    isRepeatable = true
    isSecret = kind.isSecret
    read = { $0[keyPath: property].isEmpty ? unset : $0[keyPath: property].map(kind.text).joined(separator: " ") }
    write = { configuration, text in
      guard let value = kind.parse(text) else { return false }
      configuration[keyPath: property].append(value)
      return true
    }
    defaultText = unset
  }
}

/// The one table.
package enum Options {
  package struct Group: Sendable {
    package let title: String
    /// The commands that take these options.
    let commands: Set<CommandName>
    package let options: [Option]
    /// Whether these shape the running service: false for what only says how one command goes about its work.
    var shapesService = true
  }

  package static let groups: [Group] = [
    Group(title: "Listening", commands: [.serve, .check], options: listening),
    Group(title: "TLS", commands: [.serve], options: tls),
    Group(title: "Service", commands: [.serve], options: service),
    Group(title: "Products", commands: [.serve, .products], options: products),
    Group(title: "Database\(StoreTraits.note)", commands: [.serve, .products], options: database),
    Group(title: "Changes", commands: [.serve], options: changes),
    Group(title: "Drain", commands: [.serve], options: drain),
    Group(title: "Timeouts", commands: [.serve], options: timeouts),
    Group(title: "Limits", commands: [.serve], options: limits),
    Group(title: "Breaking it on purpose", commands: [.serve], options: breaking),
    Group(title: "Logs", commands: [.serve], options: logs),
    Group(title: "Only checking", commands: [.serve], options: serveOnly, shapesService: false),
    Group(title: "Asking a server", commands: [.check, .hammer], options: asking, shapesService: false),
    Group(title: "The hammer command", commands: [.hammer], options: hammer, shapesService: false),
    Group(
      title: "The certificate command", commands: [.certificate], options: certificateOnly, shapesService: false),
  ]

  /// All options, in the groups' order.
  package static let table: [Option] = groups.flatMap(\.options)

  static func variable(_ name: String) -> String {
    "VITRINE_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
  }
}

extension Options {
  private static let listening: [Option] = [
    Option("host", \.host, .host, "Address or name to listen on; :: is every address, IPv4 included."),
    // A Service named vitrine makes Kubernetes set VITRINE_PORT=tcp://….
    Option(
      "port", \.port, .port, variable: "VITRINE_HTTP_PORT", "Port of the service; 0 takes a free one and logs it."),
    Option("http", \.http, .toggle, "Plain HTTP on --port; without it there is only HTTPS."),
    Option(
      "https-port", \.httpsPort, .optional(.port, unset: "off"),
      "Port of HTTPS; 0 takes a free one and logs it."),
    Option(
      "management-port", \.managementPort, .optional(.port, unset: "off"),
      "Port of a second listener for /healthz, /readyz and /metrics, which answers when the service is busy."),
    Option(
      "management-host", \.managementHost, .optional(.host, unset: "the --host"),
      "Address or name of the second listener."),
  ]

  private static let tls: [Option] = [
    Option(
      "tls-certificate", \.tlsCertificate, .optional(.file, unset: "none"),
      "PEM file with the server's certificate, then those that lead to its authority; taken anew when it changes."),
    Option("tls-key", \.tlsKey, .optional(.file, unset: "none"), "PEM file with its private key, not encrypted."),
    Option(
      "tls-client-certificates", \.tlsClientCertificates, .choice(),
      "Whether clients are asked for a certificate; optional: who shows one must show a good one."),
    Option(
      "tls-client-ca", \.tlsClientAuthorities, .optional(.file, unset: "none"),
      "PEM file with the authorities of clients' certificates."),
    Option(
      "tls-ticket-lifetime", \.tlsTicketLifetime, .seconds(1...604_800),
      "How long a client may resume its session; the keys of tickets change as often."),
  ]

  private static let service: [Option] = [
    Option(
      "loops", \.loops, .count(0...1024), "Event loops; 0 makes one for each core of affinity mask and CPU quota."),
    Option("message", \.message, .line(bytesMax: 1000), "What GET / says."),
    Option(
      "gzip-level", \.gzipLevel, .count(0...9),
      "How hard answers are compressed for clients that take gzip, 1 to 9; 0 is off."),
    Option(
      "gzip-kept-max", \.gzipKeptBytesMax, .bytes(0...1 << 30),
      "Compressed answers that each loop keeps for who asks again; beyond, they are made anew."),
    Option("identity-headers", \.identityHeaders, .toggle, "X-Served-By and X-Version on every answer."),
  ]

  private static let products: [Option] = [
    Option(
      "products", \.products, .optional(.file, unset: "built-in samples"),
      "JSON file with the products; without one they are samples in memory, and changes do not last."),
    Option("products-max", \.productsMax, .count(1...10_000_000), "Products in the catalogue; beyond: 507."),
    Option(
      "products-file-max", \.productsFileBytesMax, .bytes(1024...4 << 30),
      "The catalogue's file; beyond, it is not read, and a change is 507."),
    Option(
      "products-waiting-max", \.productsWaitingMax, .count(1...1_000_000),
      "Changes that wait for the catalogue's disk; beyond: 503."),
    Option(
      "store-timeout", \.storeTimeout, .seconds(0.001...3600), "For each call of the store; beyond: 503."),
  ]

  private static let database: [Option] = [
    Option(
      "database-url", \.databaseURL, .optional(.secretURL("a connection string of libpq"), unset: "none"),
      "PostgreSQL with the products, instead of --products, in a build with the trait PostgreSQL."),
    Option(
      "database-url-file", \.databaseURLFile, .optional(.file, unset: "none"),
      "File with it, so that no list of processes shows a password; read again for each connection."),
    Option(
      "database-connections-max", \.databaseConnectionsMax, .count(1...1000),
      "Connections to the database, and one more that watches; further calls wait."),
    Option(
      "store-dependency", \.storeDependency, .choice(),
      "What /readyz says while the database is down: soft 200 once it has answered, hard 503."),
    Option(
      "stale-max", \.staleMax, .seconds(0...86400),
      "While the database is down, reads get what was known last, if it was right this long ago; else 503."),
    Option(
      "memory-cache-max", \.memoryCacheBytesMax, .bytes(0...1 << 40), "The database's answers that memory keeps."),
    Option(
      "cache-url", \.cacheURL,
      .optional(.secretURL("redis://[[USER]:PASSWORD@]HOST[:PORT][/DB] or rediss://…"), unset: "none"),
      "Redis in front of the database, in a build with the trait Redis."),
    Option(
      "cache-url-file", \.cacheURLFile, .optional(.file, unset: "none"),
      "File with it; read again for each connection."),
    Option("cache-ttl", \.cacheTTL, .seconds(0.001...86400), "How long Redis keeps an answer."),
    Option(
      "cache-timeout", \.cacheTimeout, .seconds(0.001...3600),
      "For each call of Redis; beyond, it is bypassed."),
  ]

  private static let changes: [Option] = [
    Option(
      "write-token-file", \.writeTokenFile, .optional(.file, unset: "nobody may"),
      "File with the bearer tokens of those who may change products, one a line."),
    Option(
      "watch-interval", \.watchInterval, .seconds(0...3600),
      "Between two looks at whether catalogue and tokens have changed; 0: only on SIGHUP."),
  ]

  private static let drain: [Option] = [
    Option(
      "drain-delay", \.drainDelay, .seconds(0...3600),
      "After SIGTERM: goes on accepting this long, while load balancers learn of it."),
    Option(
      "drain-timeout", \.drainTimeout, .seconds(0...3600), "Then: requests under way may take this long to finish."),
    Option(
      "drain-idle", \.drainIdle, .seconds(0...3600),
      "Then: a keep-alive connection silent since SIGTERM is closed after this long."),
    Option(
      "grace-period", \.gracePeriod, .seconds(0.001...86400),
      "What the platform grants between SIGTERM and SIGKILL; must exceed delay and timeout together."),
    Option(
      "termination-log", \.terminationLog, .file,
      "Gets what was served and what was cut at the exit, where the platform made this file."),
  ]

  private static let timeouts: [Option] = [
    Option(
      "handshake-timeout", \.handshakeTimeout, .seconds(0.001...3600), "For the TLS handshake, from the accept."),
    Option(
      "head-timeout", \.headTimeout, .seconds(0.001...3600), "For a request's head, from the accept or its first byte."),
    Option("body-timeout", \.bodyTimeout, .seconds(0.001...3600), "Between two parts of a request's body."),
    Option("write-timeout", \.writeTimeout, .seconds(0.001...3600), "For a client that takes no bytes of its answer."),
    Option(
      "idle-timeout", \.idleTimeout, .seconds(0.001...86400),
      "For the next request of a kept connection; longer than proxies keep theirs, 90 s."),
    Option(
      "connection-max-age", \.connectionAgeMax, .seconds(0...86400),
      "Then a connection closes after its answer, with jitter, so that clients spread; 0 is off."),
  ]

  private static let limits: [Option] = [
    Option(
      "body-rate-min", \.bodyRateMin, .number(0...1_000_000, unit: "bytes/s"),
      "A body that comes slower, after --body-timeout from its start, is given up; 0 is off."),
    Option("request-line-max", \.requestLineBytesMax, .bytes(64...1 << 20), "Longest request line; beyond: 414."),
    Option("header-max", \.headerBytesMax, .bytes(256...1 << 20), "All header fields of a request; beyond: 431."),
    Option("header-fields-max", \.headerFieldsMax, .count(1...10_000), "Header fields of a request; beyond: 431."),
    Option("body-max", \.bodyBytesMax, .bytes(0...1 << 30), "A request's body; beyond: 413."),
    Option("connections-max", \.connectionsMax, .count(1...1_000_000), "Open connections; beyond: 503 and a close."),
    Option(
      "management-connections-max", \.managementConnectionsMax, .count(1...10_000),
      "Open connections of the second listener."),
    Option(
      "shed-connections-max", \.shedConnectionsMax, .count(0...10_000),
      "Connections beyond that may wait for their 503, of each listener; beyond: closed at once."),
    Option("in-flight-max", \.inFlightMax, .count(1...1_000_000), "Requests under way at once; beyond: 503."),
    Option(
      "hardening", \.hardening, .toggle,
      "Gives up foreign files and needless system calls: Landlock and seccomp, where the kernel has them."),
  ]

  private static let breaking: [Option] = [
    Option("faults", \.faults, .toggle, "Lets who has a token make faults, by /faults on the management port."),
    Option(
      "slow-start", \.slowStart, .seconds(0...900),
      "With --faults: so long after its start the service opens its ports."),
    Option("diagnostics", \.diagnostics, .toggle, "Answers below /debug/: echoes, delays, any status, streams."),
  ]

  private static let logs: [Option] = [
    Option("log-level", \.logLevel, .choice(), "The quietest lines that are written."),
    Option("log-format", \.logFormat, .choice(), "JSON or text; auto is text on a terminal."),
    Option("access-log", \.accessLog, .toggle, "A line for each request, at level info; probes at debug."),
    Option(
      "trusted-proxies", \.trustedProxies, .networks,
      "Peers whose X-Forwarded-For names the client in the log."),
    Option(
      "log-buffer-max", \.logBufferBytesMax, .bytes(65536...1 << 30),
      "Lines that may wait for a blocked standard output; beyond, they are dropped and counted."),
  ]

  private static let serveOnly: [Option] = [
    Option("check", \.checkOnly, .toggle, "Checks the configuration and the files, opens no socket, and ends.")
  ]

  private static let certificateOnly: [Option] = [
    Option("directory", \.certificateDirectory, .file, "Where tls.crt and tls.key are made."),
    Option("days", \.certificateDays, .count(0...3650), "How long it is good; 0: it has expired already."),
  ]

  private static let hammer: [Option] = [
    Option("connections", \.hammerConnections, .count(1...10_000), "Connections at once."),
    Option(
      "rate", \.hammerRate, .count(0...1_000_000),
      "Requests a second, sent when they are due, answered or not; 0: as fast as answers come."),
    Option("close", \.hammerCloses, .toggle, "A connection for each request."),
    Option("duration", \.hammerDuration, .seconds(0.001...86400), "How long requests are sent."),
    Option("method", \.hammerMethod, .choice(), "The requests' method."),
    Option("path", each: \.hammerPaths, .weightedPath, unset: "that of the URL", "What is asked for, and how often."),
    Option("header", each: \.hammerHeaders, .fieldLine, unset: "none", "A field of each request."),
    Option("output", \.hammerOutput, .choice(), "The report: for people, or one JSON object."),
    Option("allow-lost", \.hammerAllowedLosses, .count(0...1_000_000_000), "Lost requests; beyond: exit 1."),
    Option("max-p99", \.hammerP99Max, .seconds(0...3600), "The 99th percentile of latency; beyond: exit 1. 0: any."),
  ]

  private static let asking: [Option] = [
    Option("timeout", \.checkTimeout, .seconds(0.001...3600), "For the whole of a request, from the connection on."),
    Option(
      "ca", \.checkAuthorities, .optional(.file, unset: "the system's"),
      "PEM file with the authorities that an https:// server is checked against."),
    Option("insecure", \.checkInsecurely, .toggle, "Believes whoever answers at an https:// URL."),
  ]
}
