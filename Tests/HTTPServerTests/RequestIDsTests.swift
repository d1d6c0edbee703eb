import Testing

@testable import HTTPServer

@Suite struct RequestIDsTests {
  @Test func makesSixteenHexDigits() {
    var ids = RequestIDs(seed: 1)
    for _ in 0..<100 {
      var id: [UInt8] = []
      ids.writeNext(to: &id)
      #expect(id.count == 16)
      #expect(id.allSatisfy { Set("0123456789abcdef".utf8).contains($0) })
    }
  }

  @Test func usesEveryDigit() {
    var ids = RequestIDs(seed: 1)
    var all: [UInt8] = []
    var id: [UInt8] = []
    for _ in 0..<100 {
      ids.writeNext(to: &id)
      all += id
    }
    #expect(Set(all) == Set("0123456789abcdef".utf8))
  }

  @Test func neverRepeats() {
    var ids = RequestIDs(seed: 1)
    var others = RequestIDs(seed: 2)
    var seen: Set<[UInt8]> = []
    for _ in 0..<5000 {
      var one: [UInt8] = []
      var other: [UInt8] = []
      ids.writeNext(to: &one)
      others.writeNext(to: &other)
      seen.insert(one)
      seen.insert(other)
    }
    #expect(seen.count == 10_000)
  }

  @Test func takesThePlaceOfAnIdOfAnyLength() {
    var ids = RequestIDs(seed: 1)
    var id = Array("a-client's-own-and-longer-one".utf8)
    ids.writeNext(to: &id)
    #expect(id.count == 16 && id.allSatisfy { Set("0123456789abcdef".utf8).contains($0) })
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
