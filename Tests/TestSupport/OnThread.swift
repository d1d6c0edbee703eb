internal import Dispatch
internal import Glibc
internal import Networking
internal import Synchronization

/// Runs blocking work on a thread of its own: a client that waits for a server would starve the few threads on which
/// all tests share their tasks. It stays the test's own task, so that expectations in `body` count for the test.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  let thread = OwnThread()
  let result = await Task(executorPreference: thread) { try body() }.result
  return try withExtendedLifetime(thread) { try result.get() }
}

/// A thread for one task.
private final class OwnThread: TaskExecutor {
  // A serial queue without a target: Dispatch gives it a thread at once.
  private let queue = DispatchQueue(label: "test client")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Whether `condition` comes true within ten seconds, which only a failing test waits for.
package func eventually(_ condition: @Sendable () async -> Bool) async -> Bool {
  let end = Clock.monotonic + 10_000_000_000
  while await !condition() {
    if Clock.monotonic > end { return false }
    try? await Task.sleep(for: .milliseconds(2))
  }
  return true
}

/// Blocks until `condition` comes true: `eventually` for a thread of its own.
package func wait(until condition: () -> Bool) throws {
  let end = Clock.monotonic + 10_000_000_000
  while !condition() {
    guard Clock.monotonic < end else { throw WaitTimedOut() }
    usleep(1000)
  }
}

/// What was waited for did not come true within ten seconds.
package struct WaitTimedOut: Error {
  package init() {}
}

/// Holds up those that wait until it is opened: a handler that answers when the test says so.
package final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  package init() {}

  /// How many wait.
  package var waiting: Int { state.withLock { $0.waiting.count } }

  /// Returns when the gate is open.
  package func pass() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiting.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  /// Lets all pass, now and later.
  package func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
