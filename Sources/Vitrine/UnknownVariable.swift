/// Variables named `VITRINE_…` that nothing reads: a misspelt one would otherwise be a setting that silently is none.
enum UnknownVariable {
  /// One line each, by name.
  static func warnings(_ environment: [String: String]) -> [String] {
    let known = Set(Options.table.map(\.variable))
    let unknown = environment.filter { name, value in
      name.hasPrefix("VITRINE_") && !known.contains(name) && !isOfBuildOrTests(name) && !value.isEmpty
        && !ServiceLink.isVariable(name, value: value)
    }
    return unknown.keys.sorted().map { name in
      "\(name): unknown variable, ignored; " + (nearest(name).map { "did you mean \($0)?" } ?? "see --help")
    }
  }

  /// Package.swift and the tests read these.
  private static func isOfBuildOrTests(_ name: String) -> Bool {
    name.hasPrefix("VITRINE_REVISION") || name == "VITRINE_FUZZ" || name == "VITRINE_CORPORA"
  }

  /// Compared as options' names, so that VITRINE_PORT leads to the option `port`, whatever its variable is called.
  private static func nearest(_ variable: String) -> String? {
    let name = String(variable.dropFirst("VITRINE_".count).lowercased().map { $0 == "_" ? "-" : $0 })
    guard let nearest = Suggestion.nearest(to: name, among: Options.table.map(\.name)) else { return nil }
    return Options.table.first { $0.name == nearest }?.variable
  }
}

/// The variables that Kubernetes sets in every container for each Service of the namespace, in Docker's old manner: for
/// one called vitrine `VITRINE_SERVICE_HOST`, `VITRINE_SERVICE_PORT_HTTP`, `VITRINE_PORT=tcp://10.0.0.1:80`,
/// `VITRINE_PORT_80_TCP_ADDR`. (kubernetes.io, "Accessing the Service", Environment Variables.)
enum ServiceLink {
  static func isAddress(_ value: String) -> Bool { value.hasPrefix("tcp://") }

  static func isVariable(_ name: String, value: String) -> Bool {
    if isAddress(value) || value.hasPrefix("udp://") || value.hasPrefix("sctp://") { return true }
    if name.hasSuffix("_SERVICE_HOST") || name.hasSuffix("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
      return true
    }
    let words = name.split(separator: "_")
    // …_PORT_80_TCP, and that with _PROTO, _PORT or _ADDR behind it.
    return words.indices.dropLast(2).contains { index in
      words[index] == "PORT" && UInt16(words[index + 1]) != nil && ["TCP", "UDP", "SCTP"].contains(words[index + 2])
    }
  }
}
