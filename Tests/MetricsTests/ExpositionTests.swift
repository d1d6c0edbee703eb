import Testing

@testable import Metrics

@Suite struct ExpositionTests {
  @Test func writesTheTextFormat() {
    #expect(
      text(sampleRegistry().exposition(.text)) == """
        # HELP http_requests_total Requests "answered".
        # TYPE http_requests_total counter
        http_requests_total{method="GET",code="200"} 3
        http_requests_total{method="GET",code="404"} 0
        http_requests_total{method="POST",code="200"} 0
        http_requests_total{method="POST",code="404"} 1
        # HELP in_flight Requests under way.
        # TYPE in_flight gauge
        in_flight 2
        # HELP request_duration_seconds From the first byte to the last.
        # TYPE request_duration_seconds histogram
        request_duration_seconds_bucket{le="0.001"} 1
        request_duration_seconds_bucket{le="1.0"} 2
        request_duration_seconds_bucket{le="+Inf"} 3
        request_duration_seconds_sum 2.500000001
        request_duration_seconds_count 3
        # HELP process_cpu_seconds_total User and system.
        # TYPE process_cpu_seconds_total counter
        process_cpu_seconds_total 0.12

        """)
  }

  @Test func writesOpenMetrics() {
    #expect(
      text(sampleRegistry().exposition(.openMetrics)) == """
        # HELP http_requests Requests \\"answered\\".
        # TYPE http_requests counter
        http_requests_total{method="GET",code="200"} 3
        http_requests_total{method="GET",code="404"} 0
        http_requests_total{method="POST",code="200"} 0
        http_requests_total{method="POST",code="404"} 1
        # HELP in_flight Requests under way.
        # TYPE in_flight gauge
        in_flight 2
        # HELP request_duration_seconds From the first byte to the last.
        # TYPE request_duration_seconds histogram
        # UNIT request_duration_seconds seconds
        request_duration_seconds_bucket{le="0.001"} 1
        request_duration_seconds_bucket{le="1.0"} 2
        request_duration_seconds_bucket{le="+Inf"} 3
        request_duration_seconds_sum 2.500000001
        request_duration_seconds_count 3
        # HELP process_cpu_seconds User and system.
        # TYPE process_cpu_seconds counter
        # UNIT process_cpu_seconds seconds
        process_cpu_seconds_total 0.12
        # EOF

        """)
  }

  @Test func namesItsContentType() {
    #expect(Exposition.text.contentType == "text/plain; version=0.0.4; charset=utf-8")
    #expect(
      Exposition.openMetrics.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8")
  }

  @Test func anEmptyRegistryIsAWholeExposition() {
    #expect(Registry(shards: 1).exposition(.text).isEmpty)
    #expect(text(Registry(shards: 1).exposition(.openMetrics)) == "# EOF\n")
  }

  @Test func escapesLabelValues() {
    let registry = Registry(shards: 1)
    registry.gauge("fixed", "Help.", labels: [Label("path", ["a\\b\"c\nd\r\né"])]).set(1)
    registry.collectedGauge("read", "Help.", labels: ["path"]) { [(["\"\n\\"], 2)] }
    #expect(samples(registry) == [#"fixed{path="a\\b\"c\nd\#r\né"} 1"#, #"read{path="\"\n\\"} 2"#])
  }

  @Test func escapesHelp() {
    let registry = Registry(shards: 1)
    registry.collectedGauge("g", "One\\two\n\"three\"") { nil }
    #expect(text(registry.exposition(.text)).hasPrefix(#"# HELP g One\\two\n"three""# + "\n"))
    #expect(text(registry.exposition(.openMetrics)).hasPrefix(#"# HELP g One\\two\n\"three\""# + "\n"))
  }

  @Test func leavesOutWhatCannotBeRead() {
    let registry = Registry(shards: 1)
    registry.collectedGauge("g", "Help.") { nil }
    registry.collectedCounter("c_total", "Help.", labels: ["cpu"]) { [] }
    #expect(samples(registry).isEmpty)
  }

  @Test func readsCollectedValuesAtEachScrape() {
    let registry = Registry(shards: 1)
    let scrapes = registry.counter("scrapes_total", "Help.")
    registry.collectedCounter("read_total", "Help.", labels: ["what"]) {
      scrapes.addShared()
      return [(["a"], Double(scrapes.value()) / 2)]
    }
    #expect(samples(registry).last == #"read_total{what="a"} 0.5"#)
    #expect(samples(registry).last == #"read_total{what="a"} 1"#)
  }

  @Test func histogramLabelsStandBeforeTheBound() {
    let registry = Registry(shards: 1)
    let sizes = registry.histogram("size_bytes", "Help.", labels: [Label("route", ["/"])], bounds: [256, 1_048_576])
    sizes.observe(256)
    sizes.observe(257)
    #expect(
      samples(registry) == [
        #"size_bytes_bucket{route="/",le="256.0"} 1"#,
        #"size_bytes_bucket{route="/",le="1048576.0"} 2"#,
        #"size_bytes_bucket{route="/",le="+Inf"} 2"#,
        #"size_bytes_sum{route="/"} 513"#,
        #"size_bytes_count{route="/"} 2"#,
      ])
  }

  private func sampleRegistry() -> Registry {
    let registry = Registry(shards: 2)
    let requests = registry.counter(
      "http_requests_total", "Requests \"answered\".",
      labels: [Label("method", ["GET", "POST"]), Label("code", ["200", "404"])])
    requests.add(at: 0, shard: 0)
    requests.add(2, at: 0, shard: 1)
    requests.addShared(at: 3)
    let inFlight = registry.gauge("in_flight", "Requests under way.")
    inFlight.add(5, shard: 0)
    inFlight.add(-3, shard: 1)
    let durations = registry.histogram(
      "request_duration_seconds", "From the first byte to the last.", bounds: [1_000_000, 1_000_000_000],
      unitsPerBase: 1_000_000_000)
    durations.observe(1_000_000, shard: 0)
    durations.observe(1_000_001, shard: 1)
    durations.observe(2_498_000_000, shard: 1)
    registry.collectedCounter("process_cpu_seconds_total", "User and system.") { 0.12 }
    return registry
  }
}

func text(_ bytes: [UInt8]) -> String {
  String(decoding: bytes, as: UTF8.self)
}

/// The sample lines of a text exposition.
func samples(_ registry: Registry) -> [String] {
  registry.exposition(.text).split(separator: UInt8(ascii: "\n")).map { text(Array($0)) }
    .filter { !$0.hasPrefix("#") }
}
