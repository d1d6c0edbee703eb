import Foundation
import Glibc
import Metrics
import Networking
import Testing

@testable import Vitrine

@Suite struct ProcessMetricsTests {
  private static let build = BuildInformation(
    version: "1.2.3", revision: "0123456789ab-dirty", revisionDate: "unknown", swiftVersion: "6.3.1")

  private func exposition() -> String {
    let registry = Registry(shards: 1)
    ProcessMetrics.register(in: registry, build: Self.build)
    return String(decoding: registry.exposition(.text), as: UTF8.self)
  }

  @Test(
    arguments: [
      "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds",
      "process_max_fds", "process_start_time_seconds",
    ])
  func showsAPositiveNumber(family: String) throws {
    let lines = exposition().split(separator: "\n").filter { $0.hasPrefix(family + " ") }
    #expect(lines.count == 1)
    let value = try #require(lines.first?.split(separator: " ").last.flatMap { Double($0) })
    #expect(value > 0)
  }

  @Test func tellsWhichBuildItIs() {
    let line = #"vitrine_build_info{version="1.2.3",revision="0123456789ab-dirty",swift_version="6.3.1"} 1"#
    #expect(exposition().contains(line + "\n"))
  }

  @Test func countsCPUTimeThatIsSpent() throws {
    let before = try #require(ProcessMetrics.cpuSeconds())
    var sum = 0
    let end = Clock.monotonic + 30_000_000
    while Clock.monotonic < end { sum &+= 1 }
    let spent = try #require(ProcessMetrics.cpuSeconds()) - before
    #expect(spent > 0.001 && sum > 0)
  }

  @Test func readsMemoryInPages() throws {
    let page = Double(sysconf(Int32(_SC_PAGESIZE)))
    let memory = try #require(ProcessMetrics.memory { $0 == "/proc/self/statm" ? "300 20 7 1 0 9 0\n" : nil })
    #expect(memory.virtual == 300 * page && memory.resident == 20 * page)
  }

  @Test(arguments: [nil, "", "300", "a b c"]) func leavesMemoryOutThatItCannotRead(text: String?) {
    #expect(ProcessMetrics.memory { _ in text } == nil)
  }

  @Test func countsADescriptorThatIsOpened() throws {
    // Other tests open and close at the same time: so many that theirs do not matter.
    let before = try #require(ProcessMetrics.openDescriptors())
    let opened = (0..<400).map { _ in dup(1) }
    defer { for descriptor in opened where descriptor >= 0 { close(descriptor) } }
    let grown = try #require(ProcessMetrics.openDescriptors()) - before
    #expect((300...500).contains(grown))
  }

  @Test func bothWaysOfCountingDescriptorsAgree() throws {
    // Other tests of this process open and close descriptors between the two.
    var counts: [(quick: Double, walked: Double)] = []
    for _ in 0..<1000 {
      let quick = try #require(ProcessMetrics.openDescriptors())
      let walked = try #require(ProcessMetrics.countDescriptors())
      if abs(quick - Double(walked)) < 2 { return }
      counts.append((quick, Double(walked)))
    }
    Issue.record("never alike: \(counts.suffix(5))")
  }

  @Test func theSoftLimitIsTheMost() throws {
    var limit = rlimit()
    try #require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
    #expect(ProcessMetrics.descriptorsMax() == Double(limit.rlim_cur))
  }

  @Test func tellsAStartToTheTick() throws {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/bin/sleep")
    child.arguments = ["60"]
    let before = Double(Clock.realtime) / 1e9
    try child.run()
    let after = Double(Clock.realtime) / 1e9
    // SIGTERM may be blocked here, and a child inherits that.
    defer { kill(child.processIdentifier, SIGKILL) }
    let start = try #require(
      ProcessMetrics.startSeconds { KernelFile.text(at: $0.replacing("self", with: "\(child.processIdentifier)")) })
    // The kernel counts in ticks of 10 ms.
    #expect(start > before - 0.011 && start < after + 0.011)
  }

  @Test func everyReadingTellsTheSameStart() throws {
    let (one, other) = try (#require(ProcessMetrics.startSeconds()), #require(ProcessMetrics.startSeconds()))
    #expect(abs(one - other) < 0.05)
  }

  @Test(
    arguments: [
      ("7 (vitrine) S 1 7 7 0 -1 4194560 1 0 0 0 3 1 0 0 20 0 5 0 12345 1 2", 12345.0),
      ("7 (a b) c) (d) S 1 7 7 0 -1 4194560 1 0 0 0 3 1 0 0 20 0 5 0 99 1 2", 99),
    ])
  func readsTheStartBehindAnyName(line: String, ticks: Double) {
    #expect(ProcessMetrics.startTicks(ofStat: line) == ticks)
  }

  @Test(arguments: ["", "7 (vitrine", "7 (vitrine) S 1 2", "7 (x) S 1 7 7 0 -1 4194560 1 0 0 0 3 1 0 0 20 0 5 0 x 1"])
  func leavesAStartOutThatItCannotRead(line: String) {
    #expect(ProcessMetrics.startTicks(ofStat: line) == nil)
    #expect(ProcessMetrics.startSeconds { _ in line } == nil)
  }

  @Test func theStartDoesNotMove() {
    let registry = Registry(shards: 1)
    ProcessMetrics.register(in: registry, build: Self.build)
    let start = { registry.exposition(.text).split(separator: 10).filter { $0.starts(with: "process_start".utf8) } }
    let first = start()
    usleep(20_000)
    #expect(first.count == 1 && first == start())
  }
}
