internal import Dispatch
internal import Glibc
internal import Networking
internal import Synchronization

/// Pings every loop each second from a thread of its own, and knows which do not answer.
package final class Watchdog: Sendable {
  private struct State {
    var loops: [EventLoop] = []
    var liveness = LoopLiveness(loops: 0)
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "watchdog")
  private let onStall: @Sendable (_ loop: String) -> Void

  /// - Parameter onStall: called once for each time a loop gets stuck, on the watchdog's thread.
  package init(onStall: @escaping @Sendable (String) -> Void) {
    self.onStall = onStall
  }

  /// Begins to ping `loops`. Once.
  package func watch(_ loops: [EventLoop]) {
    state.withLock { $0 = State(loops: loops, liveness: LoopLiveness(loops: loops.count)) }
    queue.async { [weak self] in
      while let watchdog = self {
        watchdog.round()
        // A thread that sleeps and no timer: it must not wait for anything that it watches.
        usleep(LoopLiveness.intervalMicroseconds)
      }
    }
  }

  /// The labels of the loops that are stuck; empty when all is well. From memory: no loop is asked.
  package var stuckLoops: [String] {
    state.withLock { state in state.liveness.stuck.map { state.loops[$0].label } }
  }

  /// The labels of all loops.
  package var loopLabels: [String] {
    state.withLock { $0.loops.map(\.label) }
  }

  private func round() {
    let loops = state.withLock { $0.loops }
    let answered = loops.map { $0.load.hasAnsweredPing.load(ordering: .acquiring) }
    let stuck = state.withLock { state in
      let before = state.liveness.stuck
      state.liveness.round(answered: answered, at: Clock.monotonic)
      return state.liveness.stuck.filter { !before.contains($0) }
    }
    for index in stuck { onStall(loops[index].label) }
    for (loop, answered) in zip(loops, answered) where answered {
      // One ping at a time: a stuck loop does not find a queue of them when it comes back.
      loop.load.hasAnsweredPing.store(false, ordering: .releasing)
      loop.executor.enqueue { loop.load.hasAnsweredPing.store(true, ordering: .releasing) }
    }
  }
}
