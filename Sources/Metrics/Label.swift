/// A label and all the values that it can take. The domain is closed, so the number of series is bounded before the
/// first request: a client cannot make more of them.
package struct Label: Sendable {
  package let name: String
  package let values: [String]

  /// - Parameters:
  ///   - name: `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__` (Prometheus keeps those) and not `le`.
  ///   - values: at least one, no two the same.
  package init(_ name: String, _ values: [String]) {
    precondition(isLabelName(name), "not a label name: \(name)")
    precondition(!values.isEmpty && Set(values).count == values.count, "values of \(name) missing or repeated")
    self.name = name
    self.values = values
  }
}

/// Whether Prometheus takes `name` as a label's, and nothing else claims it: histograms have `le`.
func isLabelName(_ name: String) -> Bool {
  isMetricName(name) && !name.hasPrefix("__") && name != "le"
}

/// Whether `name` matches `[a-zA-Z_][a-zA-Z0-9_]*`. The colon, which the grammar allows, is for recording rules.
func isMetricName(_ name: String) -> Bool {
  let letters = name.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
  }
  return letters && name.first.map { !$0.isNumber } ?? false
}

/// The combinations of some labels' values, numbered row-major: the last label's value changes fastest.
struct LabelSpace: Sendable {
  private let labels: [Label]
  /// How many combinations there are: 1 without labels.
  let count: Int
  /// `method="GET"` for each value of each label: escaped once, not at every scrape.
  private let pairs: [[String]]

  init(_ labels: [Label]) {
    precondition(Set(labels.map(\.name)).count == labels.count, "a label occurs twice")
    self.labels = labels
    count = labels.reduce(1) { $0 * $1.values.count }
    precondition(count <= cellsMax, "\(count) series in one family")
    pairs = labels.map { label in label.values.map { labelPair(label.name, $0) } }
  }

  /// The cell of a combination, one value for each label in order; nil when a value is outside its domain.
  func cell(_ values: [String]) -> Int? {
    guard values.count == labels.count else { return nil }
    var cell = 0
    for (label, value) in zip(labels, values) {
      guard let index = label.values.firstIndex(of: value) else { return nil }
      cell = cell * label.values.count + index
    }
    return cell
  }

  func values(of cell: Int) -> [String] {
    var rest = cell
    var values: [String] = []
    for label in labels.reversed() {
      values.append(label.values[rest % label.values.count])
      rest /= label.values.count
    }
    return values.reversed()
  }

  /// `method="GET",code="200"`: what stands between the braces.
  func pairs(of cell: Int) -> String {
    var rest = cell
    var text = ""
    for pairs in pairs.reversed() {
      let pair = pairs[rest % pairs.count]
      text = text.isEmpty ? pair : pair + "," + text
      rest /= pairs.count
    }
    return text
  }

  /// Which cells show although nothing was counted in them: those that `initial` picks, or all when there are few.
  func initialCells(_ initial: (([String]) -> Bool)?, allUpTo few: Int) -> [Bool] {
    (0..<count).map { cell in labels.isEmpty || (initial?(values(of: cell)) ?? (count <= few)) }
  }
}

/// The most series that one family may have.
private let cellsMax = 65_536
