import Testing

@testable import TLS

/// On a made-up clock, with keys that are counted.
@Suite struct TicketKeysTests {
  private final class Maker {
    var count: UInt8 = 0
    func make() -> [UInt8] {
      count += 1
      return [UInt8](repeating: count, count: TicketKeys.Ring.keySize)
    }
  }

  private static func name(_ key: UInt8) -> [UInt8] { [UInt8](repeating: key, count: TicketKeys.Ring.nameSize) }

  @Test func sealsWithOneKeyForItsLifetime() {
    let maker = Maker()
    var ring = TicketKeys.Ring(at: 1000, make: maker.make)
    for now in [1000, 1001, 1099] as [Int64] {
      let newest = ring.newest(at: now, lifetime: 100, make: maker.make)
      #expect(newest[0] == 1)
    }
    let next = ring.newest(at: 1100, lifetime: 100, make: maker.make)
    #expect(next[0] == 2)
  }

  @Test func opensWithTheKeyBeforeForAsLongAgain() {
    let maker = Maker()
    var ring = TicketKeys.Ring(at: 0, make: maker.make)
    let young = ring.key(named: Self.name(1), at: 99, lifetime: 100, make: maker.make)
    #expect(young?.isOld == false)
    let old = ring.key(named: Self.name(1), at: 199, lifetime: 100, make: maker.make)
    #expect(old?.isOld == true && old?.key[79] == 1)
    let new = ring.key(named: Self.name(2), at: 199, lifetime: 100, make: maker.make)
    #expect(new?.isOld == false)
    let gone = ring.key(named: Self.name(1), at: 299, lifetime: 100, make: maker.make)
    #expect(gone == nil)
  }

  @Test func aLongSilenceLeavesNoOldKey() {
    let maker = Maker()
    var ring = TicketKeys.Ring(at: 0, make: maker.make)
    let gone = ring.key(named: Self.name(1), at: 200, lifetime: 100, make: maker.make)
    let newest = ring.newest(at: 200, lifetime: 100, make: maker.make)
    #expect(gone == nil && newest[0] == 2)
  }

  @Test func knowsNoForeignKey() {
    let maker = Maker()
    var ring = TicketKeys.Ring(at: 0, make: maker.make)
    let foreign = ring.key(named: Self.name(9), at: 1, lifetime: 100, make: maker.make)
    #expect(foreign == nil)
  }

  @Test func eachProcessHasKeysOfItsOwn() {
    #expect(TicketKeys(lifetime: 1).newest() != TicketKeys(lifetime: 1).newest())
  }
}
