/// Which loops are stuck, from the answers to the watchdog's pings; pure.
///
/// An idle loop does not beat by itself, so it is pinged each second. A machine that is paused pauses the watchdog too:
/// what it missed then proves nothing, and the count begins anew.
package struct LoopLiveness: Sendable {
  /// A loop is stuck when so many pings in a row were not answered.
  package static let missesMax = 5
  /// Between two pings, nanoseconds.
  package static let interval: Int64 = 1_000_000_000
  /// A round that comes later than this after the last one was not on time.
  static let intervalMicroseconds = UInt32(interval / 1000)
  private static let lateAfter = 2 * interval

  private var misses: [Int]
  private var lastRound: Int64?

  package init(loops: Int) {
    misses = Array(repeating: 0, count: loops)
  }

  /// One round at the instant `now`: which loops have answered the last ping.
  package mutating func round(answered: [Bool], at now: Int64) {
    let isOnTime = lastRound.map { now - $0 <= Self.lateAfter } ?? true
    lastRound = now
    for index in misses.indices {
      misses[index] = answered[index] || !isOnTime ? 0 : misses[index] + 1
    }
  }

  /// The indexes of the stuck loops.
  package var stuck: [Int] {
    misses.indices.filter { misses[$0] >= Self.missesMax }
  }
}
