internal import Dispatch
internal import Glibc
internal import Metrics
internal import Networking
internal import Synchronization

/// The end of a server that loses no request.
extension Server {
  /// How long each step may take.
  package struct DrainTimes: Sendable {
    /// Accepting goes on, while kube-proxy and the load balancers learn that this instance goes.
    package var delay: Duration
    /// After that, for what is under way; the closing of the listeners included.
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
    /// Connections that were cut with a request under way; of a loop that is stuck, all that it had.
    package var cut: Int
    /// The labels of the loops that are stuck: they took no part to the end.
    package var stuck: [String]
  }

  /// A client whose SYN-ACK was lost tries again after one second: its handshake, begun before the refusal, comes late.
  private static let handshakeMin: Int64 = 1_200_000_000
  /// Nobody came for so long: the accept queues are empty and stay so.
  private static let quietMin: Int64 = 100_000_000
  private static let step: Int64 = 20_000_000
  /// How many milliseconds a loop is waited for: as long as the watchdog waits, and by one who hurries. They are slept
  /// one by one: a machine that is paused has slept none.
  private static let patience = LoopLiveness.missesMax * Int(LoopLiveness.interval / 1_000_000)
  private static let hurriedPatience = 1000
  /// Where a drain waits. Task.sleep(for:) would take a timerfd, and wake up on a queue whose threads libdispatch counts
  /// in /proc: where no descriptor is free for either, it ends the process.
  private static let waits = DispatchQueue(label: "drain")

  /// Stops without losing a request. Readiness fails from the first step on, which the caller sees by `drain.isRaised`.
  ///
  /// A cancelled task hurries: each step ends at once, and what is left is cut. A loop that is stuck holds up neither the
  /// others nor the end.
  ///
  /// - Parameter begun: called at that first step, as soon as readiness fails.
  package func stop(_ times: DrainTimes, begun: () -> Void = {}) async -> DrainReport {
    let began = Clock.monotonic
    let servedBefore = answered
    drain.raise()
    begun()
    let closing = began + times.delay.nanoseconds
    let deadline = closing + times.timeout.nanoseconds
    await each(of: allLoops, by: deadline) { $0.beginDrain(idle: times.idle.nanoseconds) }
    while Clock.monotonic < closing, !Task.isCancelled { await Self.pause(until: closing) }

    await closeListeners(of: loops, began: began, by: deadline)
    while openConnections > 0, Clock.monotonic < deadline, !Task.isCancelled {
      await Self.pause()
    }
    await each(of: loops, by: deadline) { $0.cutConnections() }
    let cut = loops.filter(\.isBehind).reduce(Int(metrics.cut.value())) {
      $0 + $1.load.connections.load(ordering: .relaxed)
    }
    // Management goes last, so that probes and scrapes see the drain to its end.
    if let management {
      await closeListeners(of: [management], began: began, by: deadline)
      await each(of: [management], by: deadline) { $0.cutConnections() }
    }
    await each(of: allLoops, by: deadline) { $0.end() }
    return DrainReport(
      served: answered, servedWhileDraining: answered - servedBefore, cut: cut,
      stuck: allLoops.filter(\.isBehind).map(\.label))
  }

  /// Has each of `loops` take a step, all at once, and waits for them. One that is stuck is waited for once; it takes its
  /// steps when it comes back, if it does. After `deadline` there is the patience of one who hurries.
  private func each(
    of loops: [EventLoop], by deadline: Int64, _ work: @escaping @Sendable (isolated EventLoop) -> Void
  ) async {
    let awaited = loops.filter { !$0.isBehind }
    for loop in loops {
      loop.load.drainSteps.add(1, ordering: .relaxed)
      loop.executor.enqueue {
        loop.assumeIsolated { work($0) }
        loop.load.drainSteps.subtract(1, ordering: .releasing)
      }
    }
    var waits = 0
    while awaited.contains(where: \.isBehind) {
      let hurries = Task.isCancelled || Clock.monotonic >= deadline
      guard waits < (hurries ? Self.hurriedPatience : Self.patience) else { break }
      await Self.pause(until: Clock.monotonic + 1_000_000)
      waits += 1
    }
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
  private func closeListeners(of loops: [EventLoop], began: Int64, by deadline: Int64) async {
    await each(of: loops, by: deadline) { $0.refuseNewConnections() }
    let refused = Clock.monotonic
    while !Task.isCancelled {
      let last = loops.map { $0.load.lastAccept.load(ordering: .relaxed) }.max() ?? 0
      let now = Clock.monotonic
      if now - max(last, refused) >= Self.quietMin, now - began >= Self.handshakeMin { break }
      await Self.pause()
    }
    await each(of: loops, by: deadline) { $0.closeListeners() }
  }
}

extension EventLoop {
  /// A step of the drain waits for it.
  fileprivate nonisolated var isBehind: Bool { load.drainSteps.load(ordering: .acquiring) > 0 }
}
