import Catalog

/// A configuration in the making: flags first, then the variables of what no flag has set.
struct Settings {
  private(set) var configuration = Configuration()
  /// One line each.
  private(set) var mistakes: [String] = []
  private(set) var warnings: [String] = []
  private let command: CommandName
  /// Options that a flag has set or that were refused.
  private var settled: Set<String> = []
  private var refused: Set<String> = []

  init(command: CommandName) {
    self.command = command
  }

  mutating func apply(_ given: OptionParser.Given) {
    let option = given.option
    guard takes(option) else {
      let owners = Options.groups.first { $0.options.contains { $0.name == option.name } }?.commands ?? []
      let names = CommandName.allCases.filter(owners.contains).map { "vitrine \($0.rawValue)" }
      return mistakes.append("--\(option.name): is an option of \(names.joined(separator: " and "))")
    }
    settled.insert(option.name)
    set(option, given.value, source: "--\(option.name)")
  }

  mutating func apply(_ environment: [String: String]) {
    for option in Options.table where takes(option) && !settled.contains(option.name) {
      // Empty is unset: a chart's template with an empty value must not be a mistake.
      guard let value = environment[option.variable], !value.isEmpty else { continue }
      if ServiceLink.isAddress(value) {
        warnings.append(
          "\(option.variable): ignored, \(quoted(value)) is what Kubernetes sets for a Service of that name")
      } else {
        set(option, value, source: option.variable)
      }
    }
    // Only the service warns: a probe every few seconds would repeat it on and on.
    if command == .serve { warnings += UnknownVariable.warnings(environment) }
  }

  /// Adds what is wrong with options together, unless one of them is wrong alone.
  mutating func checkTogether() {
    guard command == .serve else { return }
    mistakes += configuration.contradictions.filter { $0.options.isDisjoint(with: refused) }.map(\.line)
  }

  private mutating func set(_ option: Option, _ value: String, source: String) {
    guard !option.write(&configuration, value) else { return }
    refused.insert(option.name)
    mistakes.append("\(source): must be \(option.values)\(option.isSecret ? "" : ", found \(quoted(value))")")
  }

  private func takes(_ option: Option) -> Bool {
    // An audit is of what the service would be.
    let command = command == .audit ? .serve : command
    return Options.groups.contains { $0.commands.contains(command) && $0.options.contains { $0.name == option.name } }
  }
}

/// A value as an error line shows it: quoted, without control characters, and not a page long.
func quoted(_ value: String) -> String {
  var bytes: [UInt8] = []
  JSONText.append(
    string: value.unicodeScalars.count > 80 ? String(value.unicodeScalars.prefix(80)) + "…" : value, to: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}
