/// The two formats that Prometheus scrapes. They differ in what stands above a family; samples are written alike.
package enum Exposition: Sendable {
  /// Prometheus text, version 0.0.4: for every scraper, and for eyes.
  case text
  /// OpenMetrics 1.0.0, for those that ask for it.
  case openMetrics

  package var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  func render(_ families: [Family]) -> [UInt8] {
    var lines = ExpositionBuffer()
    for family in families {
      switch self {
      case .text: lines.appendTextHead(of: family)
      case .openMetrics: lines.appendOpenMetricsHead(of: family)
      }
      family.source.appendSamples(of: family.name, to: &lines)
    }
    if self == .openMetrics { lines.appendOpenMetricsEnd() }
    return lines.bytes
  }
}

/// An exposition in the making.
struct ExpositionBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Appends `name{labels} value`, where `labels` are pairs, escaped already.
  mutating func appendSample(_ name: String, suffix: String = "", labels: String = "", value: String) {
    append(name)
    append(suffix)
    if !labels.isEmpty {
      append("{")
      append(labels)
      append("}")
    }
    append(" ")
    append(value)
    append("\n")
  }
}

/// `method="GET"`.
func labelPair(_ name: String, _ value: String) -> String {
  #"\#(name)="\#(escaped(value, quotes: true))""#
}

/// `text` with a backslash before each backslash, line feed (as `n`) and, when it stands in quotes, each quote.
func escaped(_ text: String, quotes: Bool) -> String {
  var escaped = ""
  // By scalar, not by character: a carriage return and a line feed are one character.
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\": escaped += #"\\"#
    case "\n": escaped += #"\n"#
    case "\"" where quotes: escaped += #"\""#
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
