/// A count that only grows, one for each combination of its labels' values.
///
/// A cell is a combination's index, row-major in the order of the labels, so that callers can compute it without a
/// look-up: `(i0 * n1 + i1) * n2 + i2` for three labels with `n0`, `n1` and `n2` values. A counter without labels has
/// cell 0.
package final class Counter: Sendable {
  private let cells: Cells
  private let space: LabelSpace
  private let initial: [Bool]

  init(_ space: LabelSpace, initial: (([String]) -> Bool)?, shards: Int) {
    cells = Cells(count: space.count, shards: shards)
    self.space = space
    self.initial = space.initialCells(initial, allUpTo: 64)
  }

  /// Adds in a few nanoseconds. Each shard has one writer, its event loop: two at once would lose additions.
  package func add(_ amount: UInt64 = 1, at cell: Int = 0, shard: Int = 0) {
    cells.add(amount, at: cell, shard: shard)
  }

  /// Adds from any thread, atomically, on a shard that all threads share.
  package func addShared(_ amount: UInt64 = 1, at cell: Int = 0) {
    cells.addShared(amount, at: cell)
  }

  /// The sum over the shards.
  package func value(at cell: Int = 0) -> UInt64 {
    cells.sum(cell)
  }

  /// The cell of a combination, one value for each label in order; nil when a value is not in its label's domain.
  package func cell(_ values: String...) -> Int? {
    space.cell(values)
  }
}

extension Counter: SampleSource {
  func appendSamples(of name: String, to lines: inout ExpositionBuffer) {
    for cell in 0..<space.count {
      let value = value(at: cell)
      guard value != 0 || initial[cell] else { continue }
      lines.appendSample(name, labels: space.pairs(of: cell), value: String(value))
    }
  }
}
