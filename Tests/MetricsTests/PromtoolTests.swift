import Foundation
import Metrics
import Testing

/// What Prometheus itself says of an exposition: its parser and its lint.
@Suite struct PromtoolTests {
  @Test func promtoolHasNothingToSay() throws {
    let promtool = "/usr/bin/promtool"
    guard FileManager.default.isExecutableFile(atPath: promtool) else {
      print("skipped: no \(promtool)")
      return
    }

    let process = Process()
    process.executableURL = URL(filePath: promtool)
    process.arguments = ["check", "metrics"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(exposition()))
    try input.fileHandleForWriting.close()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()

    #expect(String(decoding: said, as: UTF8.self) == "")
    #expect(process.terminationStatus == 0)
  }

  /// One family of every kind, with everything that has to be escaped.
  private func exposition() -> [UInt8] {
    let registry = Registry(shards: 2)
    let odd = Label("odd", ["plain", "a\\b\"c\nd", ""])
    registry.counter("requests_total", "Requests \"answered\",\nor \\ not.", labels: [odd]).add(at: 1, shard: 1)
    registry.gauge("in_flight", "Requests under way.").add(-1)
    registry.gauge("temperature_celsius", "Of the room.", labels: [odd]).set(.nan, at: 1)
    registry.histogram(
      "duration_seconds", "First byte to last.", labels: [odd], bounds: [1_000_000, 1_000_000_000],
      unitsPerBase: 1_000_000_000
    ).observe(1_500_000, at: 2)
    registry.histogram("size_bytes", "Of the body.", bounds: [256, 1_048_576]).observe(1 << 40)
    registry.collectedCounter("process_cpu_seconds_total", "User and system.") { 1e-7 }
    registry.collectedGauge("build_info", "This build.", labels: ["version"]) { [(["1.0"], 1)] }
    return registry.exposition(.text)
  }
}
