internal import Synchronization

/// How much is let in at once: connections, and requests that wait for something (a body, a handler). Shared by the
/// loops of a listener; what is above a bound gets 503, except for probes.
package final class Admission: Sendable {
  package let connectionsMax: Int
  package let shedConnectionsMax: Int
  package let inFlightMax: Int
  private let open = Atomic<Int>(0)
  private let waiting = Atomic<Int>(0)

  package init(connectionsMax: Int, shedConnectionsMax: Int, inFlightMax: Int) {
    self.connectionsMax = connectionsMax
    self.shedConnectionsMax = shedConnectionsMax
    self.inFlightMax = inFlightMax
  }

  package var connections: Int { open.load(ordering: .relaxed) }
  package var inFlight: Int { waiting.load(ordering: .relaxed) }

  /// What a connection may do that comes in.
  enum Entry {
    case served
    /// One too many: it waits for its request, gets one answer, and lingers until its client has read that.
    case shed
    /// Too many of those: it gets the answer to what has come with it, and is closed at once.
    case turnedAway
  }

  /// Counts a connection. Undone by `connectionClosed` in each case.
  func connectionOpened() -> Entry {
    let count = open.add(1, ordering: .relaxed).newValue
    if count <= connectionsMax { return .served }
    return count - connectionsMax <= shedConnectionsMax ? .shed : .turnedAway
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
