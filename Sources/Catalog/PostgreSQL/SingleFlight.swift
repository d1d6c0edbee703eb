#if PostgreSQL

internal import Dispatch
internal import Synchronization

/// Lets one ask for all who want the same at that time.
final class SingleFlight<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
  typealias Outcome = Result<Answer, StoreError>

  private let followers = Mutex<[Key: [PendingCall<Answer?>]]>([:])
  /// Never blocked, while a loop may be: that of who was first.
  private let deadlines = DispatchQueue(label: "flight deadlines")

  /// How many wait for what somebody else has asked.
  func followers(of key: Key) -> Int { followers.withLock { $0[key]?.count ?? 0 } }

  /// What `ask` answers, the caller's own or that of somebody who was first.
  ///
  /// - Parameter timeout: how long to wait for somebody else's.
  func run(_ key: Key, timeout: Duration, _ ask: () async -> Outcome) async -> Outcome {
    let shared = await PendingCall<Answer?>.result { call in
      let isFirst = followers.withLock { followers in
        guard followers[key] != nil else {
          followers[key] = []
          return true
        }
        followers[key]?.append(call)
        return false
      }
      if isFirst { call.answer(.success(nil)) } else { call.expire(after: timeout, on: deadlines) }
    }
    switch shared {
    case .success(let answer?): return .success(answer)
    case .failure(let error): return .failure(error)
    case .success(nil): break
    }
    let outcome = await ask()
    for follower in followers.withLock({ $0.removeValue(forKey: key) ?? [] }) { follower.answer(outcome.map(\.self)) }
    return outcome
  }
}

#endif
