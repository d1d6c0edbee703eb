internal import Synchronization

/// What others may see of a loop without asking it.
final class LoopLoad: Sendable {
  /// Registered connections.
  let connections = Atomic<Int>(0)
  /// The instant of the last accept, monotonic nanoseconds.
  let lastAccept = Atomic<Int64>(0)
  /// Whether the watchdog's last ping was answered.
  let hasAnsweredPing = Atomic<Bool>(true)
  /// Steps of the drain that it is told to take and has not taken yet.
  let drainSteps = Atomic<Int>(0)
}
