#if PostgreSQL

internal import Synchronization

/// What is asked of a shared store.
enum StoreQuestion: Sendable, Hashable {
  case page(ProductQuery)
  case entry(id: String)
}

/// What a shared store answered, and when that was right.
struct KnownAnswer: Sendable {
  enum Value: Sendable {
    case page(ProductPage)
    /// Nil: there is no such product.
    case entry(CatalogEntry?)
  }

  let value: Value
  /// The catalogue's, of which this is a part.
  let head: ProductStatements.Head
  /// Of the watch, when it was asked for: after an outage a revision may be another one's, of a backup for instance.
  let generation: Int
  /// When it was asked for.
  let askedAt: ContinuousClock.Instant

  var revision: Int { head.revision }

  /// About what it takes in memory.
  var bytes: Int {
    switch value {
    case .page(let page): 256 + 2 * page.json.count + page.entries.count * 256
    case .entry(let entry): 256 + 2 * (entry?.json.count ?? 0)
    }
  }
}

/// The answers that were asked for last, up to a number of bytes.
///
/// Two generations rather than a list by age: what is used moves to the young one, and when that has half of the room,
/// the old one goes.
final class AnswerMemory: Sendable {
  private struct State {
    var young: [StoreQuestion: KnownAnswer] = [:]
    var old: [StoreQuestion: KnownAnswer] = [:]
    var youngBytes = 0
    var evictions = 0
  }

  private let bytesMax: Int
  private let state = Mutex(State())

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  /// Answers that had to go for others.
  var evictions: Int { state.withLock { $0.evictions } }

  subscript(question: StoreQuestion) -> KnownAnswer? {
    state.withLock { state in
      if let answer = state.young[question] { return answer }
      guard let answer = state.old.removeValue(forKey: question) else { return nil }
      insert(answer, for: question, &state)
      return answer
    }
  }

  func insert(_ answer: KnownAnswer, for question: StoreQuestion) {
    state.withLock { state in
      // A slow answer must not displace one that was newer all along.
      if let present = state.young[question] ?? state.old[question],
        (present.generation, present.revision) > (answer.generation, answer.revision)
      {
        return
      }
      state.old[question] = nil
      insert(answer, for: question, &state)
    }
  }

  private func insert(_ answer: KnownAnswer, for question: StoreQuestion, _ state: inout State) {
    if let before = state.young.updateValue(answer, forKey: question) { state.youngBytes -= before.bytes }
    state.youngBytes += answer.bytes
    guard state.youngBytes > bytesMax / 2 else { return }
    state.evictions += state.old.count
    state.old = state.young
    (state.young, state.youngBytes) = ([:], 0)
  }
}

#endif
