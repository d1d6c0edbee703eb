/// A named family of series, as a scrape shows it.
struct Family: Sendable {
  enum Kind: String {
    case counter, gauge, histogram
  }

  /// Of a counter with its `_total`.
  let name: String
  let help: String
  let kind: Kind
  let source: any SampleSource

  init(_ name: String, _ help: String, _ kind: Kind, _ source: any SampleSource) {
    precondition(isMetricName(name), "not a metric's name: \(name)")
    precondition(name.hasSuffix("_total") == (kind == .counter), "counters, and only they, end in _total: \(name)")
    precondition(!help.isEmpty, "\(name) has no help")
    self.name = name
    self.help = help
    self.kind = kind
    self.source = source
  }

  /// The name without a counter's `_total`, as OpenMetrics wants it.
  var baseName: String {
    kind == .counter ? String(name.dropLast("_total".count)) : name
  }

  /// Every name that stands in an exposition for this family, and so for no other.
  var names: Set<String> {
    switch kind {
    case .counter: [name, baseName]
    case .gauge: [name]
    case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
    }
  }
}

/// What the series of a family come from.
protocol SampleSource: Sendable {
  /// Appends a line for each series that shows.
  func appendSamples(of name: String, to lines: inout ExpositionBuffer)
}

/// A single value, read when it is scraped.
struct CollectedSample: SampleSource {
  let collect: @Sendable () -> Double?

  func appendSamples(of name: String, to lines: inout ExpositionBuffer) {
    if let value = collect() { lines.appendSample(name, value: String(sample: value)) }
  }
}

/// Labelled values, read when they are scraped.
struct CollectedSamples: SampleSource {
  let labels: [String]
  let collect: @Sendable () -> [(labels: [String], value: Double)]

  init(_ labels: [String], collect: @escaping @Sendable () -> [(labels: [String], value: Double)]) {
    precondition(labels.allSatisfy(isLabelName) && Set(labels).count == labels.count, "bad labels: \(labels)")
    self.labels = labels
    self.collect = collect
  }

  func appendSamples(of name: String, to lines: inout ExpositionBuffer) {
    for row in collect() {
      precondition(row.labels.count == labels.count, "\(name) has \(labels.count) labels")
      let pairs = zip(labels, row.labels).map { labelPair($0, $1) }.joined(separator: ",")
      lines.appendSample(name, labels: pairs, value: String(sample: row.value))
    }
  }
}
