import Dispatch
import Synchronization
import Testing

@testable import Metrics

@Suite struct ConcurrencyTests {
  private let additions = 20_000

  @Test func losesNothingWhenEachShardHasItsWriter() {
    let registry = Registry(shards: 4)
    let counter = registry.counter("c_total", "Help.", labels: [Label("l", ["a", "b"])])
    let gauge = registry.gauge("g", "Help.")
    let histogram = registry.histogram("h", "Help.", bounds: [1, 2])
    onThreads(4) { shard in
      for addition in 0..<additions {
        counter.add(2, at: addition % 2, shard: shard)
        gauge.add(shard % 2 == 0 ? 1 : -1, shard: shard)
        histogram.observe(UInt64(addition % 4), shard: shard)
      }
    }
    #expect(counter.value(at: 0) == UInt64(4 * additions))
    #expect(counter.value(at: 1) == UInt64(4 * additions))
    #expect(gauge.value() == 0)
    #expect(histogram.count() == UInt64(4 * additions))
  }

  @Test func losesNothingOnTheSharedShard() {
    let counter = Registry(shards: 1).counter("c_total", "Help.", labels: [Label("l", (0..<2000).map(String.init))])
    onThreads(4) { _ in
      // All threads meet at each page's first write.
      for addition in 0..<additions { counter.addShared(at: addition % 2000) }
    }
    for cell in 0..<2000 { #expect(counter.value(at: cell) == UInt64(4 * additions / 2000)) }
  }

  @Test func aScrapeIsConsistentWhileWritersRun() {
    let registry = Registry(shards: 2)
    let histogram = registry.histogram("h", "Help.", bounds: [1, 2, 3])
    let done = Atomic(false)
    var last: UInt64 = 0
    withThreads(2) { shard in
      var value: UInt64 = 0
      while !done.load(ordering: .relaxed) {
        histogram.observe(value % 5, shard: shard)
        value += 1
      }
    } meanwhile: {
      for _ in 0..<300 {
        let values = samples(registry).compactMap { $0.split(separator: " ").last.flatMap { UInt64($0) } }
        let (buckets, count) = (values.prefix(4), values[5])
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy(<=))
        #expect(buckets.last == count)
        #expect(last <= count)
        last = count
      }
      done.store(true, ordering: .relaxed)
    }
  }

  private func onThreads(_ count: Int, _ body: @Sendable (Int) -> Void) {
    withThreads(count, body) {}
  }

  /// Runs `body` on `count` threads of its own, and `meanwhile` on this one; returns when all are through.
  private func withThreads(_ count: Int, _ body: @Sendable (Int) -> Void, meanwhile: () -> Void) {
    withoutActuallyEscaping(body) { body in
      let group = DispatchGroup()
      for index in 0..<count {
        // A serial queue without a target has a thread of its own.
        DispatchQueue(label: "writer \(index)").async(group: group) { body(index) }
      }
      meanwhile()
      group.wait()
    }
  }
}
