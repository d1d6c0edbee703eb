import Glibc
import Networking
import TestSupport
import Testing

@Suite struct PollerTests {
  /// The tokens of one wait, sorted.
  private static func tokens(_ poller: borrowing Poller, milliseconds: Int32 = 5000) -> [UInt64] {
    let count = poller.wait(milliseconds: milliseconds)
    return (0..<count).map { poller.event($0).token }.sorted()
  }

  @Test func saysWhichDescriptorIsReadable() throws {
    let poller = try Poller()
    let bells = try (0..<3).map { _ in try Doorbell() }
    for (index, bell) in bells.enumerated() { try poller.add(bell.descriptor, .read, token: UInt64(index) + 10) }
    #expect(Self.tokens(poller, milliseconds: 0) == [])
    bells[2].ring()
    #expect(Self.tokens(poller) == [12])
    bells[0].ring()
    // Level-triggered: what was not taken is told again.
    #expect(Self.tokens(poller) == [10, 12])
    bells[2].silence()
    #expect(Self.tokens(poller) == [10])
  }

  @Test func tokensKeepAllTheirBits() throws {
    let poller = try Poller()
    let bell = try Doorbell()
    try poller.add(bell.descriptor, .read, token: .max - 1)
    bell.ring()
    #expect(Self.tokens(poller) == [.max - 1])
    try poller.change(bell.descriptor, .read, token: 0x7fff_1234_5678_9ab0)
    #expect(Self.tokens(poller) == [0x7fff_1234_5678_9ab0])
  }

  @Test func tellsOnlyWhatIsAskedFor() throws {
    let poller = try Poller()
    let bell = try Doorbell()
    try poller.add(bell.descriptor, [.read, .write], token: 1)
    #expect(poller.wait(milliseconds: 5000) == 1)
    #expect(poller.event(0).isWritable)
    #expect(!poller.event(0).isReadable)
    bell.ring()
    try poller.change(bell.descriptor, [], token: 1)
    #expect(poller.wait(milliseconds: 0) == 0)
    try poller.change(bell.descriptor, .read, token: 1)
    #expect(poller.wait(milliseconds: 5000) == 1)
    #expect(poller.event(0).isReadable)
    #expect(!poller.event(0).isWritable)
    poller.remove(bell.descriptor)
    #expect(poller.wait(milliseconds: 0) == 0)
  }

  @Test func addingTwiceFails() throws {
    let poller = try Poller()
    let bell = try Doorbell()
    try poller.add(bell.descriptor, .read, token: 1)
    let error = #expect(throws: Errno.self) { try poller.add(bell.descriptor, .read, token: 2) }
    #expect(error?.code == EEXIST)
  }

  @Test func aHangUpIsReadableWhateverWasAskedFor() throws {
    let poller = try Poller()
    var ends: [Int32] = [-1, -1]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    try poller.add(ends[0], [], token: 1)
    #expect(poller.wait(milliseconds: 0) == 0)
    close(ends[1])
    #expect(poller.wait(milliseconds: 5000) == 1)
    #expect(poller.event(0).isHangUp)
    #expect(poller.event(0).isReadable)
    close(ends[0])
  }

  @Test func aBatchIsBoundedAndTheRestComesNext() throws {
    let poller = try Poller()
    let bells = try (0..<Poller.batch + 44).map { _ in try Doorbell() }
    for (index, bell) in bells.enumerated() {
      try poller.add(bell.descriptor, .read, token: UInt64(index))
      bell.ring()
    }
    var seen: Set<UInt64> = []
    for _ in 0..<2 {
      let tokens = Self.tokens(poller)
      #expect(tokens.count <= Poller.batch)
      for token in tokens {
        seen.insert(token)
        bells[Int(token)].silence()
      }
    }
    #expect(seen.count == bells.count)
  }
}

@Suite struct DoorbellTests {
  @Test func aRingOfAnotherThreadWakesAWait() async throws {
    let bell = try Doorbell()
    let ringing = Task { try await onThread { bell.ring() } }
    let count = try await onThread {
      let poller = try Poller()
      try poller.add(bell.descriptor, .read, token: 1)
      return poller.wait(milliseconds: 60_000)
    }
    #expect(count == 1)
    try await ringing.value
  }

  @Test func manyRingsAreSilencedAtOnce() throws {
    let bell = try Doorbell()
    let poller = try Poller()
    try poller.add(bell.descriptor, .read, token: 1)
    for _ in 0..<1000 { bell.ring() }
    bell.silence()
    #expect(poller.wait(milliseconds: 0) == 0)
    // Without a ring there is nothing to wait for.
    bell.silence()
  }
}

@Suite struct TimerTests {
  private static func wakes(_ instant: Int64?, within milliseconds: Int32) throws -> Bool {
    let timer = try Timer()
    let poller = try Poller()
    try poller.add(timer.descriptor, .read, token: 1)
    timer.arm(at: instant)
    return poller.wait(milliseconds: milliseconds) == 1
  }

  @Test func wakesAtItsInstantAndNotBefore() throws {
    let instant = Clock.monotonic + 20_000_000
    #expect(try Self.wakes(instant, within: 10_000))
    #expect(Clock.monotonic >= instant)
  }

  @Test(arguments: [0, -5, 1] as [Int64])
  func wakesAtOnceForAnInstantThatHasPassed(instant: Int64) throws {
    #expect(try Self.wakes(instant, within: 10_000))
  }

  @Test func neverWakesUnarmed() throws {
    #expect(try !Self.wakes(nil, within: 10))
    #expect(try !Self.wakes(Clock.monotonic + 3_600_000_000_000, within: 10))
  }

  @Test func armingTakesAnExpiryBack() throws {
    let timer = try Timer()
    let poller = try Poller()
    try poller.add(timer.descriptor, .read, token: 1)
    timer.arm(at: 1)
    #expect(poller.wait(milliseconds: 10_000) == 1)
    timer.arm(at: nil)
    #expect(poller.wait(milliseconds: 0) == 0)
    timer.arm(at: 1)
    timer.arm(at: Clock.monotonic + 3_600_000_000_000)
    #expect(poller.wait(milliseconds: 0) == 0)
  }
}

@Suite struct SpareDescriptorTests {
  @Test func isGivenUpAndTakenBack() {
    var spare = SpareDescriptor()
    let isThere = spare.takeBack()
    #expect(isThere)
    spare.giveUp()
    spare.giveUp()
    for _ in 0..<2 {
      let isBack = spare.takeBack()
      #expect(isBack)
    }
  }
}

@Suite struct ErrnoTests {
  @Test func saysWhichCallFailedAndWhy() {
    #expect(Errno("bind", code: EADDRINUSE).description == "bind: Address already in use")
    #expect(Errno("bind", code: EADDRINUSE) == Errno("listen", code: EADDRINUSE))
    #expect(Errno("bind", code: EADDRINUSE) != Errno("bind", code: EACCES))
  }

  @Test func theMonotonicClockNeverGoesBack() {
    var last = Clock.monotonic
    for _ in 0..<1000 {
      let now = Clock.monotonic
      #expect(now >= last)
      last = now
    }
    // Between 2020 and 2200.
    #expect((1_577_836_800_000_000_000...7_258_118_400_000_000_000).contains(Clock.realtime))
  }
}
