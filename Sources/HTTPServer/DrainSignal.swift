internal import Synchronization

/// Raised once, when the process is told to stop; every answer reads it.
package final class DrainSignal: Sendable {
  private let raised = Atomic<Bool>(false)

  package init() {}

  package var isRaised: Bool { raised.load(ordering: .relaxed) }

  func raise() { raised.store(true, ordering: .relaxed) }
}
