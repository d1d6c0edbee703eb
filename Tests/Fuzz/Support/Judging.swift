/// Ends the process, for libFuzzer to keep the input, when what must hold for every input does not.
@inline(__always)
package func hold(_ law: Bool, _ name: @autoclosure () -> String) {
  if !law { fatalError("does not hold: \(name())") }
}

/// Has `laws` judge the bytes that libFuzzer hands over; what it returns is libFuzzer's to see.
///
/// The input is copied to an allocation of its own size: with the address sanitizer, a read beyond its end is seen.
@inline(__always)
package func judge(
  _ start: UnsafePointer<UInt8>?, _ count: Int, by laws: (_ input: [UInt8], _ chance: inout Chance) -> Void
) -> Int32 {
  let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  var chance = Chance(of: input)
  laws(input, &chance)
  return 0
}

/// Numbers that look like chance and are the same for the same input, so that a finding can be seen again. SplitMix64.
/// TestSupport has it too, but would bring the server, and its coverage, into the targets that do without.
package struct Chance: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// FNV-1a of the input.
  init(of input: [UInt8]) {
    state = 0xcbf2_9ce4_8422_2325
    for byte in input { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var number = state
    number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
    number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
    return number ^ number >> 31
  }

  /// 0 to `bound`, both included.
  package mutating func upTo(_ bound: Int) -> Int { Int(next() % UInt64(bound + 1)) }

  /// The ends of the pieces into which `count` bytes are cut: ascending, the last one `count`. Short pieces all along,
  /// or byte by byte for a while, or one cut anywhere; about `most` at most, since each costs a round of the parser.
  package mutating func cuts(_ count: Int, most: Int) -> [Int] {
    guard count > 0 else { return [] }
    var ends: [Int] = []
    switch upTo(2) {
    case 0:
      let longest = 1 + upTo(2 * count / most)
      while (ends.last ?? 0) + longest < count { ends.append((ends.last ?? 0) + 1 + upTo(longest - 1)) }
    case 1:
      let start = upTo(count - 1)
      ends = Array(max(start, 1)..<max(min(start + most, count), 1))
    default:
      if count > 1 { ends = [1 + upTo(count - 2)] }
    }
    return ends + [count]
  }
}
