internal import Foundation
internal import Glibc
internal import Networking

/// Runs blocking work on a thread of its own: a client that waits for a server would starve the few threads on which
/// all tests share their tasks. It stays the test's own task, so that expectations in `body` count for the test.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  let thread = OwnThread()
  let result = await Task(executorPreference: thread) { try body() }.result
  return try withExtendedLifetime(thread) { try result.get() }
}

/// A thread for one task. Not one of Dispatch's, whose 255 are shared with the loops of all servers under test: when a
/// few hundred clients wait there, no server runs that could answer them.
private final class OwnThread: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    Thread.detachNewThread { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Whether `condition` comes true within twenty seconds, which only a failing test waits for.
package func eventually(_ condition: @Sendable () async -> Bool) async -> Bool {
  let end = Clock.monotonic + 20_000_000_000
  while await !condition() {
    if Clock.monotonic > end { return false }
    try? await Task.sleep(for: .milliseconds(2))
  }
  return true
}

/// Blocks until `condition` comes true: `eventually` for a thread of its own.
package func wait(until condition: () -> Bool) throws {
  let end = Clock.monotonic + 20_000_000_000
  while !condition() {
    guard Clock.monotonic < end else { throw WaitTimedOut() }
    usleep(1000)
  }
}

/// What was waited for did not come true within twenty seconds.
package struct WaitTimedOut: Error {
  package init() {}
}
