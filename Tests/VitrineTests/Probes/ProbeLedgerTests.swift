import Catalog
import Networking
import TestSupport
import Testing

@testable import Vitrine

/// The ledger's arithmetic on a made-up clock.
@Suite struct ProbeLedgerTests {
  private static let second: Int64 = 1_000_000_000

  private func key(_ userAgent: String = "kube-probe/1.34", path: String = "/readyz") -> ProbeLedger.Key {
    ProbeLedger.Key(
      prober: Prober(userAgent: Array(userAgent.utf8)[...]), address: IPAddress(v4: 0x7F00_0001), listener: "http",
      path: path)
  }

  /// An entry to which probes came at these instants, in milliseconds.
  private func entry(at milliseconds: [Int64]) throws -> ProbeLedger.Entry {
    var ledger = ProbeLedger()
    for instant in milliseconds { ledger.note(key(), status: 200, duration: 1, at: instant * 1_000_000) }
    return try #require(ledger.entries[key()])
  }

  @Test func oneProbeHasNoInterval() throws {
    let entry = try entry(at: [5])
    #expect(entry.count == 1 && entry.first == entry.last)
    #expect(entry.interval == nil && entry.shortest == nil && entry.longest == nil && entry.jitter == nil)
  }

  @Test func twoProbesHaveAnIntervalAndNoJitter() throws {
    let entry = try entry(at: [5, 1005])
    #expect(entry.interval == Self.second && entry.shortest == Self.second && entry.longest == Self.second)
    #expect(entry.jitter == nil)
  }

  @Test func meanShortestLongestAndJitter() throws {
    // Intervals of 1.0, 1.2, 0.9 and 1.1 s, which differ by 0.2, 0.3 and 0.2 s.
    let entry = try entry(at: [0, 1000, 2200, 3100, 4200])
    #expect(entry.count == 5 && entry.interval == 1_050_000_000)
    #expect(entry.shortest == 900_000_000 && entry.longest == 1_200_000_000)
    #expect(entry.jitter == 233_333_333)
  }

  /// Two loops hand in what they have seen by their own reading of the clock.
  @Test func anInstantBeforeTheLastIsNoNegativeInterval() throws {
    let entry = try entry(at: [1000, 999, 2000])
    #expect(entry.shortest == 0 && entry.last == 2000 * 1_000_000)
    #expect(entry.interval == Self.second / 2)
  }

  @Test func resultsAreCountedByCodeAndTheSlowestIsKept() throws {
    var ledger = ProbeLedger()
    for (status, duration) in [(200, 5), (503, 9), (200, 7)] as [(UInt16, Int64)] {
      ledger.note(key(), status: status, duration: duration, at: 0)
    }
    ledger.note(key(), status: nil, duration: 1000, at: 0)
    let entry = try #require(ledger.entries[key()])
    #expect(entry.count == 4 && entry.results == [200: 2, 503: 1] && entry.unanswered == 1)
    // What was never answered was not slow.
    #expect(entry.slowest == 9)
  }

  @Test func codesBeyondTheBoundAreCountedTogether() throws {
    var ledger = ProbeLedger()
    for code in UInt16(400)..<430 { ledger.note(key(), status: code, duration: 0, at: 0) }
    ledger.note(key(), status: 400, duration: 0, at: 0)
    let results = try #require(ledger.entries[key()]).results
    #expect(results.count == ProbeLedger.codesMax + 1 && results[400] == 2)
    #expect(results[0] == 30 - ProbeLedger.codesMax)
  }

  @Test func probersPathsAndListenersHaveEntriesOfTheirOwn() {
    var ledger = ProbeLedger()
    var other = key()
    other.listener = "management"
    for key in [key(), other, key("kube-probe/1.33"), key(path: "/healthz"), key()] {
      ledger.note(key, status: 200, duration: 0, at: 0)
    }
    #expect(ledger.entries.count == 4 && ledger.entries[key()]?.count == 2)
  }

  @Test func theOldestLeavesWhenItIsFull() {
    var ledger = ProbeLedger()
    for number in 0..<ProbeLedger.entriesMax {
      ledger.note(key("a/\(number)"), status: 200, duration: 0, at: Int64(number))
    }
    // Seen again, it is no longer the oldest.
    ledger.note(key("a/0"), status: 200, duration: 0, at: 1000)
    #expect(ledger.entries.count == ProbeLedger.entriesMax && ledger.evictions == 0)
    ledger.note(key("b/1"), status: 200, duration: 0, at: 1001)
    #expect(ledger.entries.count == ProbeLedger.entriesMax && ledger.evictions == 1)
    #expect(ledger.entries[key("a/0")]?.count == 2 && ledger.entries[key("a/1")] == nil)
    for number in 0..<1000 { ledger.note(key("c/\(number)"), status: 200, duration: 0, at: 2000 + Int64(number)) }
    #expect(ledger.entries.count == ProbeLedger.entriesMax && ledger.evictions == 1001)
  }

  @Test(arguments: [
    ("kube-probe/1.34", Prober.Kind.kubelet, "kube-probe/1.34", "1.34" as String?),
    ("kube-probe/1.34+", .kubelet, "kube-probe/1.34+", "1.34+"),
    ("Prometheus/2.42.0", .prometheus, "Prometheus/2.42.0", "2.42.0"),
    ("ELB-HealthChecker/2.0", .loadBalancer, "ELB-HealthChecker/2.0", "2.0"),
    ("GoogleHC/1.0", .loadBalancer, "GoogleHC/1.0", "1.0"),
    ("Load Balancer Agent", .loadBalancer, "Load Balancer Agent", nil),
    ("Envoy/HC", .loadBalancer, "Envoy/HC", "HC"),
    ("curl/7.88.1", .curl, "curl/7.88.1", "7.88.1"),
    ("vitrine-check/0.1.0", .check, "vitrine-check/0.1.0", "0.1.0"),
    ("Mozilla/5.0 (X11; Linux)", .other, "Mozilla/5.0", "5.0"),
    ("kube-probe", .other, "kube-probe", nil),
    ("a\u{1}b/1", .other, "a?b/1", "1"),
    ("", .other, "", nil),
  ])
  func proberIsToldByItsUserAgent(userAgent: String, kind: Prober.Kind, product: String, version: String?) {
    let prober = Prober(userAgent: Array(userAgent.utf8)[...])
    #expect(prober.kind == kind && prober.product == product && prober.version == version)
  }

  @Test func aLongUserAgentIsCut() {
    #expect(Prober(userAgent: Array(repeating: UInt8(ascii: "x"), count: 5000)[...]).product.count == 48)
    #expect(Prober(userAgent: nil).kind == .other)
  }
}

/// What is shown of a ledger.
@Suite struct ProbeReportTests {
  private func ledger() -> ProbeLedger {
    var ledger = ProbeLedger()
    let kubelet = ProbeLedger.Key(
      prober: Prober(userAgent: Array("kube-probe/1.34".utf8)[...]), address: IPAddress(v4: 0x0AF4_0001),
      listener: "management", path: "/readyz")
    for second in [10, 15, 20] as [Int64] {
      ledger.note(kubelet, status: second == 15 ? 503 : 200, duration: 250_000, at: second * 1_000_000_000)
    }
    ledger.note(kubelet, status: nil, duration: 0, at: 25_000_000_000)
    return ledger
  }

  /// The wall clock may be anywhere, and be stepped: times are those of now, less the age.
  @Test func timesAreTakenFromTheAgeByTheMonotonicClock() throws {
    let report = ProbeReport(ledger(), at: 30_000_000_000, wallClock: 1_795_262_400_000_000_000)
    let entry = try #require(try JSONValue(String(decoding: report.json.text, as: UTF8.self))["probes"]?.array?.first)
    #expect(
      entry["first"] == .string("2026-11-21T11:59:40.000Z") && entry["last"] == .string("2026-11-21T11:59:55.000Z"))
    #expect(entry["prober"] == .string("kube-probe") && entry["version"] == .string("1.34"))
    #expect(entry["address"] == .string("10.244.0.1") && entry["listener"] == .string("management"))
    #expect(entry["count"] == .number(4) && entry["slowest"] == .number(0.00025))
    #expect(entry["interval"]?["mean"] == .number(5) && entry["interval"]?["jitter"] == .number(0))
    #expect(entry["results"] == .object(["200": .number(2), "503": .number(1), "none": .number(1)]))
  }

  @Test func theTableHasALineForEachEntry() {
    let report = ProbeReport(ledger(), at: 30_000_000_000, wallClock: 0)
    #expect(
      report.text == """
        PATH     PROBER           ADDRESS     LISTENER    COUNT  EVERY   MIN     MAX     JITTER  LAST      SLOWEST  RESULTS
        /readyz  kube-probe/1.34  10.244.0.1  management  4      5.000s  5.000s  5.000s  0.000s  5.0s ago  0.250ms  200×2 503×1 none×1

        """)
    #expect(ProbeReport(ProbeLedger(), at: 0, wallClock: 0).text == "Nobody has probed yet.\n")
  }
}
