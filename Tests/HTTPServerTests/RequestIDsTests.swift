import Testing

@testable import HTTPServer

@Suite struct RequestIDsTests {
  @Test func neverRepeats() {
    var ids = RequestIDs(seed: 1)
    var others = RequestIDs(seed: 2)
    var seen: Set<UInt64> = []
    for _ in 0..<5000 {
      seen.insert(ids.next())
      seen.insert(others.next())
    }
    #expect(seen.count == 10_000)
  }

  @Test func takesEveryCharacterOfTheSetAndNoOther() {
    let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-".utf8)
    for byte in UInt8.min...UInt8.max {
      #expect(RequestIDs.isValid([byte][...]) == allowed.contains(byte), "\(byte)")
      #expect(RequestIDs.isValid([97, byte, 97][...]) == allowed.contains(byte), "\(byte)")
    }
  }

  @Test(arguments: [(0, false), (1, true), (128, true), (129, false)])
  func takesOneToAHundredAndTwentyEight(count: Int, isValid: Bool) {
    #expect(RequestIDs.isValid([UInt8](repeating: 97, count: count)[...]) == isValid)
  }
}
