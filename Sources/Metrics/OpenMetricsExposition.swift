extension ExpositionBuffer {
  /// HELP, TYPE and UNIT, under the name without a counter's `_total`. Quotes in the help are escaped, as in labels.
  mutating func appendOpenMetricsHead(of family: Family) {
    append("# HELP \(family.baseName) \(escaped(family.help, quotes: true))\n")
    append("# TYPE \(family.baseName) \(family.kind.rawValue)\n")
    // A unit must be the name's last part, so the name tells it.
    for unit in ["seconds", "bytes"] where family.baseName.hasSuffix("_" + unit) {
      append("# UNIT \(family.baseName) \(unit)\n")
    }
  }

  /// Without this line a scraper takes the exposition for cut off.
  mutating func appendOpenMetricsEnd() {
    append("# EOF\n")
  }
}
