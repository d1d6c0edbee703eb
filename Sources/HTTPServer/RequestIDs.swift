/// Makes the ids of requests that bring none: 16 hex digits, unique with high probability, not secret.
struct RequestIDs {
  private static let lengthMax = 128

  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// SplitMix64: a Weyl sequence, mixed; it repeats after 2^64 ids.
  mutating func appendNext(to output: inout [UInt8]) {
    state &+= 0x9e37_79b9_7f4a_7c15
    var id = state
    id = (id ^ id >> 30) &* 0xbf58_476d_1ce4_e5b9
    id = (id ^ id >> 27) &* 0x94d0_49bb_1331_11eb
    id ^= id >> 31
    output.append(hexDigits: UInt32(truncatingIfNeeded: id))
    output.append(hexDigits: UInt32(truncatingIfNeeded: id >> 32))
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

extension [UInt8] {
  /// Appends eight digits, all at once: each nibble gets a byte of a word, and a word is appended.
  fileprivate mutating func append(hexDigits number: UInt32) {
    var word = UInt64(number)
    word = (word | word << 16) & 0x0000_ffff_0000_ffff
    word = (word | word << 8) & 0x00ff_00ff_00ff_00ff
    word = (word | word << 4) & 0x0f0f_0f0f_0f0f_0f0f
    // Adding 6 carries into bit 4 from 10 on; those digits are letters, which stand 39 further on.
    let letters = (word + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    word += 0x3030_3030_3030_3030 + letters * 39
    unsafe Swift.withUnsafeBytes(of: word) { unsafe append(contentsOf: $0) }
  }
}
