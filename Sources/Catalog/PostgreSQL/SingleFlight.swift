#if PostgreSQL

internal import Synchronization

/// Lets one ask for all who want the same at that time.
final class SingleFlight<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
  typealias Outcome = Result<Answer, StoreError>

  private let followers = Mutex<[Key: [CheckedContinuation<Outcome?, Never>]]>([:])

  /// What `ask` answers, the caller's own or that of somebody who was first.
  func run(_ key: Key, _ ask: () async -> Outcome) async -> Outcome {
    let shared: Outcome? = await withCheckedContinuation { continuation in
      let isFirst = followers.withLock { followers in
        guard followers[key] != nil else {
          followers[key] = []
          return true
        }
        followers[key]?.append(continuation)
        return false
      }
      if isFirst { continuation.resume(returning: nil) }
    }
    if let shared { return shared }
    let outcome = await ask()
    for follower in followers.withLock({ $0.removeValue(forKey: key) ?? [] }) { follower.resume(returning: outcome) }
    return outcome
  }
}

#endif
