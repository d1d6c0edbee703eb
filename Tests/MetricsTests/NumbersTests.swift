import Testing

@testable import Metrics

@Suite struct NumbersTests {
  @Test(arguments: [
    (1_000_000, "0.001"), (2_500_000, "0.0025"), (250_000_000, "0.25"), (1_000_000_000, "1.0"),
    (2_500_000_000, "2.5"), (5_000_000_000, "5.0"), (10_000_000_000, "10.0"), (1, "0.000000001"), (0, "0.0"),
  ])
  func boundsHaveADecimalPoint(nanoseconds: UInt64, spelling: String) {
    #expect(String(bound: nanoseconds, per: 1_000_000_000) == spelling)
  }

  @Test func largeBoundsHaveNoExponent() {
    #expect(String(bound: 1_048_576, per: 1) == "1048576.0")
    #expect(String(bound: .max, per: 1) == "18446744073709551615.0")
  }

  @Test(arguments: [
    (0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (3_000_000_000, "3"), (1_000_000_010, "1.00000001"),
    // The next three are not doubles: they would come back as their neighbours.
    (9_007_199_254_740_993, "9007199.254740993"), (123_456_789_123_456_789, "123456789.123456789"),
    (UInt64.max, "18446744073.709551615"),
  ])
  func sumsAreExact(nanoseconds: UInt64, spelling: String) {
    #expect(String(nanoseconds, per: 1_000_000_000) == spelling)
  }

  @Test(arguments: [
    (0, "0"), (3, "3"), (-3, "-3"), (0.1, "0.1"), (0.1 + 0.2, "0.30000000000000004"),
    (1_789_000_000.25, "1789000000.25"),
    (1e21, "1e+21"), (1e-7, "1e-07"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
  ])
  func doublesAreShortest(value: Double, spelling: String) {
    #expect(String(sample: value) == spelling)
  }

  @Test(arguments: [
    0.1, 1e16, 123_456_789.123, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 9_007_199_254_740_994,
  ])
  func doublesReadBack(value: Double) {
    #expect(Double(String(sample: value)) == value)
  }
}
