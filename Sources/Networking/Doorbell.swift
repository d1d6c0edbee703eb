internal import CLinux
internal import Glibc

/// An eventfd(2): any thread rings it, and the loop that watches it wakes up.
package final class Doorbell: Sendable {
  package let descriptor: Int32

  package init() throws(Errno) {
    descriptor = clinux_eventfd()
    guard descriptor >= 0 else { throw Errno("eventfd") }
  }

  deinit {
    _ = close(descriptor)
  }

  package func ring() {
    var one: UInt64 = 1
    _ = unsafe write(descriptor, &one, 8)
  }

  /// Takes the rings back, so that the descriptor is no longer readable.
  package func silence() {
    var count: UInt64 = 0
    _ = unsafe read(descriptor, &count, 8)
  }
}

/// A timerfd(2) on CLOCK_MONOTONIC.
package struct Timer: ~Copyable {
  package let descriptor: Int32

  package init() throws(Errno) {
    descriptor = clinux_timerfd()
    guard descriptor >= 0 else { throw Errno("timerfd_create") }
  }

  deinit {
    _ = close(descriptor)
  }

  /// Becomes readable at `instant`, nanoseconds of CLOCK_MONOTONIC; nil disarms it. Either takes back an expiry.
  package func arm(at instant: Int64?) {
    _ = clinux_timerfd_arm(descriptor, instant.map { max($0, 1) } ?? 0)
  }
}
