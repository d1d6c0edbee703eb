internal import Dispatch
internal import Glibc
internal import Networking
internal import Synchronization

/// The end of a server that loses no request.
extension Server {
  /// How long each step may take.
  package struct DrainTimes: Sendable {
    /// Accepting goes on, while kube-proxy and the load balancers learn that this instance goes.
    package var delay: Duration
    /// After the listeners are closed, for what is under way.
    package var timeout: Duration
    /// A kept connection that was silent since the signal is closed.
    package var idle: Duration

    package init(delay: Duration, timeout: Duration, idle: Duration) {
      self.delay = delay
      self.timeout = timeout
      self.idle = idle
    }
  }

  /// What the stop came to.
  package struct DrainReport: Sendable {
    /// Requests answered since the start.
    package var served: UInt64
    package var servedWhileDraining: UInt64
    /// Connections that were cut with a request under way.
    package var cut: Int
  }

  /// A client whose SYN-ACK was lost tries again after one second: its handshake, begun before the refusal, comes late.
  private static let handshakeMin: Int64 = 1_200_000_000
  /// Nobody came for so long: the accept queues are empty and stay so.
  private static let quietMin: Int64 = 100_000_000
  private static let step: Int64 = 20_000_000
  /// Where a drain waits. Task.sleep(for:) would take a timerfd, and wake up on a queue whose threads libdispatch counts
  /// in /proc: where no descriptor is free for either, it ends the process.
  private static let waits = DispatchQueue(label: "drain")

  /// Stops without losing a request. Readiness fails from the first step on, which the caller sees by `drain.isRaised`.
  ///
  /// A cancelled task hurries: each step ends at once, and what is left is cut.
  package func stop(_ times: DrainTimes) async -> DrainReport {
    let began = Clock.monotonic
    let servedBefore = answered
    drain.raise()
    for loop in allLoops { await loop.beginDrain(idle: times.idle.nanoseconds) }
    let end = began + times.delay.nanoseconds
    while Clock.monotonic < end, !Task.isCancelled { await Self.pause(until: end) }

    await closeListeners(of: loops, began: began)
    let deadline = Clock.monotonic + times.timeout.nanoseconds
    while openConnections > 0, Clock.monotonic < deadline, !Task.isCancelled {
      await Self.pause()
    }
    var cut = 0
    for loop in loops { cut += await loop.cutConnections() }
    // Management goes last, so that probes and scrapes see the drain to its end.
    if let management {
      await closeListeners(of: [management], began: began)
      _ = await management.cutConnections()
    }
    for loop in allLoops { await loop.end() }
    return DrainReport(served: answered, servedWhileDraining: answered - servedBefore, cut: cut)
  }

  /// A step, or less where `end` is nearer.
  private static func pause(until end: Int64 = .max) async {
    let left = max(min(end - Clock.monotonic, step), 0)
    await withCheckedContinuation { continuation in
      waits.async {
        usleep(UInt32(left / 1000) + 1)
        continuation.resume()
      }
    }
  }

  /// Closing a listening socket resets what waits in its queue. So: let no handshake begin, accept until nobody comes,
  /// then close.
  private func closeListeners(of loops: [EventLoop], began: Int64) async {
    for loop in loops { await loop.refuseNewConnections() }
    let refused = Clock.monotonic
    while !Task.isCancelled {
      let last = loops.map { $0.load.lastAccept.load(ordering: .relaxed) }.max() ?? 0
      let now = Clock.monotonic
      if now - max(last, refused) >= Self.quietMin, now - began >= Self.handshakeMin { break }
      await Self.pause()
    }
    for loop in loops { await loop.closeListeners() }
  }
}
