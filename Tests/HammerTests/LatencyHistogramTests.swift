import Testing

@testable import Hammer

@Suite struct LatencyHistogramTests {
  @Test func everyValueIsInABucketThatIsNarrowEnough() {
    var values: [UInt64] = Array(0..<2000)
    for power in 7..<63 { for offset in -2...2 { values.append(UInt64(Int64(1 << power) + Int64(offset))) } }
    for value in values {
      let index = LatencyHistogram.index(of: value)
      let highest = LatencyHistogram.highest(in: index)
      #expect(highest >= value && highest - value <= value / 128, "\(value): \(index), \(highest)")
      if index > 0 { #expect(LatencyHistogram.highest(in: index - 1) < value, "\(value)") }
    }
  }

  @Test func quantilesAreThoseOfTheSortedValuesWithinAPartIn128() throws {
    var histogram = LatencyHistogram()
    var values: [Int64] = []
    var number: UInt64 = 1
    for _ in 0..<10_000 {
      number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      values.append(Int64(number >> 33) % 50_000_000)
    }
    for value in values { histogram.record(value) }
    values.sort()
    for part in [0.001, 0.5, 0.9, 0.99, 0.999, 1] {
      let truth = values[Int((Double(values.count) * part).rounded(.up)) - 1]
      let told = try #require(histogram.quantile(part))
      #expect(told >= truth && told - UInt64(truth) <= UInt64(truth) / 128, "\(part): \(truth), \(told)")
    }
    #expect(histogram.maximum == UInt64(values[values.count - 1]) && histogram.count == 10_000)
  }

  @Test func nothingHasNoQuantile() {
    #expect(LatencyHistogram().quantile(0.5) == nil)
  }
}
