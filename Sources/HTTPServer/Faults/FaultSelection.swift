/// Which of the requests in its scope a fault takes, one after the other. Pure: the same seed makes the same choices.
package struct FaultSelection: Sendable {
  /// Of the requests in scope, 1 to 100.
  package var percentage = 100
  package let seed: UInt64
  /// After so many the fault is over; nil: it is not.
  package var count: Int?
  /// Nanoseconds; in the second half of each nothing is taken. Nil: something always may be.
  package var period: Int64?
  /// Requests that could have been taken.
  private var seen: UInt64 = 0
  package private(set) var taken = 0

  package init(seed: UInt64) {
    self.seed = seed
  }

  package var isExhausted: Bool { count.map { taken >= $0 } ?? false }

  /// Nil when the next request is spared; else a number drawn for it.
  ///
  /// - Parameter elapsed: nanoseconds since the fault began.
  package mutating func takeNext(after elapsed: Int64) -> UInt64? {
    if isExhausted { return nil }
    if let period, elapsed % period >= period / 2 { return nil }
    seen &+= 1
    let draw = Self.mix(seed &+ seen &* 0x9e37_79b9_7f4a_7c15)
    guard draw.multipliedFullWidth(by: 100).high < percentage else { return nil }
    taken += 1
    return Self.mix(draw)
  }

  /// SplitMix64's.
  private static func mix(_ number: UInt64) -> UInt64 {
    var value = number
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
