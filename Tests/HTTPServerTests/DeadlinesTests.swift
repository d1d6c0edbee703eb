import TestSupport
import Testing

@testable import HTTPServer

@Suite struct DeadlinesTests {
  private final class Entry: Deadlined {
    var deadline: Int64
    var place = DeadlinePlace()
    init(_ deadline: Int64) { self.deadline = deadline }
  }

  private static let tick = Deadlines<Entry>.tick
  /// More than one turn of the wheel.
  private static let round = tick * 600
  private static let start: Int64 = 1_000_000_000_000

  private static func popAll(_ wheel: inout Deadlines<Entry>, at now: Int64) -> [Entry] {
    var popped: [Entry] = []
    while let entry = wheel.popExpired(at: now) { popped.append(entry) }
    return popped
  }

  @Test(arguments: [0, 1, tick - 1, tick, tick * 3 + 7, tick * 511, tick * 512, round, round * 10])
  func popsAnEntryWithinTwoTicksOfItsDeadlineAndNeverBefore(delay: Int64) throws {
    var wheel = Deadlines<Entry>(now: Self.start)
    let entry = Entry(Self.start + delay)
    wheel.schedule(entry)
    var now = Self.start
    var popped: [Entry] = []
    while popped.isEmpty {
      // As a loop does that sleeps until the wheel wants it.
      now = max(try #require(wheel.next), now)
      popped = Self.popAll(&wheel, at: now)
      #expect(now <= entry.deadline + 2 * Self.tick)
      guard now <= entry.deadline + 2 * Self.tick else { return }
    }
    #expect(popped.map(\.deadline) == [entry.deadline])
    #expect(now >= entry.deadline)
    #expect(wheel.count == 0)
    #expect(wheel.next == nil)
  }

  @Test func anEntryWhoseDeadlineMovesLaterIsNotPoppedBefore() {
    var wheel = Deadlines<Entry>(now: Self.start)
    let entry = Entry(Self.start + 5 * Self.tick)
    wheel.schedule(entry)
    entry.deadline = Self.start + 50 * Self.tick
    wheel.schedule(entry)
    #expect(wheel.count == 1)
    #expect(Self.popAll(&wheel, at: Self.start + 49 * Self.tick).isEmpty)
    #expect(Self.popAll(&wheel, at: Self.start + 51 * Self.tick).count == 1)
  }

  @Test func anEntryWhoseDeadlineMovesEarlierIsPoppedThen() {
    var wheel = Deadlines<Entry>(now: Self.start)
    let entry = Entry(.max)
    wheel.schedule(entry)
    entry.deadline = Self.start + 2 * Self.tick
    wheel.schedule(entry)
    #expect(wheel.count == 1)
    #expect(Self.popAll(&wheel, at: Self.start + 3 * Self.tick).count == 1)
  }

  @Test func anEntryThatNeverExpiresStays() {
    var wheel = Deadlines<Entry>(now: Self.start)
    let entry = Entry(.max)
    wheel.schedule(entry)
    for step in 1...100 { #expect(Self.popAll(&wheel, at: Self.start + Int64(step) * Self.round / 7).isEmpty) }
    #expect(wheel.count == 1)
    wheel.remove(entry)
    #expect(wheel.count == 0)
    #expect(wheel.next == nil)
  }

  @Test func removingTwiceOrWhatWasNeverThereDoesNothing() {
    var wheel = Deadlines<Entry>(now: Self.start)
    let entry = Entry(Self.start)
    wheel.remove(entry)
    wheel.schedule(entry)
    wheel.remove(entry)
    wheel.remove(entry)
    #expect(wheel.count == 0)
    #expect(wheel.popExpired(at: .max / 2) == nil)
  }

  @Test func aLongSilencePopsAllThatIsDueAndNothingElse() {
    var wheel = Deadlines<Entry>(now: Self.start)
    let entries = (0..<3000).map { Entry(Self.start + Int64($0) * Self.tick + Self.tick / 2) }
    for entry in entries { wheel.schedule(entry) }
    let now = Self.start + 2000 * Self.tick
    let popped = Self.popAll(&wheel, at: now)
    #expect(popped.count == 2000)
    #expect(popped.count { $0.deadline <= now } == 2000)
    #expect(wheel.count == 1000)
  }

  /// Random schedules, moves, removals and waits, beside a plain list.
  @Test(arguments: UInt64(1)...10)
  func popsExactlyWhatAPlainListSaysIsDue(seed: UInt64) {
    var random = Seeded(seed)
    var wheel = Deadlines<Entry>(now: Self.start)
    var entries: [Entry] = []
    var now = Self.start
    for step in 0..<1000 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<3:
        let entry = Entry(now + Int64.random(in: -Self.tick...2 * Self.round, using: &random))
        entries.append(entry)
        wheel.schedule(entry)
      case 3..<6:
        guard let entry = entries.randomElement(using: &random) else { continue }
        entry.deadline = now + Int64.random(in: 0...2 * Self.round, using: &random)
        wheel.schedule(entry)
      case 6:
        guard let index = entries.indices.randomElement(using: &random) else { continue }
        wheel.remove(entries.remove(at: index))
      default:
        now += Int64.random(in: 0...(Bool.random(using: &random) ? 20 * Self.tick : Self.round), using: &random)
        let popped = Self.popAll(&wheel, at: now)
        let early = popped.count { $0.deadline > now }
        entries.removeAll { entry in popped.contains { $0 === entry } }
        // The wheel is coarse: of what fell due within this tick it may leave some for the next.
        let late = entries.count { $0.deadline / Self.tick < now / Self.tick }
        guard early == 0, late == 0, popped.allSatisfy({ $0.place.tick == nil }) else {
          Issue.record("step \(step): \(early) early, \(late) late")
          return
        }
      }
      // It never sleeps past what is due.
      let earliest = entries.map(\.deadline).min()
      let isAwakeInTime = earliest.map { (wheel.next ?? .max) <= max($0, now) + Self.tick } ?? (wheel.next == nil)
      guard wheel.count == entries.count, isAwakeInTime else {
        Issue.record("step \(step): \(wheel.count) of \(entries.count) held, next at \(wheel.next ?? -1)")
        return
      }
    }
  }
}
