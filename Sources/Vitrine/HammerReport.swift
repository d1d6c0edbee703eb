internal import Catalog
internal import Hammer

/// What a load came to, for people and for machines.
struct HammerReport {
  private static let quantiles: [(name: String, part: Double)] = [
    ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999),
  ]

  let tally: Tally
  private let url: String

  init(_ tally: Tally, url: String) {
    self.tally = tally
    self.url = url
  }

  /// Milliseconds with three decimals: `0.250`.
  static func milliseconds(_ nanoseconds: UInt64) -> String {
    let microseconds = nanoseconds / 1000
    let rest = String(microseconds % 1000)
    return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }

  private var rate: Int { tally.elapsed > 0 ? Int(Double(tally.answered) / Double(tally.elapsed) * 1e9) : 0 }

  private var latencies: [(name: String, value: String)] {
    Self.quantiles.compactMap { name, part in tally.latencies.quantile(part).map { (name, Self.milliseconds($0)) } }
      + [("max", Self.milliseconds(tally.latencies.maximum))]
  }

  var text: String {
    var lines = [
      "\(url): \(tally.answered) answered, \(tally.lost) lost, in \(Self.milliseconds(UInt64(tally.elapsed) / 1000)) s,"
        + " \(rate)/s, \(tally.connections) connections"
    ]
    func row(_ title: String, _ counts: [(name: String, value: String)]) {
      guard !counts.isEmpty else { return }
      lines.append("  \(title)  " + counts.map { "\($0.name): \($0.value)" }.joined(separator: ", "))
    }
    row("latency, ms", latencies)
    row("status", Self.sorted(tally.statuses).map { (String($0.key), String($0.value)) })
    row("lost", Tally.Loss.allCases.compactMap { loss in tally.losses[loss].map { (loss.rawValue, String($0)) } })
    row("version", Self.names(tally.versions))
    row("pod", Self.names(tally.servers))
    return lines.joined(separator: "\n")
  }

  /// One object on one line.
  var json: String {
    func object(_ members: [(name: String, value: String)]) -> String {
      "{" + members.map { "\(Self.quoted($0.name)):\($0.value)" }.joined(separator: ",") + "}"
    }
    let losses = Tally.Loss.allCases.map { (name: $0.rawValue, value: String(tally.losses[$0] ?? 0)) }
    let timeline = tally.timeline.enumerated().map { second, counts in
      object([
        ("second", String(second)), ("answered", String(counts.answered)), ("lost", String(counts.lost)),
        ("errors", String(counts.errors)),
      ])
    }
    return object([
      ("url", Self.quoted(url)), ("seconds", Self.milliseconds(UInt64(tally.elapsed) / 1000)),
      ("answered", String(tally.answered)), ("lost", String(tally.lost)), ("requestsPerSecond", String(rate)),
      ("connections", String(tally.connections)),
      ("latencyMilliseconds", object(latencies)),
      ("statuses", object(Self.sorted(tally.statuses).map { (String($0.key), String($0.value)) })),
      ("losses", object(losses)), ("versions", object(Self.names(tally.versions))),
      ("pods", object(Self.names(tally.servers))), ("timeline", "[" + timeline.joined(separator: ",") + "]"),
    ])
  }

  private static func sorted(_ counts: [Int: Int]) -> [(key: Int, value: Int)] { counts.sorted { $0.key < $1.key } }

  /// Names come from servers: what is not visible ASCII shows as `?`.
  private static func names(_ counts: [[UInt8]: Int]) -> [(name: String, value: String)] {
    counts.map { name, count in
      (String(name.map { (0x20...0x7e).contains($0) ? Character(UnicodeScalar($0)) : "?" }), String(count))
    }.sorted { $0.0 < $1.0 }
  }

  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSONText.append(string: text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
