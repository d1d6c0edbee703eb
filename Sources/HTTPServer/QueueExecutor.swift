package import Dispatch
internal import Networking

/// Runs an actor's jobs on a serial queue, as `DispatchSerialQueue` does where it exists, and wakes the event loop that
/// may be waiting on that queue's thread.
package final class QueueExecutor: SerialExecutor {
  private static let key = DispatchSpecificKey<ObjectIdentifier>()

  package let queue: DispatchQueue
  let doorbell: Doorbell

  init(label: String, doorbell: Doorbell) {
    // No target queue: a thread of its own.
    queue = DispatchQueue(label: label)
    self.doorbell = doorbell
    queue.setSpecific(key: Self.key, value: ObjectIdentifier(self))
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    enqueue { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  /// Runs `work` on the queue. First enqueue, then ring: a loop that answers the ring must find the work.
  func enqueue(_ work: @escaping @Sendable () -> Void) {
    queue.async(execute: work)
    doorbell.ring()
  }

  /// In a dispatch source's handler the runtime knows of no executor; without this answer `Task.immediate` would take a
  /// trip through the queue.
  package func isIsolatingCurrentContext() -> Bool? {
    DispatchQueue.getSpecific(key: Self.key) == ObjectIdentifier(self)
  }

  package func checkIsolated() {
    dispatchPrecondition(condition: .onQueue(queue))
  }
}
