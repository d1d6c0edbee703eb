import Testing

@testable import Vitrine

/// The table and the parser that is made of it.
@Suite struct OptionsTests {
  private func mistakes(_ arguments: [String], _ environment: [String: String] = [:]) -> [String] {
    do throws(UsageError) {
      _ = try Invocation.parse(arguments: arguments, environment: environment)
      return []
    } catch {
      return error.mistakes
    }
  }

  private func configuration(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> Configuration {
    let invocation = try Invocation.parse(arguments: arguments, environment: environment)
    guard case .serve(let configuration, _) = invocation.command else {
      Issue.record("not serve: \(invocation.command)")
      return Configuration()
    }
    return configuration
  }

  @Test func everyDefaultIsAValueOfItsOwnKindOrUnset() {
    let unset = [
      "management-port", "management-host", "products", "trusted-proxies", "write-token-file", "https-port",
      "tls-certificate", "tls-key", "tls-client-ca", "ca", "path", "header",
      "database-url", "database-url-file", "cache-url", "cache-url-file",
    ]
    for option in Options.table where !unset.contains(option.name) {
      var configuration = Configuration()
      #expect(option.write(&configuration, option.defaultText), "\(option.name)")
      #expect(configuration == Configuration(), "\(option.name)")
    }
  }

  @Test func namesAndVariablesAreUnique() {
    #expect(Set(Options.table.map(\.name)).count == Options.table.count)
    #expect(Set(Options.table.map(\.variable)).count == Options.table.count)
    #expect(Options.table.first { $0.name == "port" }?.variable == "VITRINE_HTTP_PORT")
    #expect(Options.table.first { $0.name == "drain-delay" }?.variable == "VITRINE_DRAIN_DELAY")
  }

  /// A value, not the default, that each option takes; a new option must be added here.
  static let samples = [
    "host": "127.0.0.1", "port": "1", "management-port": "0", "management-host": "::1", "loops": "2",
    "message": "Grüße = \"1\"", "products": "/p.json", "identity-headers": "false", "drain-delay": "0.25",
    "drain-timeout": "1.5", "drain-idle": "0", "grace-period": "60", "termination-log": "/t", "head-timeout": "1",
    "body-timeout": "2",
    "write-timeout": "3", "idle-timeout": "4", "connection-max-age": "5.125", "body-rate-min": "0",
    "request-line-max": "1000", "header-max": "2000", "header-fields-max": "10", "body-max": "0",
    "connections-max": "1", "management-connections-max": "2", "shed-connections-max": "0", "in-flight-max": "3",
    "log-level": "debug",
    "log-format": "text", "access-log": "false", "trusted-proxies": "10.0.0.0/8,fd00::/8,192.0.2.1/32",
    "log-buffer-max": "70000", "check": "true", "timeout": "2.5", "products-max": "5", "products-file-max": "4096",
    "products-waiting-max": "7",
    "store-timeout": "1.25", "gzip-level": "9", "gzip-kept-max": "0", "write-token-file": "/token",
    "watch-interval": "0.5",
    "hardening": "false", "http": "false", "https-port": "8443", "tls-certificate": "/c", "tls-key": "/k",
    "tls-client-certificates": "optional", "tls-client-ca": "/a", "tls-ticket-lifetime": "60",
    "handshake-timeout": "0.5", "ca": "/authorities", "insecure": "true", "directory": "/d", "days": "0",
    "connections": "3", "rate": "1000", "close": "true", "duration": "1.5", "method": "HEAD", "path": "3:/api?a=b",
    "header": "X-Test: a:b", "output": "json", "allow-lost": "2", "max-p99": "0.25",
    "database-url": "postgresql://u:p@h/d", "database-url-file": "/url",
    "database-connections-max": "7", "store-dependency": "hard", "stale-max": "0", "memory-cache-max": "1000",
    "cache-url": "redis://:p@h/1", "cache-url-file": "/cache", "cache-ttl": "5", "cache-timeout": "0.25",
    "faults": "true", "slow-start": "2.5", "diagnostics": "true",
  ]

  /// What an option needs beside it.
  static let companions = [
    "http": ["https-port", "tls-certificate", "tls-key"], "https-port": ["tls-certificate", "tls-key"],
    "tls-certificate": ["https-port", "tls-key"], "tls-key": ["https-port", "tls-certificate"],
    "tls-client-certificates": ["tls-client-ca", "https-port", "tls-certificate", "tls-key"],
    "tls-client-ca": ["tls-client-certificates", "https-port", "tls-certificate", "tls-key"],
    "faults": ["management-port"], "slow-start": ["faults", "management-port"],
  ]

  @Test func everyOptionSetsItsOwnPropertyFromFlagAndVariableAlike() throws {
    #expect(Set(Self.samples.keys) == Set(Options.table.map(\.name)))
    for option in Options.table {
      let value = try #require(Self.samples[option.name])
      var expected = Configuration()
      #expect(option.write(&expected, value), "\(option.name)")
      #expect(expected != Configuration(), "\(option.name)")
      #expect(option.read(expected) == value, "\(option.name)")
      let group = try #require(Options.groups.first { $0.options.contains { $0.name == option.name } })
      let command = try #require(CommandName.allCases.first(where: group.commands.contains)).rawValue
      let operands = command == "hammer" ? ["http://a/"] : []
      var beside: [String] = []
      for name in Self.companions[option.name] ?? [] {
        let (companion, value) = (try #require(Options.table.first { $0.name == name }), Self.samples[name] ?? "")
        #expect(companion.write(&expected, value))
        beside.append("--\(name)=\(value)")
      }
      let ways: [([String], [String: String])] = [
        ([command, "--\(option.name)", value], [:]), ([command, "--\(option.name)=\(value)"], [:]),
        (["--\(option.name)=\(value)", command], [:]), ([command], [option.variable: value]),
        // The flag wins, and the variable is not even looked at.
        ([command, "--\(option.name)=\(value)"], [option.variable: "\u{1}"]),
      ]
      for (arguments, environment) in ways {
        switch try Invocation.parse(arguments: arguments + operands + beside, environment: environment).command {
        case .serve(let configuration, let checkOnly):
          #expect(configuration == expected, "\(arguments) \(environment)")
          #expect(checkOnly == (option.name == "check"))
        case .check(let request):
          #expect(request.configuration == expected)
        case .hammer(let command): #expect(command.configuration == expected)
        case .certificate(let command):
          #expect(command.directory == expected.certificateDirectory && command.days == expected.certificateDays)
        case .version, .help, .products, .audit: Issue.record("\(arguments)")
        }
      }
    }
  }

  @Test(arguments: [
    (["--port", "65536"], #"--port: must be a whole number from 0 to 65535, found "65536""#),
    (["--port=-1"], #"--port: must be a whole number from 0 to 65535, found "-1""#),
    (["--port="], #"--port: must be a whole number from 0 to 65535, found """#),
    (["--management-port", "1e3"], #"--management-port: must be a whole number from 0 to 65535, found "1e3""#),
    (["--loops", "1025"], #"--loops: must be a whole number from 0 to 1024, found "1025""#),
    (
      ["--body-max", "99999999999999999999"],
      #"--body-max: must be bytes, a whole number from 0 to 1073741824, found "99999999999999999999""#
    ),
    (["--drain-idle", "inf"], #"--drain-idle: must be seconds from 0 to 3600, up to three decimals, found "inf""#),
    (["--drain-idle", "1."], #"--drain-idle: must be seconds from 0 to 3600, up to three decimals, found "1.""#),
    (["--drain-idle", "0x1"], #"--drain-idle: must be seconds from 0 to 3600, up to three decimals, found "0x1""#),
    (
      ["--head-timeout", "0"],
      #"--head-timeout: must be seconds from 0.001 to 3600, up to three decimals, found "0""#
    ),
    (["--log-level", "loud"], #"--log-level: must be one of debug, info, warning, error, found "loud""#),
    (["--access-log=yes"], #"--access-log: must be true or false, found "yes""#),
    (
      ["--host", "[::1]"],
      #"--host: must be an address without brackets or a host name, at most 253 bytes, found "[::1]""#
    ),
    (
      ["--message", "a\u{1B}[2J"],
      #"--message: must be 1 to 1000 bytes of text without control characters, found "a\u001b[2J""#
    ),
    (
      ["--trusted-proxies", "10.0.0.0/33"],
      #"--trusted-proxies: must be addresses or networks in CIDR notation, with commas between, found "10.0.0.0/33""#
    ),
    (
      ["--trusted-proxies", "10.0.0.1,"],
      #"--trusted-proxies: must be addresses or networks in CIDR notation, with commas between, found "10.0.0.1,""#
    ),
  ])
  func refusesAValueNamingTheFlagWhatItMustBeAndTheValue(arguments: [String], line: String) {
    #expect(mistakes(arguments) == [line])
  }

  @Test func refusesAVariablesValueNamingTheVariable() {
    #expect(
      mistakes([], ["VITRINE_HTTP_PORT": "70000"])
        == [#"VITRINE_HTTP_PORT: must be a whole number from 0 to 65535, found "70000""#])
  }

  @Test func takesSwitchesInEveryForm() throws {
    for arguments in [["--no-access-log"], ["--access-log=false"], ["--access-log", "false"]] {
      #expect(try !configuration(arguments).accessLog)
    }
    for arguments in [["--access-log"], ["--access-log=true"], ["--access-log", "true"], ["--access-log", "serve"]] {
      #expect(try configuration(arguments, ["VITRINE_ACCESS_LOG": "false"]).accessLog)
    }
    #expect(mistakes(["--no-access-log=true"]) == [#"--no-access-log: takes no value, found "true""#])
  }

  @Test(arguments: [
    (["--prot", "1"], "--prot: unknown option; did you mean --port?"),
    (["--max-body=1"], "--max-body: unknown option; did you mean --body-max?"),
    (["--drain"], "--drain: unknown option; did you mean --drain-delay?"),
    (["--halp"], "--halp: unknown option; did you mean --help?"),
    (["--no-port"], "--no-port: unknown option; did you mean --port?"),
    (["--xyzzy-plugh"], "--xyzzy-plugh: unknown option; see --help"),
    (["-p", "1"], "-p: unknown option; options begin with two dashes"),
    (["sevre"], "sevre: unknown command; did you mean serve?"),
    (["verison"], "verison: unknown command; did you mean version?"),
    (["serve", "now"], "now: serve takes no such argument"),
    (["check", "a", "b"], "b: check takes no such argument"),
    (["--port"], "--port: needs a value: a whole number from 0 to 65535"),
    (["--port", "--loops=1"], "--port: needs a value: a whole number from 0 to 65535"),
    (["--port=1", "--port=2"], "--port: given more than once"),
    (["--timeout=1"], "--timeout: is an option of vitrine check and vitrine hammer"),
    (["check", "--body-max=1"], "--body-max: is an option of vitrine serve"),
  ])
  func answersAWrongWordWithTheRightOne(arguments: [String], line: String) {
    #expect(mistakes(arguments).first == line)
  }

  @Test func reportsAllMistakesAtOnce() {
    let found = mistakes(
      ["--prot=1", "--loops=x", "--drain-delay=30"], ["VITRINE_BODY_MAX": "1k", "VITRINE_LOG_LEVEL": "loud"])
    #expect(
      found.map { $0.prefix { $0 != ":" } } == [
        "--prot", "--loops", "VITRINE_BODY_MAX", "VITRINE_LOG_LEVEL", "--grace-period",
      ])
  }

  @Test(arguments: [["--help"], ["-h"], ["check", "--help"], ["--prot", "--help"], ["nonsense", "-h"], ["help"]])
  func helpIsAnsweredEverywhere(arguments: [String]) throws {
    let invocation = try Invocation.parse(arguments: arguments, environment: ["VITRINE_LOOPS": "x"])
    #expect(invocation.command == .help(Usage.help))
  }

  @Test(arguments: [["--version"], ["version"], ["check", "--version"], ["serve", "--port=x", "--version"]])
  func versionIsAnsweredEverywhere(arguments: [String]) throws {
    #expect(try Invocation.parse(arguments: arguments, environment: [:]).command == .version)
  }

  @Test func checkTakesAURLAndItsOwnEnvironment() throws {
    let environment = ["VITRINE_HTTP_PORT": "9000", "VITRINE_BODY_MAX": "nonsense", "VITRINE_UNKNOWN": "x"]
    let invocation = try Invocation.parse(
      arguments: ["check", "http://localhost/", "--timeout", "0.5"], environment: environment)
    guard case .check(let request) = invocation.command else {
      Issue.record("\(invocation.command)")
      return
    }
    #expect(request.url == "http://localhost/")
    #expect(request.timeout == .milliseconds(500))
    #expect(request.configuration.port == 9000)
    #expect(invocation.warnings.isEmpty)
  }

  @Test func helpNamesEveryOptionAndVariableWithin100Columns() {
    for option in Options.table {
      #expect(Usage.help.contains("  --\(option.name)"))
      #expect(Usage.help.contains(" \(option.variable), "))
    }
    #expect(Usage.help.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(Usage.help.hasSuffix("\n"))
  }

  @Test func markdownHasARowOfFiveCellsForEachOption() {
    let rows = Usage.markdownTable.split(separator: "\n")
    #expect(rows.count == Options.table.count + 2)
    #expect(rows.allSatisfy { $0.count { $0 == "|" } == 6 })
  }

  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("port", "prot", 1), ("port", "ports", 1), ("host", "post", 1), ("abc", "xyz", 3),
    ("loops", "loop", 1), ("kitten", "sitting", 3),
  ])
  func distanceCountsLettersAndSwaps(first: String, second: String, distance: Int) {
    #expect(Suggestion.editDistance(first, second) == distance)
    #expect(Suggestion.editDistance(second, first) == distance)
  }
}
