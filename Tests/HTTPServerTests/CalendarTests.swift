import HTTP
import Synchronization
import Testing

@testable import HTTPServer

private let second: Int64 = 1_000_000_000
private let hour = 3600 * second
/// Sun, 06 Nov 1994 08:49:37.25 GMT
private let wall = 784_111_777 * second + second / 4

/// A wall clock that the test sets.
private final class WallClock: Sendable {
  let now: Atomic<Int64>
  let reads = Atomic<Int>(0)
  init(_ now: Int64) { self.now = Atomic(now) }
  func read() -> Int64 {
    reads.add(1, ordering: .relaxed)
    return now.load(ordering: .relaxed)
  }
}

private func rendered(_ calendar: Calendar, at now: Int64) -> String {
  var bytes: [UInt8] = []
  bytes.append(addingCapacity: 24) { calendar.appendTimestamp(at: now, to: &$0) }
  return String(decoding: bytes, as: UTF8.self)
}

private func text(_ calendar: Calendar) -> String {
  String(decoding: calendar.commonFields.bytes, as: UTF8.self)
}

@Suite struct CalendarTests {
  @Test func rendersDateAndWhatElseEveryAnswerCarries() {
    var calendar = Calendar(fields: ["X": "y"], realtime: { wall })
    calendar.turn(to: 5 * second)
    #expect(text(calendar) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX: y\r\n")
  }

  @Test(
    arguments: [
      (0, "1994-11-06T08:49:37.250Z"), (1_000_000, "1994-11-06T08:49:37.251Z"), (999_999, "1994-11-06T08:49:37.250Z"),
      // Between two turns the second may have changed already; and it may be asked for what was.
      (750_000_000, "1994-11-06T08:49:38.000Z"), (83_000_000_000, "1994-11-06T08:51:00.250Z"),
      (-250_000_000, "1994-11-06T08:49:37.000Z"), (-251_000_000, "1994-11-06T08:49:36.999Z"),
    ] as [(Int64, String)])
  func rendersTheTimeOfALine(later: Int64, timestamp: String) {
    var calendar = Calendar(fields: [:], realtime: { wall })
    calendar.turn(to: 500 * second)
    #expect(rendered(calendar, at: 500 * second + later) == timestamp)
  }

  @Test func looksAtTheClockOnceASecondAndAtItsTurn() {
    let clock = WallClock(wall)
    var calendar = Calendar(fields: [:], realtime: clock.read)
    for millisecond in stride(from: Int64(0), to: 3000, by: 10) {
      clock.now.store(wall + millisecond * 1_000_000, ordering: .relaxed)
      calendar.turn(to: second + millisecond * 1_000_000)
      let seconds = 37 + (250 + millisecond) / 1000
      #expect(text(calendar) == "Date: Sun, 06 Nov 1994 08:49:\(seconds) GMT\r\n")
    }
    #expect(clock.reads.load(ordering: .relaxed) == 4)
  }
}

/// The wall clock steps; a clock handed in is the one that does.
@Suite struct ClockFaultTests {
  @Test(arguments: [-hour, hour, -1, 1, second, -second])
  func followsAStepOfTheWallClockWithinASecond(step: Int64) {
    let clock = WallClock(wall)
    var calendar = Calendar(fields: [:], realtime: clock.read)
    let start = 77 * hour
    calendar.turn(to: start)
    clock.now.store(wall + second + step, ordering: .relaxed)
    calendar.turn(to: start + second)
    var expected = Calendar(fields: [:], realtime: { wall + second + step })
    expected.turn(to: start)
    #expect(text(calendar) == text(expected))
    #expect(rendered(calendar, at: start + second) == rendered(expected, at: start))
  }

  /// Deadlines go by the monotonic clock alone: nothing in a connection's state or in the wheel knows another.
  @Test(arguments: [-hour, hour])
  func aStepOfTheWallClockMovesNoDeadline(step: Int64) {
    let clock = WallClock(wall)
    var calendar = Calendar(fields: [:], realtime: clock.read)
    calendar.turn(to: second)
    let state = ConnectionState(acceptedAt: second, .init())
    clock.now.add(step, ordering: .relaxed)
    calendar.turn(to: 2 * second)
    #expect(state.deadline == 11 * second)
  }
}
