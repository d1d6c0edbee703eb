import Networking
import TestSupport
import Testing
import Vitrine

/// What the command says on which stream, and how it exits.
@Suite(.serialized) struct CommandLineTests {
  @Test(arguments: [["--help"], ["-h"], ["help"], ["serve", "--help"], ["check", "-h"], ["version", "--help"]])
  func helpStandsOnStandardOutput(arguments: [String]) async throws {
    let finished = try await ServiceProcess.finished(arguments)
    #expect(finished.end == .exited(0) && finished.errors == "")
    #expect(finished.output.contains("Usage:"))
    for option in Options.table {
      #expect(finished.output.contains("--\(option.name)") && finished.output.contains(option.variable))
    }
  }

  @Test(arguments: [["--version"], ["version"], ["serve", "--version"], ["check", "--version"]])
  func theVersionStandsOnStandardOutput(arguments: [String]) async throws {
    let finished = try await ServiceProcess.finished(arguments)
    #expect(finished.end == .exited(0) && finished.errors == "")
    let build = BuildInformation.current
    #expect(
      finished.output
        == "vitrine \(build.version) (\(build.revision), \(build.revisionDate), Swift \(build.swiftVersion))\n")
  }

  @Test(
    arguments: [
      (["--drain-dely", "1"], "did you mean --drain-delay?"), (["--prot=1"], "did you mean --port?"),
      (["serv"], "did you mean serve?"), (["chekc"], "did you mean check?"), (["--verison"], "did you mean --version?"),
    ])
  func whatIsUnknownIsAnsweredWithTheNearest(arguments: [String], suggestion: String) async throws {
    let finished = try await ServiceProcess.finished(arguments)
    #expect(finished.end == .exited(64) && finished.output == "")
    #expect(finished.errors.contains(suggestion), "\(finished.errors)")
  }

  @Test func eachMistakeHasItsLineAndNoSocketIsOpened() async throws {
    // Who tried to listen here would say so, and exit with 69.
    let taken = try Self.listener()
    let finished = try await ServiceProcess.finished(
      [
        "--host", "127.0.0.1", "--port", "\(taken.address.port)", "--drain-delay", "soon", "--loops=-1", "--nosuch",
        "--products",
      ], environment: ["VITRINE_LOG_LEVEL": "loud"])
    #expect(finished.end == .exited(64) && finished.output == "")
    let lines = finished.errorLines
    #expect(lines.count == 5 && lines.allSatisfy { $0.hasPrefix("vitrine: ") }, "\(lines)")
    for part in [
      "--drain-delay: must be", "--loops: must be", "--nosuch: unknown", "--products: needs",
      "VITRINE_LOG_LEVEL: must be",
    ] {
      #expect(lines.contains { $0.contains(part) }, "\(part)")
    }
  }

  @Test func optionsThatContradictAreRefusedTogether() async throws {
    let finished = try await ServiceProcess.finished(["--port", "0", "--grace-period", "25"])
    #expect(finished.end == .exited(64) && finished.errorLines.count == 1)
    #expect(finished.errors.contains("--grace-period: must exceed --drain-delay and --drain-timeout"))
  }

  @Test func checkingOpensNothing() async throws {
    let taken = try Self.listener()
    let finished = try await ServiceProcess.finished(
      ["serve", "--check", "--host", "127.0.0.1", "--port", "\(taken.address.port)"])
    #expect(finished.end == .exited(0) && finished.errors == "", "\(finished.errors)")
    #expect(!finished.output.contains("\"listening\"") && finished.output.contains("configuration is good"))
  }

  @Test func aPortInUseIsAnErrorWhoeverHasIt() async throws {
    let taken = try Self.listener()
    let other = try await ServiceProcess.finished(["--host", "127.0.0.1", "--port", "\(taken.address.port)"])
    #expect(other.end == .exited(69) && other.errorLines.count == 1)
    #expect(other.errors.contains("\(taken.address)") && other.errors.contains("ddress already in use"))

    try await ServiceProcess.run(["--management-port", "0"]) { service in
      let (port, managementPort) = ("\(service.address.port)", "\(service.managementAddress.port)")
      for options in [
        ["--host", "127.0.0.1", "--port", port], ["--host", "::", "--port", port],
        ["--host", "127.0.0.1", "--port", "0", "--management-port", managementPort],
      ] {
        let finished = try await ServiceProcess.finished(options)
        #expect(finished.end == .exited(69) && finished.errorLines.count == 1, "\(options) \(finished.errors)")
        #expect(finished.errors.contains("ddress already in use"))
      }
      #expect(try await service.get("/").status == 200)
    }
  }

  @Test func aHostThatIsNoneIsToldByItsName() async throws {
    let finished = try await ServiceProcess.finished(["--port", "0", "--host", "nosuch.invalid"])
    #expect(finished.end != .exited(0) && finished.errorLines.count == 1)
    #expect(finished.errors.contains("nosuch.invalid"))
    let management = try await ServiceProcess.finished(
      ["--port", "0", "--host", "127.0.0.1", "--management-port", "0", "--management-host", "nosuch.invalid"])
    #expect(management.end == finished.end)
    #expect(management.errors.contains("--management-host"), "\(management.errors)")
  }

  private static func listener() throws -> ListeningSocket {
    try ListeningSocket.group(at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 1)[0]
  }
}

/// Options in the environment.
@Suite(.serialized) struct VariableTests {
  @Test func variablesSetWhatNoFlagSets() async throws {
    let environment = ["VITRINE_HTTP_PORT": "0", "VITRINE_MESSAGE": "from the environment", "VITRINE_LOOPS": "3"]
    try await ServiceProcess.run(["--loops", "1"], environment: environment) { service in
      let index = try await service.get("/", ["Accept: text/plain"])
      #expect(index.text == "from the environment\n")
      #expect(try await service.logged("ready")["loops"]?.number == 1)
    }
  }

  @Test func anEmptyVariableIsUnset() async throws {
    let environment = [
      "VITRINE_MESSAGE": "", "VITRINE_MANAGEMENT_PORT": "", "VITRINE_PRODUCTS": "", "VITRINE_NOSUCH": "",
    ]
    try await ServiceProcess.run(environment: environment) { service in
      let index = try await service.get("/", ["Accept: text/plain"])
      #expect(index.text == "Hello from Vitrine\n")
      #expect(service.managementAddress == service.address)
      #expect(!service.process.output.text.contains("\"level\":\"warning\""))
    }
  }

  @Test func whatKubernetesSetsForServicesIsIgnoredWithAWarning() async throws {
    let environment = [
      "VITRINE_MANAGEMENT_PORT": "tcp://10.0.0.1:9090", "VITRINE_PORT": "tcp://10.0.0.1:80",
      "VITRINE_SERVICE_HOST": "10.0.0.1", "VITRINE_PORT_80_TCP_ADDR": "10.0.0.1",
    ]
    try await ServiceProcess.run(environment: environment) { service in
      #expect(service.managementAddress == service.address)
      let warnings = service.process.output.lines.filter { $0.contains("\"level\":\"warning\"") }
      #expect(warnings.count == 1, "\(warnings)")
      #expect(warnings.first?.contains("VITRINE_MANAGEMENT_PORT: ignored") == true)
    }
  }

  @Test func anUnknownVariableWarns() async throws {
    let environment = ["VITRINE_DRAIN_DELEY": "1", "VITRINE_PORT": "8080"]
    try await ServiceProcess.run(environment: environment) { service in
      let warnings = service.process.output.lines.filter { $0.contains("\"level\":\"warning\"") }
      #expect(warnings.count == 2, "\(warnings)")
      #expect(warnings.contains { $0.contains("did you mean VITRINE_DRAIN_DELAY?") })
      #expect(warnings.contains { $0.contains("did you mean VITRINE_HTTP_PORT?") })
    }
  }

  @Test func aBadVariableIsRefusedUnlessAFlagWins() async throws {
    let environment = ["VITRINE_LOOPS": "many"]
    let refused = try await ServiceProcess.finished(["--check"], environment: environment)
    #expect(refused.end == .exited(64) && refused.errors.hasPrefix("vitrine: VITRINE_LOOPS: must be"))
    let flagged = try await ServiceProcess.finished(["--check", "--loops", "1"], environment: environment)
    #expect(flagged.end == .exited(0), "\(flagged.errors)")
  }

  @Test func theEffectiveConfigurationIsLogged() async throws {
    let environment = ["VITRINE_DRAIN_IDLE": "2.5"]
    try await ServiceProcess.run(["--drain-delay", "0.25"], environment: environment) { service in
      let line = try await service.logged("starting")
      for (option, value) in [("drain-delay", "0.25"), ("drain-idle", "2.5"), ("header-max", "16384"), ("loops", "0")] {
        #expect(line["config.\(option)"] == .string(value), "\(option)")
      }
      #expect(line.keys.count { $0.hasPrefix("config.") } >= 25)
    }
  }
}

/// `vitrine check` against the real service.
@Suite(.serialized) struct CheckCommandTests {
  @Test func asksAURL() async throws {
    try await ServiceProcess.run { service in
      let good = try await ServiceProcess.finished(["check", "\(service.url)/healthz"])
      #expect(good.end == .exited(0) && good.output == "" && good.errors == "")
      let missing = try await ServiceProcess.finished(["check", "\(service.url)/none"])
      #expect(missing.end == .exited(1) && missing.output == "")
      #expect(missing.errors == "vitrine check: \(service.url)/none answered 404 Not Found\n")
    }
  }

  @Test func withoutAURLItAsksWhereItsEnvironmentSaysThatTheServiceIs() async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      let closed = try await unusedPort()
      let (port, managementPort) = ("\(service.address.port)", "\(service.managementAddress.port)")
      let good: [[String: String]] = [
        ["VITRINE_HTTP_PORT": port], ["VITRINE_HTTP_PORT": closed, "VITRINE_MANAGEMENT_PORT": managementPort],
        ["VITRINE_HTTP_PORT": port, "VITRINE_HOST": "127.0.0.1", "VITRINE_DRAIN_DELAY": "nonsense"],
        ["VITRINE_HTTP_PORT": port, "VITRINE_MANAGEMENT_PORT": "tcp://10.0.0.1:1"],
      ]
      for environment in good {
        let finished = try await ServiceProcess.finished(["check"], environment: environment)
        #expect(finished.end == .exited(0) && finished.errors == "", "\(environment) \(finished.errors)")
      }
      let bad: [[String: String]] = [
        ["VITRINE_HTTP_PORT": closed], ["VITRINE_HTTP_PORT": port, "VITRINE_MANAGEMENT_PORT": closed],
      ]
      for environment in bad {
        let finished = try await ServiceProcess.finished(["check"], environment: environment)
        #expect(finished.end == .exited(1) && finished.output == "")
        #expect(finished.errors == "vitrine check: http://127.0.0.1:\(closed)/readyz: connection refused\n")
      }
    }
  }

  @Test func aMistakeIsNoFailedCheck() async throws {
    for arguments in [
      ["check", "--timeout", "never"], ["check", "--drain-delay", "1"], ["check", "http://a/", "http://b/"],
    ] {
      let finished = try await ServiceProcess.finished(arguments)
      #expect(finished.end == .exited(64) && finished.errorLines.count == 1, "\(arguments) \(finished.errors)")
    }
  }

  /// A port where nobody listens.
  private func unusedPort() async throws -> String { "\(try freePort())" }
}
