/// How observations spread over buckets, one set of buckets for each combination of its labels' values.
///
/// Observations and bounds are integers of a small unit (ns, bytes), so that sums are exact; the exposition divides by
/// `unitsPerBase`. Cells are numbered as a `Counter`'s.
package final class Histogram: Sendable {
  /// For each cell a row of words, a power of two of them so that it stands in one page: one per bound, one for what is
  /// above them all, and at its end the sum.
  private let cells: Cells
  private let wordsPerCell: Int
  private let bounds: [UInt64]
  private let unitsPerBase: UInt64
  /// `le="0.25"` for each bucket, the last one `le="+Inf"`.
  private let boundPairs: [String]
  private let space: LabelSpace
  private let initial: [Bool]

  init(
    _ space: LabelSpace, bounds: [UInt64], unitsPerBase: UInt64, initial: (([String]) -> Bool)?, shards: Int
  ) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds must grow")
    precondition([1, 1_000, 1_000_000, 1_000_000_000].contains(unitsPerBase), "not a unit: 1/\(unitsPerBase)")
    wordsPerCell = 1 << (Int.bitWidth - (bounds.count + 1).leadingZeroBitCount)
    precondition(wordsPerCell <= Cells.rowMax, "too many bounds")
    cells = Cells(count: space.count * wordsPerCell, shards: shards)
    self.bounds = bounds
    self.unitsPerBase = unitsPerBase
    boundPairs = bounds.map { #"le="\#(String(bound: $0, per: unitsPerBase))""# } + [#"le="+Inf""#]
    self.space = space
    self.initial = space.initialCells(initial, allUpTo: 16)
  }

  /// Counts one value, in the histogram's small unit. Each shard has one writer: two at once would lose observations.
  package func observe(_ value: UInt64, at cell: Int = 0, shard: Int = 0) {
    var bucket = 0
    // A handful of bounds, and most values are small: a scan beats a binary search.
    while bucket < bounds.count && value > bounds[bucket] { bucket += 1 }
    cells.add(1, at: cell * wordsPerCell + bucket, and: value, at: sumWord(of: cell), shard: shard)
  }

  private func sumWord(of cell: Int) -> Int { (cell + 1) * wordsPerCell - 1 }

  /// Counts one value from any thread, atomically, on a shard that all threads share.
  package func observeShared(_ value: UInt64, at cell: Int = 0) {
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    cells.addShared(1, at: cell * wordsPerCell + bucket)
    cells.addShared(value, at: sumWord(of: cell))
  }

  /// How many values were observed.
  package func count(at cell: Int = 0) -> UInt64 {
    cumulativeBuckets(of: cell).last ?? 0
  }

  /// Their sum, in the histogram's small unit.
  func sum(at cell: Int = 0) -> UInt64 { cells.sum(sumWord(of: cell)) }

  /// The cell of a combination, one value for each label in order; nil when a value is not in its label's domain.
  package func cell(_ values: String...) -> Int? {
    space.cell(values)
  }

  /// How many values were at most each bound; the last one is the count.
  ///
  /// Writers go on meanwhile. Each word is read once and the rest is computed from it, so that buckets never shrink
  /// along the bounds and `+Inf` is the count; only the sum may be a few observations older or newer.
  private func cumulativeBuckets(of cell: Int) -> [UInt64] {
    var count: UInt64 = 0
    return (0...bounds.count).map { bucket in
      count &+= cells.sum(cell * wordsPerCell + bucket)
      return count
    }
  }
}

extension Histogram: SampleSource {
  func appendSamples(of name: String, to lines: inout ExpositionBuffer) {
    for cell in 0..<space.count {
      let buckets = cumulativeBuckets(of: cell)
      let count = buckets.last ?? 0
      guard count != 0 || initial[cell] else { continue }

      let pairs = space.pairs(of: cell)
      for (bucket, boundPair) in zip(buckets, boundPairs) {
        lines.appendSample(
          name, suffix: "_bucket", labels: pairs.isEmpty ? boundPair : pairs + "," + boundPair, value: String(bucket))
      }
      lines.appendSample(name, suffix: "_sum", labels: pairs, value: String(sum(at: cell), per: unitsPerBase))
      lines.appendSample(name, suffix: "_count", labels: pairs, value: String(count))
    }
  }
}
