internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Calls back at instants of the monotonic clock. Its thread is there while somebody waits, and no longer.
///
/// A dispatch timer and Task.sleep(for:) take a descriptor, and may wake up on a queue whose threads libdispatch counts in
/// /proc: where no descriptor is free for either, it ends the process. This one takes none.
@safe
package final class Alarm: Sendable {
  private struct Call: Sendable {
    let instant: Int64
    let body: @Sendable () -> Void
  }

  private struct State {
    /// The latest first.
    var calls: [Call] = []
    var isRunning = false
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "alarm")
  private nonisolated(unsafe) let bell = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  package init() {
    unsafe sem_init(bell, 0, 0)
  }

  deinit {
    unsafe sem_destroy(bell)
    unsafe bell.deallocate()
  }

  /// Calls `body` on the alarm's thread, not before `instant`, nanoseconds of the monotonic clock. It must not block:
  /// others wait behind it.
  package func call(at instant: Int64, _ body: @escaping @Sendable () -> Void) {
    let isRunning = state.withLock { state in
      let place = state.calls.firstIndex { $0.instant <= instant } ?? state.calls.endIndex
      state.calls.insert(Call(instant: instant, body: body), at: place)
      defer { state.isRunning = true }
      return state.isRunning
    }
    if isRunning { unsafe sem_post(bell) } else { queue.async { self.run() } }
  }

  /// Returns at `instant`, nanoseconds of the monotonic clock, or later.
  package func sleep(until instant: Int64) async {
    await withCheckedContinuation { continuation in call(at: instant) { continuation.resume() } }
  }

  private enum Step {
    case call(@Sendable () -> Void)
    case wait(until: Int64)
    case end
  }

  private func run() {
    while true {
      switch next() {
      case .call(let body): body()
      case .wait(let instant): _ = unsafe clinux_semaphore_wait(bell, instant)
      case .end: return
      }
    }
  }

  private func next() -> Step {
    state.withLock { state in
      guard let first = state.calls.last else {
        state.isRunning = false
        return .end
      }
      guard first.instant <= Clock.monotonic else { return .wait(until: first.instant) }
      state.calls.removeLast()
      return .call(first.body)
    }
  }
}
