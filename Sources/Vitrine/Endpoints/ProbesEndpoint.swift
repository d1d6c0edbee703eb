internal import Catalog
internal import HTTP
internal import Networking

/// `GET /probes`: the ledger of who probes, as JSON or as a table for people. It answers whether a probe is configured as
/// one thinks.
struct ProbesEndpoint: Sendable {
  private static let forms = [MediaType("application", "json"), MediaType("text", "plain")]

  let probes: Probes

  func answer(_ request: Request) -> Response {
    let report = ProbeReport(probes.snapshot, at: Clock.monotonic, wallClock: Clock.realtime)
    let chosen = request.preferred(among: Self.forms)
    if chosen == 1 {
      return Response(.ok, contentType: "text/plain; charset=utf-8", body: Array(report.text.utf8))
        .adding(.cacheControl, "no-store").compressible(vary: "Accept, Accept-Encoding")
    }
    return Response.current(report.json).compressible(vary: "Accept, Accept-Encoding")
  }
}

/// A ledger as it is shown. Pure.
struct ProbeReport {
  private let rows: [(key: ProbeLedger.Key, value: ProbeLedger.Entry)]
  private let evictions: Int
  private let now: Int64
  private let wallClock: Int64

  /// - Parameters:
  ///   - now: the instant by the ledger's clock, nanoseconds.
  ///   - wallClock: the same instant since 1970, nanoseconds.
  init(_ ledger: ProbeLedger, at now: Int64, wallClock: Int64) {
    // By what is probed, and then who asks most.
    rows = ledger.entries.sorted { one, other in
      if one.key.path != other.key.path { return one.key.path < other.key.path }
      if one.value.count != other.value.count { return one.value.count > other.value.count }
      return one.value.first < other.value.first
    }
    evictions = ledger.evictions
    self.now = now
    self.wallClock = wallClock
  }

  var json: JSON {
    [
      "probes": .array(rows.map { json(of: $0.key, $0.value) }), "entriesMax": .integer(ProbeLedger.entriesMax),
      "evicted": .integer(evictions),
    ]
  }

  private func json(of key: ProbeLedger.Key, _ entry: ProbeLedger.Entry) -> JSON {
    func seconds(_ nanoseconds: Int64?) -> JSON { nanoseconds.map { .number(Self.decimal($0, places: 6)) } ?? .null }
    return [
      "prober": .string(key.prober.kind.rawValue), "product": .string(key.prober.product),
      "version": key.prober.version.map { .string($0) } ?? .null, "address": .string(key.address.description),
      "listener": .string(key.listener), "path": .string(key.path), "count": .integer(entry.count),
      "first": .string(time(of: entry.first)), "last": .string(time(of: entry.last)),
      "interval": [
        "mean": seconds(entry.interval), "min": seconds(entry.shortest), "max": seconds(entry.longest),
        "jitter": seconds(entry.jitter),
      ],
      "results": .object(
        entry.results.sorted { $0.key < $1.key }.map {
          JSON.Member(name: $0.key == 0 ? "other" : "\($0.key)", value: .integer($0.value))
        } + (entry.unanswered > 0 ? [JSON.Member(name: "none", value: .integer(entry.unanswered))] : [])),
      "slowest": seconds(entry.slowest),
    ]
  }

  /// A line for each entry below a line of titles, in columns.
  var text: String {
    guard !rows.isEmpty else { return "Nobody has probed yet.\n" }
    let titles = [
      "PATH", "PROBER", "ADDRESS", "LISTENER", "COUNT", "EVERY", "MIN", "MAX", "JITTER", "LAST", "SLOWEST", "RESULTS",
    ]
    let lines = [titles] + rows.map { line(of: $0.key, $0.value) }
    let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      zip(line, widths).enumerated().map { index, cell in
        index == titles.count - 1 ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count + 2)
      }.joined() + "\n"
    }.joined()
  }

  private func line(of key: ProbeLedger.Key, _ entry: ProbeLedger.Entry) -> [String] {
    func seconds(_ nanoseconds: Int64?) -> String { nanoseconds.map { Self.decimal($0, places: 3) + "s" } ?? "-" }
    var results = entry.results.sorted { $0.key < $1.key }.map { "\($0.key == 0 ? "other" : "\($0.key)")×\($0.value)" }
    if entry.unanswered > 0 { results.append("none×\(entry.unanswered)") }
    return [
      key.path, key.prober.product.isEmpty ? "-" : key.prober.product, "\(key.address)", key.listener, "\(entry.count)",
      seconds(entry.interval), seconds(entry.shortest), seconds(entry.longest), seconds(entry.jitter),
      "\(Self.decimal(now - entry.last, places: 1))s ago", Self.decimal(entry.slowest * 1000, places: 3) + "ms",
      results.joined(separator: " "),
    ]
  }

  private func time(of instant: Int64) -> String {
    var bytes: [UInt8] = []
    Timestamp.append(milliseconds: (wallClock - (now - instant)) / 1_000_000, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Seconds, rounded down.
  ///
  /// - Parameter places: behind the point, 1 to 9.
  private static func decimal(_ nanoseconds: Int64, places: Int) -> String {
    let value = max(nanoseconds, 0)
    let digits = String(1_000_000_000 + value % 1_000_000_000).dropFirst().prefix(places)
    return "\(value / 1_000_000_000).\(digits)"
  }
}
