/// Makes the ids of requests that bring none: 16 hex digits, unique with high probability, not secret.
struct RequestIDs {
  private static let length = 16
  private static let lengthMax = 128

  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// Makes `id` the next one, in place. SplitMix64: a Weyl sequence, mixed; it repeats after 2^64 ids.
  mutating func writeNext(to id: inout [UInt8]) {
    state &+= 0x9e37_79b9_7f4a_7c15
    var number = state
    number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
    number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
    number ^= number >> 31
    if id.count != Self.length { id = Array(repeating: 0, count: Self.length) }
    unsafe id.withUnsafeMutableBytes {
      unsafe $0.storeBytes(of: Self.hexDigits(UInt32(truncatingIfNeeded: number)), as: UInt64.self)
      unsafe $0.storeBytes(
        of: Self.hexDigits(UInt32(truncatingIfNeeded: number >> 32)), toByteOffset: 8, as: UInt64.self)
    }
  }

  /// Eight digits at once: each nibble gets a byte of a word.
  private static func hexDigits(_ number: UInt32) -> UInt64 {
    var word = UInt64(number)
    word = (word | word << 16) & 0x0000_ffff_0000_ffff
    word = (word | word << 8) & 0x00ff_00ff_00ff_00ff
    word = (word | word << 4) & 0x0f0f_0f0f_0f0f_0f0f
    // Adding 6 carries into bit 4 from 10 on; those digits are letters, which stand 39 further on.
    let letters = (word + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return word + 0x3030_3030_3030_3030 + letters * 39
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
