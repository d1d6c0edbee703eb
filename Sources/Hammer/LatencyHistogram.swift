/// Counts of latencies in buckets whose width grows with them, after HdrHistogram: whatever is asked of it is at most one
/// part in 128 above the truth, from one nanosecond to centuries, in a few kilobytes.
package struct LatencyHistogram: Sendable {
  /// Buckets for each doubling.
  private static let precision = 128
  private static let shift = 7

  private var buckets: [UInt64] = []
  package private(set) var count: UInt64 = 0
  /// Nanoseconds; exact.
  package private(set) var maximum: UInt64 = 0

  package init() {}

  package mutating func record(_ nanoseconds: Int64) {
    let value = UInt64(max(nanoseconds, 0))
    let index = Self.index(of: value)
    if index >= buckets.count { buckets += [UInt64](repeating: 0, count: index + 1 - buckets.count) }
    buckets[index] += 1
    count += 1
    maximum = max(maximum, value)
  }

  /// Nanoseconds that so large a part of all took at most; nil when there are none.
  ///
  /// - Parameter part: above 0, at most 1: 0.99 for the 99th percentile.
  package func quantile(_ part: Double) -> UInt64? {
    guard count > 0 else { return nil }
    let rank = max(UInt64((Double(count) * part).rounded(.up)), 1)
    var seen: UInt64 = 0
    for (index, number) in buckets.enumerated() {
      seen += number
      if seen >= rank { return min(Self.highest(in: index), maximum) }
    }
    return maximum
  }

  /// Values below 2 × `precision` have a bucket each; above, each doubling has `precision` of them.
  static func index(of value: UInt64) -> Int {
    let magnitude = max(UInt64.bitWidth - 1 - value.leadingZeroBitCount, shift) - shift
    return magnitude * precision + Int(value >> UInt64(magnitude))
  }

  /// The largest value of a bucket.
  static func highest(in index: Int) -> UInt64 {
    guard index >= 2 * precision else { return UInt64(index) }
    let magnitude = UInt64(index / precision - 1)
    let lowest = UInt64(index % precision + precision) << magnitude
    return lowest + (1 << magnitude) - 1
  }
}
