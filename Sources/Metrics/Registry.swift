import Synchronization

/// Every metric family of the process, in order of registration.
///
/// Families are registered at the start, and a mistake in one (a bad or taken name) ends the process there. A metric is
/// written without the registry, so a scrape never holds up a request.
package final class Registry: Sendable {
  private let shards: Int
  private let families = Mutex<[Family]>([])

  /// - Parameter shards: how many writers there are, one event loop each, numbered from 0.
  package init(shards: Int) {
    self.shards = shards
  }

  /// - Parameters:
  ///   - name: ends in `_total`.
  ///   - initial: picks the label values that show at zero; the others show once they were counted. Without it all
  ///     show when they are 64 at most, else none.
  package func counter(
    _ name: String, _ help: String, labels: [Label] = [], initial: (([String]) -> Bool)? = nil
  ) -> Counter {
    let counter = Counter(LabelSpace(labels), initial: initial, shards: shards)
    register(Family(name, help, .counter, counter))
    return counter
  }

  /// - Parameter initial: as a counter's.
  package func gauge(
    _ name: String, _ help: String, labels: [Label] = [], initial: (([String]) -> Bool)? = nil
  ) -> Gauge {
    let gauge = Gauge(LabelSpace(labels), initial: initial, shards: shards)
    register(Family(name, help, .gauge, gauge))
    return gauge
  }

  /// - Parameters:
  ///   - bounds: inclusive, growing, in the unit that is observed; `+Inf` is added.
  ///   - unitsPerBase: how many of that unit make the base unit in the name: 1,000,000,000 for ns under `_seconds`, 1
  ///     for bytes. Also 1,000 or 1,000,000.
  ///   - initial: as a counter's, but without it all show only when they are 16 at most.
  package func histogram(
    _ name: String, _ help: String, labels: [Label] = [], bounds: [UInt64], unitsPerBase: UInt64 = 1,
    initial: (([String]) -> Bool)? = nil
  ) -> Histogram {
    let histogram = Histogram(
      LabelSpace(labels), bounds: bounds, unitsPerBase: unitsPerBase, initial: initial, shards: shards)
    register(Family(name, help, .histogram, histogram))
    return histogram
  }

  /// A gauge that is read when it is scraped; nil leaves it out.
  package func collectedGauge(_ name: String, _ help: String, _ collect: @escaping @Sendable () -> Double?) {
    register(Family(name, help, .gauge, CollectedSample(collect: collect)))
  }

  /// A labelled gauge that is read when it is scraped: one row a series, with a value for each of `labels`.
  package func collectedGauge(
    _ name: String, _ help: String, labels: [String],
    _ collect: @escaping @Sendable () -> [(labels: [String], value: Double)]
  ) {
    register(Family(name, help, .gauge, CollectedSamples(labels, collect: collect)))
  }

  /// A counter that is kept elsewhere (by the kernel) and read when it is scraped; nil leaves it out.
  package func collectedCounter(_ name: String, _ help: String, _ collect: @escaping @Sendable () -> Double?) {
    register(Family(name, help, .counter, CollectedSample(collect: collect)))
  }

  /// A labelled counter that is kept elsewhere and read when it is scraped: one row a series, with a value for each of
  /// `labels`.
  package func collectedCounter(
    _ name: String, _ help: String, labels: [String],
    _ collect: @escaping @Sendable () -> [(labels: [String], value: Double)]
  ) {
    register(Family(name, help, .counter, CollectedSamples(labels, collect: collect)))
  }

  /// The answer to a scrape: UTF-8, every family with HELP and TYPE.
  package func exposition(_ format: Exposition) -> [UInt8] {
    // Copied, so that no collecting closure runs under the lock.
    format.render(families.withLock { $0 })
  }

  private func register(_ family: Family) {
    families.withLock { families in
      for other in families {
        precondition(other.names.isDisjoint(with: family.names), "\(family.name) clashes with \(other.name)")
      }
      families.append(family)
    }
  }
}
