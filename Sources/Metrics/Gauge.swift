/// A value that goes up and down: what was last set, plus what the shards added. Most gauges use one of the two.
///
/// Cells are numbered as a `Counter`'s.
package final class Gauge: Sendable {
  /// Two words a cell: its value (the shards' is an `Int64`, the shared one's a `Double`), and 1 once it was written.
  private let cells: Cells
  private let space: LabelSpace
  private let initial: [Bool]

  init(_ space: LabelSpace, initial: (([String]) -> Bool)?, shards: Int) {
    cells = Cells(count: space.count * 2, shards: shards)
    self.space = space
    self.initial = space.initialCells(initial, allUpTo: 64)
  }

  /// Adds or, with a negative amount, takes away. Each shard has one writer; it may take away what another one added.
  package func add(_ amount: Int64, at cell: Int = 0, shard: Int = 0) {
    cells.add(UInt64(bitPattern: amount), at: cell * 2, shard: shard)
    cells.store(1, at: cell * 2 + 1, shard: shard)
  }

  /// Sets the value, from any thread; the last one stands.
  package func set(_ value: Double, at cell: Int = 0) {
    cells.store(value.bitPattern, at: cell * 2, shard: cells.sharedShard)
    cells.store(1, at: cell * 2 + 1, shard: cells.sharedShard)
  }

  package func value(at cell: Int = 0) -> Double {
    let added = (0..<cells.sharedShard).reduce(0) { $0 &+ cells.load(cell * 2, shard: $1) }
    return Double(Int64(bitPattern: added)) + Double(bitPattern: cells.load(cell * 2, shard: cells.sharedShard))
  }

  /// The cell of a combination, one value for each label in order; nil when a value is not in its label's domain.
  package func cell(_ values: String...) -> Int? {
    space.cell(values)
  }
}

extension Gauge: SampleSource {
  func appendSamples(of name: String, to lines: inout ExpositionBuffer) {
    for cell in 0..<space.count {
      // Not the value decides: a gauge that came back to zero must not vanish.
      guard initial[cell] || cells.sum(cell * 2 + 1) != 0 else { continue }
      lines.appendSample(name, labels: space.pairs(of: cell), value: String(sample: value(at: cell)))
    }
  }
}
