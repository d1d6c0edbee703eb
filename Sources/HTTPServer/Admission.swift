internal import Synchronization

/// How much is let in at once: connections, and requests that wait for something (a body, a handler). Shared by the
/// loops of a listener; what is above a bound gets 503, except for probes.
package final class Admission: Sendable {
  package let connectionsMax: Int
  package let inFlightMax: Int
  private let open = Atomic<Int>(0)
  private let waiting = Atomic<Int>(0)

  package init(connectionsMax: Int, inFlightMax: Int) {
    self.connectionsMax = connectionsMax
    self.inFlightMax = inFlightMax
  }

  package var connections: Int { open.load(ordering: .relaxed) }
  package var inFlight: Int { waiting.load(ordering: .relaxed) }

  /// Counts a connection; false when it is one too many. Undone by `connectionClosed` in either case.
  func connectionOpened() -> Bool {
    open.add(1, ordering: .relaxed).newValue <= connectionsMax
  }

  func connectionClosed() {
    open.subtract(1, ordering: .relaxed)
  }

  /// Counts a request that cannot be answered at once; false when it is one too many. Undone by `requestEnded`.
  func requestBegan() -> Bool {
    waiting.add(1, ordering: .relaxed).newValue <= inFlightMax
  }

  func requestEnded() {
    waiting.subtract(1, ordering: .relaxed)
  }
}
