/// What the process was asked to do.
package enum Command: Sendable, Equatable {
  /// `checkOnly`: look at configuration and files, open no socket, end.
  case serve(Configuration, checkOnly: Bool)
  case check(CheckRequest)
  case products(ProductsCommand)
  case hammer(HammerCommand)
  case certificate(CertificateCommand)
  /// Hardens itself as the service with this configuration does, and tells how it is confined.
  case audit(Configuration)
  case version
  /// The text to print on standard output.
  case help(String)
}

/// The words that choose a command, first in the line of arguments.
enum CommandName: String, CaseIterable, Sendable {
  case serve, check, hammer, products, certificate, audit, version, help
}

/// One request of `vitrine check`.
package struct CheckRequest: Sendable, Equatable {
  /// As given, not looked at; nil: `/readyz` at the host and port of `configuration`.
  package let url: String?
  /// For the whole request.
  package let timeout: Duration
  /// Only its options of listening and of the check were read; the rest are defaults.
  package let configuration: Configuration

  /// This process's own certificate names no loopback address, and nobody else answers there.
  var trust: CheckTrust {
    url == nil ? .anyone : configuration.trust
  }
}

/// The command line and the environment, read and checked whole.
package struct Invocation: Sendable, Equatable {
  package let command: Command
  /// One line each: what was ignored and why.
  package let warnings: [String]

  /// Decides what to do. Pure: asks nobody but its arguments.
  ///
  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - environment: all variables; of those named `VITRINE_…` it reads the ones that the command takes.
  /// - Throws: `UsageError` with every mistake found, in the order of arguments, variables, contradictions.
  package static func parse(
    arguments: [String], environment: [String: String]
  ) throws(UsageError) -> Invocation {
    let parser = OptionParser(arguments: arguments)
    if parser.asksForHelp { return Invocation(command: .help(Usage.help), warnings: []) }
    if parser.asksForVersion { return Invocation(command: .version, warnings: []) }
    var mistakes = parser.mistakes
    guard let name = parser.command else { throw UsageError(mistakes: mistakes) }
    switch name {
    case .help: return Invocation(command: .help(Usage.help), warnings: [])
    case .version where mistakes.isEmpty: return Invocation(command: .version, warnings: [])
    case .serve, .check, .hammer, .products, .certificate, .audit, .version: break
    }

    var settings = Settings(command: name)
    for given in parser.given { settings.apply(given) }
    settings.apply(environment)
    settings.checkTogether()
    mistakes += settings.mistakes
    guard mistakes.isEmpty else { throw UsageError(mistakes: mistakes) }
    let configuration = settings.configuration
    if name == .products {
      let command = try ProductsCommand(operands: parser.operands, configuration: configuration)
      return Invocation(command: .products(command), warnings: [])
    }
    if name == .audit { return Invocation(command: .audit(configuration), warnings: []) }
    if name == .hammer {
      let command = try HammerCommand(operands: parser.operands, configuration: configuration)
      return Invocation(command: .hammer(command), warnings: [])
    }
    if name == .certificate {
      let command = try CertificateCommand(operands: parser.operands, configuration: configuration)
      return Invocation(command: .certificate(command), warnings: [])
    }
    if name == .check {
      let request = CheckRequest(
        url: parser.operands.first, timeout: configuration.checkTimeout, configuration: configuration)
      return Invocation(command: .check(request), warnings: [])
    }
    return Invocation(
      command: .serve(configuration, checkOnly: configuration.checkOnly), warnings: settings.warnings)
  }
}

/// Why the arguments or the environment were refused: EX_USAGE of sysexits.h.
package struct UsageError: Error, Sendable, Equatable {
  /// One line each: the flag or variable, what it must be, and the value found.
  package let mistakes: [String]
}
