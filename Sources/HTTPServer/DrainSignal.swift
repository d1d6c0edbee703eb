internal import Networking
internal import Synchronization

/// Raised once, when the process is told to stop. Every answer reads it, readiness and the connections see the same.
package final class DrainSignal: Sendable {
  /// An instant of the monotonic clock; 0 while it is not raised.
  private let instant = Atomic<Int64>(0)

  package init() {}

  package var isRaised: Bool { instant.load(ordering: .relaxed) != 0 }

  /// When it was raised, nanoseconds of the monotonic clock.
  package var raisedAt: Int64? {
    let instant = instant.load(ordering: .relaxed)
    return instant == 0 ? nil : instant
  }

  /// The first time counts.
  package func raise() {
    _ = instant.compareExchange(expected: 0, desired: Clock.monotonic, ordering: .relaxed)
  }
}
