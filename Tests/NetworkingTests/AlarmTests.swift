import Networking
import Synchronization
import TestSupport
import Testing

/// Calls at instants of the monotonic clock. No test says how late one may be.
@Suite struct AlarmTests {
  private final class Calls: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func note(_ name: String) { names.withLock { $0.append(name) } }
  }

  @Test func callsInTheOrderOfTheInstantsAndNotBefore() async {
    let (alarm, calls) = (Alarm(), Calls())
    let now = Clock.monotonic
    for (name, milliseconds) in [("c", 60), ("a", 20), ("b", 40), ("a2", 20)] as [(String, Int64)] {
      let instant = now + milliseconds * 1_000_000
      alarm.call(at: instant) { calls.note(Clock.monotonic < instant ? "early" : name) }
    }
    await alarm.sleep(until: now + 80_000_000)
    #expect(calls.all == ["a", "a2", "b", "c"])
  }

  @Test func anEarlierOneGoesBeforeThatForWhichItWaits() async {
    let (alarm, calls) = (Alarm(), Calls())
    alarm.call(at: Clock.monotonic + 3_600_000_000_000) { calls.note("in an hour") }
    await alarm.sleep(until: Clock.monotonic + 1_000_000)
    #expect(calls.all.isEmpty)
  }

  /// Its thread ends when nobody waits, and is there again for the next.
  @Test func goesOnAfterAPause() async {
    let alarm = Alarm()
    for _ in 0..<200 { await alarm.sleep(until: Clock.monotonic) }
    let before = Clock.monotonic
    await alarm.sleep(until: before + 2_000_000)
    #expect(Clock.monotonic >= before + 2_000_000)
  }

  @Test func manyWaitAtOnce() async {
    let (alarm, calls) = (Alarm(), Calls())
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        group.addTask {
          await alarm.sleep(until: Clock.monotonic + Int64(number % 7) * 1_000_000)
          calls.note("")
        }
      }
    }
    #expect(calls.all.count == 500)
  }
}
