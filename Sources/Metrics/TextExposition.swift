extension ExpositionBuffer {
  /// HELP and TYPE, under the name of the samples. Quotes in the help stay as they are.
  mutating func appendTextHead(of family: Family) {
    append("# HELP \(family.name) \(escaped(family.help, quotes: false))\n")
    append("# TYPE \(family.name) \(family.kind.rawValue)\n")
  }
}
