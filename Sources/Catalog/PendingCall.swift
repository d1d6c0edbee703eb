internal import Dispatch
internal import Synchronization

/// Somebody who waits for a store: answered once, by who does the work or, when that takes too long, by the deadline.
final class PendingCall<Answer: Sendable>: Sendable {
  private enum State: UInt8, AtomicRepresentable {
    case waiting, underWay, answered
  }

  private let continuation: CheckedContinuation<Result<Answer, StoreError>, Never>
  /// Whether it may have changed something once it is under way.
  private let isWrite: Bool
  private let state = Atomic(State.waiting)

  private init(_ continuation: CheckedContinuation<Result<Answer, StoreError>, Never>, isWrite: Bool) {
    self.continuation = continuation
    self.isWrite = isWrite
  }

  /// What is answered to the call that `start` hands on.
  static func result(
    isWrite: Bool = false, _ start: (PendingCall) -> Void
  ) async -> Result<Answer, StoreError> {
    var call: PendingCall?
    let result = await withCheckedContinuation { continuation in
      let pending = PendingCall(continuation, isWrite: isWrite)
      call = pending
      start(pending)
    }
    // An answer that comes before the wait is in order by the runtime's atomics alone, which the thread sanitizer does
    // not see; this one it does.
    _ = call?.state.load(ordering: .acquiring)
    return result
  }

  /// Has it answered after `timeout` at the latest; `deadlines` is a queue that is never blocked.
  func expire(after timeout: Duration, on deadlines: DispatchQueue) {
    // Weak: until it is answered, who works keeps it; after that, its deadline must not.
    deadlines.asyncAfter(deadline: .now() + .nanoseconds(Int(timeout / .nanoseconds(1)))) { [weak self] in
      guard let self, let state = move(from: [.waiting, .underWay], to: .answered) else { return }
      continuation.resume(returning: .failure(.timedOut(isUncertain: isWrite && state == .underWay)))
    }
  }

  /// False when its deadline has passed: then it is not to be done.
  func begin() -> Bool { move(from: [.waiting], to: .underWay) != nil }

  func answer(_ result: Result<Answer, StoreError>) {
    if move(from: [.waiting, .underWay], to: .answered) != nil { continuation.resume(returning: result) }
  }

  /// What it was; nil when it is none of `states` any more.
  private func move(from states: [State], to next: State) -> State? {
    var current = state.load(ordering: .relaxed)
    while states.contains(current) {
      let (isExchanged, original) = state.compareExchange(
        expected: current, desired: next, ordering: .acquiringAndReleasing)
      if isExchanged { return original }
      current = original
    }
    return nil
  }
}
