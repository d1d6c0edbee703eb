/// Makes the ids of requests that bring none: 64 bits, unique with high probability, not secret.
struct RequestIDs {
  private static let lengthMax = 128

  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// SplitMix64: a Weyl sequence, mixed; it repeats after 2^64 ids.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var number = state
    number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
    number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
    return number ^ number >> 31
  }

  /// 1 to 128 characters of `[A-Za-z0-9._-]`: nothing that could break a log line or a field.
  static func isValid(_ id: ArraySlice<UInt8>) -> Bool {
    guard (1...lengthMax).contains(id.count) else { return false }
    return id.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
