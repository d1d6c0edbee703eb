import Testing

@testable import Metrics

@Suite struct MetricTests {
  @Test func cellsAreRowMajor() {
    let values = [["a", "b"], ["x", "y", "z"], ["0", "1", "2", "3"]]
    let counter = Registry(shards: 1).counter(
      "c_total", "Help.", labels: [Label("l", values[0]), Label("m", values[1]), Label("n", values[2])])
    for (i0, v0) in values[0].enumerated() {
      for (i1, v1) in values[1].enumerated() {
        for (i2, v2) in values[2].enumerated() {
          #expect(counter.cell(v0, v1, v2) == (i0 * 3 + i1) * 4 + i2)
        }
      }
    }
  }

  @Test func cellsAndValuesAreInverse() {
    let space = LabelSpace([Label("l", ["a", "b", "c"]), Label("m", ["x", "y"])])
    for cell in 0..<space.count { #expect(space.cell(space.values(of: cell)) == cell) }
  }

  @Test func whatIsOutsideTheDomainHasNoCell() {
    let counter = Registry(shards: 1).counter("c_total", "Help.", labels: [Label("l", ["a"])])
    #expect(counter.cell("a") == 0)
    #expect(counter.cell("A") == nil)
    #expect(counter.cell() == nil)
    #expect(counter.cell("a", "a") == nil)
  }

  @Test func withoutLabelsThereIsCellZero() {
    #expect(Registry(shards: 1).counter("c_total", "Help.").cell() == 0)
  }

  @Test func unlabelledFamiliesAlwaysShow() {
    let registry = Registry(shards: 1)
    _ = registry.counter("c_total", "Help.") { _ in false }
    _ = registry.gauge("g", "Help.")
    _ = registry.histogram("h", "Help.", bounds: [])
    #expect(samples(registry) == ["c_total 0", "g 0", #"h_bucket{le="+Inf"} 0"#, "h_sum 0", "h_count 0"])
  }

  @Test(arguments: [(64, 64), (65, 0)])
  func aSmallDomainShowsAtZero(values: Int, shown: Int) {
    let registry = Registry(shards: 1)
    _ = registry.counter("c_total", "Help.", labels: [Label("l", (0..<values).map(String.init))])
    #expect(samples(registry).count == shown)
  }

  @Test(arguments: [(16, 16 * 3), (17, 0)])
  func aSmallDomainOfAHistogramShowsAtZero(values: Int, shown: Int) {
    let registry = Registry(shards: 1)
    _ = registry.histogram("h", "Help.", labels: [Label("l", (0..<values).map(String.init))], bounds: [])
    #expect(samples(registry).count == shown)
  }

  @Test func showsInitialCellsAndThoseThatWereCounted() {
    let registry = Registry(shards: 1)
    let labels = [Label("l", ["a", "b"]), Label("m", ["x", "y"])]
    let counter = registry.counter("c_total", "Help.", labels: labels) { $0 == ["a", "y"] }
    counter.add(at: 3)
    #expect(samples(registry) == [#"c_total{l="a",m="y"} 0"#, #"c_total{l="b",m="y"} 1"#])
  }

  @Test func aGaugeThatCameBackToZeroStaysInSight() {
    let registry = Registry(shards: 2)
    let gauge = registry.gauge("g", "Help.", labels: [Label("l", ["a", "b", "c"])]) { _ in false }
    gauge.add(1, at: 0, shard: 0)
    gauge.add(-1, at: 0, shard: 1)
    gauge.set(0, at: 2)
    #expect(samples(registry) == [#"g{l="a"} 0"#, #"g{l="c"} 0"#])
  }

  @Test func aGaugeIsWhatWasSetAndWhatWasAdded() {
    let gauge = Registry(shards: 2).gauge("g", "Help.")
    gauge.set(0.5)
    gauge.add(3, shard: 1)
    gauge.add(-5, shard: 0)
    #expect(gauge.value() == -1.5)
    gauge.set(-2)
    #expect(gauge.value() == -4)
  }

  @Test func boundsAreInclusive() {
    let registry = Registry(shards: 1)
    let histogram = registry.histogram("h", "Help.", bounds: [10, 20])
    for value: UInt64 in [0, 10, 11, 20, 21, .max >> 1] { histogram.observe(value) }
    #expect(histogram.count() == 6)
    #expect(
      samples(registry).prefix(3) == [
        #"h_bucket{le="10.0"} 2"#, #"h_bucket{le="20.0"} 4"#, #"h_bucket{le="+Inf"} 6"#,
      ])
  }

  @Test func everyCellOfEveryShardIsItsOwn() {
    // More than one page of cells, and a last one that is not full.
    let cells = Cells(count: 1300, shards: 3)
    for cell in 0..<1300 {
      for shard in 0..<3 { cells.add(UInt64(cell * 4 + shard), at: cell, shard: shard) }
      cells.addShared(UInt64(cell * 4 + 3), at: cell)
    }
    for cell in 0..<1300 {
      for shard in 0...3 { #expect(cells.load(cell, shard: shard) == UInt64(cell * 4 + shard)) }
    }
  }

  /// The words of a histogram's cell stand together, in more than one page here.
  @Test(arguments: [0, 1, 2, 6, 7, 13, 14, 15]) func everyCellOfAHistogramIsItsOwn(bounds: Int) {
    let cells = 300
    let histogram = Registry(shards: 2).histogram(
      "h", "Help.", labels: [Label("l", (0..<cells).map(String.init))],
      bounds: (0..<bounds).map { UInt64($0) * 10 })
    for cell in 0..<cells {
      for shard in 0..<2 {
        for _ in 0...cell % 3 { histogram.observe(UInt64(cell), at: cell, shard: shard) }
      }
      histogram.observeShared(7, at: cell)
    }
    for cell in 0..<cells {
      #expect(histogram.count(at: cell) == UInt64(cell % 3 + 1) * 2 + 1)
      #expect(histogram.sum(at: cell) == UInt64(cell * (cell % 3 + 1) * 2 + 7))
    }
  }

  @Test func mistakesEndTheProcessAtRegistration() async {
    await #expect(processExitsWith: .failure) {
      let registry = Registry(shards: 1)
      _ = registry.histogram("h", "Help.", bounds: [])
      _ = registry.gauge("h_sum", "Help.")
    }
    await #expect(processExitsWith: .failure) { _ = Registry(shards: 1).counter("c", "Help.") }
    await #expect(processExitsWith: .failure) { _ = Registry(shards: 1).gauge("g_total", "Help.") }
    await #expect(processExitsWith: .failure) { _ = Registry(shards: 1).gauge("1g", "Help.") }
    await #expect(processExitsWith: .failure) { _ = Label("le", ["a"]) }
    await #expect(processExitsWith: .failure) { _ = Label("a-b", ["a"]) }
  }

  @Test func anotherShardOrCellIsRefused() async {
    await #expect(processExitsWith: .failure) { Registry(shards: 2).counter("c_total", "Help.").add(shard: 2) }
    await #expect(processExitsWith: .failure) { Registry(shards: 2).counter("c_total", "Help.").add(at: 1) }
    await #expect(processExitsWith: .failure) { Registry(shards: 2).counter("c_total", "Help.").add(at: -1) }
  }
}
