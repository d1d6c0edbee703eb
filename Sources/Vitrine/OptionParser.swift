/// Takes the arguments apart: command, operands, and flags with their values still as text.
struct OptionParser {
  /// A flag as it was written.
  struct Given {
    let option: Option
    let value: String
  }

  /// Nil when the word for it is unknown.
  private(set) var command: CommandName? = .serve
  /// What follows the command and is no flag: the URL of `check`.
  private(set) var operands: [String] = []
  private(set) var given: [Given] = []
  private(set) var asksForHelp = false
  private(set) var asksForVersion = false
  /// One line each.
  private(set) var mistakes: [String] = []

  init(arguments: [String]) {
    var words: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--":
        words += rest
        rest = []
      case "--help", "-h": asksForHelp = true
      case "--version": asksForVersion = true
      case _ where argument.hasPrefix("--"): readFlag(argument.dropFirst(2), &rest)
      case _ where argument.hasPrefix("-") && argument != "-":
        mistakes.append("\(argument): unknown option; options begin with two dashes")
      default: words.append(argument)
      }
    }
    readWords(words)
  }

  /// `name=value`, `name` with the value in the next argument, or a switch.
  private mutating func readFlag(_ flag: Substring, _ rest: inout ArraySlice<String>) {
    let parts = flag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let inlineValue = parts.count == 2 ? String(parts[1]) : nil
    guard let (option, isNegated) = Self.option(name) else {
      let nearest = Suggestion.nearest(to: name, among: Options.table.map(\.name) + ["help", "version"])
      return mistakes.append("--\(name): unknown option; " + (nearest.map { "did you mean --\($0)?" } ?? "see --help"))
    }
    if !option.isRepeatable, given.contains(where: { $0.option.name == option.name }) {
      // The last would win silently: one of the two is not what was meant.
      mistakes.append("--\(option.name): given more than once")
    }
    if isNegated {
      if let inlineValue { mistakes.append("--\(name): takes no value, found \(quoted(inlineValue))") }
      given.append(Given(option: option, value: "false"))
    } else if let inlineValue {
      given.append(Given(option: option, value: inlineValue))
    } else if let next = rest.first, option.isSwitch ? Bool(next) != nil : !next.hasPrefix("--") {
      rest.removeFirst()
      given.append(Given(option: option, value: next))
    } else if option.isSwitch {
      given.append(Given(option: option, value: "true"))
    } else {
      mistakes.append("--\(name): needs a value: \(option.values)")
    }
  }

  private mutating func readWords(_ words: [String]) {
    guard let first = words.first else { return }
    operands = Array(words.dropFirst())
    command = CommandName(rawValue: first)
    guard let command else {
      let nearest = Suggestion.nearest(to: first, among: CommandName.allCases.map(\.rawValue))
      return mistakes.append(
        "\(first): unknown command; " + (nearest.map { "did you mean \($0)?" } ?? "see --help"))
    }
    let taken =
      switch command {
      case .check, .hammer: 1
      case .products: 2
      case .certificate: CertificateCommand.namesMax
      case .serve, .audit, .version, .help: 0
      }
    for operand in operands.dropFirst(taken) {
      mistakes.append("\(operand): \(command.rawValue) takes no such argument")
    }
  }

  /// The option with this name, or the switch that `no-` turns off.
  private static func option(_ name: String) -> (option: Option, isNegated: Bool)? {
    if let option = Options.table.first(where: { $0.name == name }) { return (option, false) }
    guard name.hasPrefix("no-"), let option = Options.table.first(where: { $0.name == name.dropFirst(3) }),
      option.isSwitch
    else { return nil }
    return (option, true)
  }
}
