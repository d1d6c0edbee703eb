import Networking
import Testing

@testable import Vitrine

/// What the environment may set, and what may not stand together.
@Suite struct ConfigurationTests {
  private func served(
    _ arguments: [String] = [], _ environment: [String: String] = [:]
  ) throws -> (configuration: Configuration, warnings: [String]) {
    let invocation = try Invocation.parse(arguments: arguments, environment: environment)
    guard case .serve(let configuration, _) = invocation.command else {
      Issue.record("not serve: \(invocation.command)")
      return (Configuration(), [])
    }
    return (configuration, invocation.warnings)
  }

  @Test func nothingGivenIsTheDefaults() throws {
    let (configuration, warnings) = try served()
    #expect(configuration == Configuration())
    #expect(configuration.contradictions.isEmpty)
    #expect(warnings.isEmpty)
  }

  @Test func anEmptyVariableIsUnset() throws {
    #expect(
      try served([], ["VITRINE_HTTP_PORT": "", "VITRINE_MESSAGE": "", "VITRINE_UNHEARD_OF": ""]) == (
        Configuration(), []
      ))
  }

  @Test func managementHostFollowsTheHost() throws {
    #expect(try served(["--host=127.0.0.1"]).configuration.managementListenHost == "127.0.0.1")
    #expect(try served(["--host=127.0.0.1", "--management-host=::1"]).configuration.managementListenHost == "::1")
  }

  @Test func trustedProxiesMatchBothFamilies() throws {
    let networks = try served(["--trusted-proxies", "10.0.0.0/8, fd00::/8,192.0.2.1"]).configuration.trustedProxies
    func trusts(_ literal: String) throws -> Bool {
      let address = try #require(IPAddress(literal))
      return networks.contains { $0.contains(address) }
    }
    #expect(try trusts("10.1.2.3") && trusts("::ffff:10.1.2.3") && trusts("fd00::1") && trusts("192.0.2.1"))
    #expect(try !trusts("11.0.0.1") && !trusts("fe80::1") && !trusts("192.0.2.2"))
  }

  @Test(arguments: [
    (
      ["--grace-period=25"],
      #"--grace-period: must exceed --drain-delay and --drain-timeout together (25 s), found "25""#
    ),
    (
      ["--drain-delay=10.5", "--drain-timeout=19.5"],
      #"--grace-period: must exceed --drain-delay and --drain-timeout together (30 s), found "30""#
    ),
    (["--management-port=8080"], #"--management-port: must differ from --port, found "8080" for both"#),
    (
      ["--https-port=8080", "--tls-certificate=c", "--tls-key=k"],
      #"--https-port: must differ from --port, found "8080" for both"#
    ),
    (
      ["--https-port=9", "--management-port=9", "--tls-certificate=c", "--tls-key=k"],
      #"--management-port: must differ from --https-port, found "9" for both"#
    ),
    (["--https-port=8443", "--tls-key=k"], "--https-port: needs --tls-certificate"),
    (["--https-port=8443", "--tls-certificate=c"], "--https-port: needs --tls-key"),
    (
      ["--https-port=8443", "--tls-certificate=c", "--tls-key=k", "--tls-client-certificates=required"],
      "--tls-client-certificates: needs --tls-client-ca"
    ),
    (
      ["--https-port=8443", "--tls-certificate=c", "--tls-key=k", "--tls-client-ca=a"],
      "--tls-client-ca: needs --tls-client-certificates"
    ),
    (["--no-http"], "--no-http: needs --https-port"),
  ])
  func refusesWhatContradictsItself(arguments: [String], line: String) {
    #expect(throws: UsageError(mistakes: [line])) { try served(arguments) }
  }

  @Test(arguments: [
    ["--grace-period=25.001"], ["--port=0", "--management-port=0"],
    ["--management-port=8080", "--management-host=127.0.0.1"],
    ["--no-http", "--https-port=8080", "--tls-certificate=c", "--tls-key=k"],
    ["--https-port=0", "--port=0", "--tls-certificate=c", "--tls-key=k"],
  ])
  func takesWhatJustGoesTogether(arguments: [String]) throws {
    _ = try served(arguments)
  }

  @Test func aRefusedValueIsNotReportedAsAContradictionToo() {
    #expect(
      throws: UsageError(mistakes: [
        #"--drain-delay: must be seconds from 0 to 3600, up to three decimals, found "x""#
      ])
    ) { try served(["--drain-delay=x", "--grace-period=10"]) }
  }

  @Test func aServiceLinkInAVariableIsIgnoredWithAWarning() throws {
    let (configuration, warnings) = try served([], ["VITRINE_MANAGEMENT_PORT": "tcp://10.96.0.7:9090"])
    #expect(configuration == Configuration())
    #expect(
      warnings == [
        #"VITRINE_MANAGEMENT_PORT: ignored, "tcp://10.96.0.7:9090" is what Kubernetes sets for a Service of that name"#
      ])
  }

  @Test(arguments: [
    ("VITRINE_PROT", "1", "VITRINE_PROT: unknown variable, ignored; did you mean VITRINE_HTTP_PORT?"),
    ("VITRINE_PORT", "8080", "VITRINE_PORT: unknown variable, ignored; did you mean VITRINE_HTTP_PORT?"),
    ("VITRINE_MAX_BODY", "1", "VITRINE_MAX_BODY: unknown variable, ignored; did you mean VITRINE_BODY_MAX?"),
    ("VITRINE_XYZZY_PLUGH", "1", "VITRINE_XYZZY_PLUGH: unknown variable, ignored; see --help"),
    ("VITRINE_", "1", "VITRINE_: unknown variable, ignored; see --help"),
  ])
  func warnsOfAVariableThatNothingReads(name: String, value: String, line: String) throws {
    #expect(try served([], [name: value]).warnings == [line])
  }

  @Test(arguments: [
    ("VITRINE_PORT", "tcp://10.0.0.1:80"), ("VITRINE_SERVICE_HOST", "10.0.0.1"), ("VITRINE_SERVICE_PORT", "80"),
    ("VITRINE_SERVICE_PORT_HTTP", "80"), ("VITRINE_PORT_80_TCP", "tcp://10.0.0.1:80"),
    ("VITRINE_PORT_80_TCP_PROTO", "tcp"), ("VITRINE_PORT_80_TCP_PORT", "80"), ("VITRINE_PORT_80_TCP_ADDR", "10.0.0.1"),
    ("VITRINE_MANAGEMENT_SERVICE_HOST", "10.0.0.1"), ("VITRINE_MANAGEMENT_PORT_9090_UDP_ADDR", "10.0.0.1"),
    ("VITRINE_REVISION", "abc"), ("VITRINE_REVISION_DATE", "x"), ("VITRINE_FUZZ", "1"), ("VITRINE_CORPORA", "/c"),
    ("HOME", "/"), ("VITRINEX", "1"),
  ])
  func doesNotWarnOfWhatOthersSet(name: String, value: String) throws {
    #expect(try served([], [name: value]) == (Configuration(), []))
  }

  @Test func effectiveNamesEveryOptionOfTheServiceWithItsValueInForce() throws {
    let effective = try served(["--port=0", "--no-access-log", "--drain-delay=0.5"]).configuration.effective
    let values = Dictionary(uniqueKeysWithValues: effective)
    #expect(values["port"] == "0" && values["access-log"] == "false" && values["drain-delay"] == "0.5")
    #expect(values["management-port"] == "off" && values["products"] == "built-in samples")
    #expect(values["check"] == nil && values["timeout"] == nil)
    #expect(values.count == Options.groups.filter(\.shapesService).map(\.options.count).reduce(0, +))
  }
}
