import TestSupport
import Testing

@testable import HTTP

@Suite struct OutputBufferTests {
  /// What an array holds after the same calls.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func holdsWhatWasAppended(seed: UInt64) {
    var random = Seeded(seed)
    var output = OutputBuffer()
    var expected: [UInt8] = []
    for _ in 0..<200 {
      let room = Int.random(in: 0...3000, using: &random)
      let part = (0..<Int.random(in: 0...room, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      output.append(addingCapacity: room) { output in
        for byte in part { output.append(byte) }
      }
      expected += part
      if Int.random(in: 0..<20, using: &random) == 0 {
        output.removeAll(keepingCapacityUpTo: Int.random(in: 0...4000, using: &random))
        expected = []
      }
      let offset = Int.random(in: 0...expected.count, using: &random)
      #expect(output.count == expected.count && output.isEmpty == expected.isEmpty)
      #expect(output.bytes(from: offset) == Array(expected[offset...]))
      #expect(output.withSpan(from: offset) { $0.count } == expected.count - offset)
    }
  }

  @Test func keepsNoMoreRoomThanItIsTold() {
    var output = OutputBuffer()
    output.append(addingCapacity: 5000) { $0.append(1) }
    output.removeAll(keepingCapacityUpTo: 5000)
    #expect(output.capacity == 5000)
    output.removeAll(keepingCapacityUpTo: 4999)
    #expect(output.capacity == 0)
  }

  @Test(arguments: [0, 1, 9, 10, 99, 100, 101, 12345, 999_999_999, 1_000_000_000_000_000_000, .max])
  func writesNumbersInDecimal(number: Int) {
    for width in 1...20 {
      var bytes: [UInt8] = [1]
      bytes.append(decimal: number, width: width)
      let digits = String(number)
      let zeros = String(repeating: "0", count: max(width - digits.count, 0))
      #expect(bytes == [1] + Array((zeros + digits).utf8))
    }
  }
}
