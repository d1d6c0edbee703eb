internal import Dispatch

/// A value that one thread at a time may touch. As `Mutex`, but by a means that the thread sanitizer sees: on Linux it
/// takes what a Mutex guards for unguarded.
package final class Guarded<Value: Sendable>: Sendable {
  private nonisolated(unsafe) var value: Value
  private let queue = DispatchQueue(label: "guarded")

  package init(_ value: Value) {
    unsafe self.value = value
  }

  package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    try queue.sync { try unsafe body(&value) }
  }
}
