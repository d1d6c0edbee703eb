#if PostgreSQL

internal import Dispatch
internal import Synchronization

/// Some connections that all calls share, each with a thread of its own while it works. A call that finds none free
/// waits for one, in the order of coming.
final class ConnectionPool<Connection>: Sendable {
  /// Does the work, with the connection in its place: nil at first, and where it is put out of use.
  private typealias Job = @Sendable (inout Connection?) -> Void

  private final class Worker: Sendable {
    let queue: DispatchQueue
    /// Touched on `queue` alone.
    let connection = Mutex<Connection?>(nil)

    init(_ name: String) { queue = DispatchQueue(label: name) }
  }

  private struct State {
    /// The last that worked comes first, so that few connections are open where few are needed.
    var idle: [Int]
    var waiting = WaitingLine<Job>()
    var waits = 0
  }

  private let workers: [Worker]
  private let state: Mutex<State>
  /// Never blocked, while the others are.
  private let deadlines: DispatchQueue

  /// - Parameter size: connections at most.
  init(_ name: String, size: Int) {
    workers = (0..<size).map { Worker("\(name) \($0)") }
    state = Mutex(State(idle: Array((0..<size).reversed())))
    deadlines = DispatchQueue(label: "\(name) deadlines")
  }

  /// Connections in use.
  var busy: Int { workers.count - state.withLock { $0.idle.count } }
  /// Calls that found none free, since the start.
  var waits: Int { state.withLock { $0.waits } }

  /// Has a connection do `work`, which is to end by the deadline that it gets. Whoever asks is answered by then.
  func run<Answer: Sendable>(
    timeout: Duration, isWrite: Bool,
    _ work: @escaping @Sendable (inout Connection?, ContinuousClock.Instant) -> Result<Answer, StoreError>
  ) async -> Result<Answer, StoreError> {
    let deadline = ContinuousClock.now + timeout
    return await PendingCall.result(isWrite: isWrite) { call in
      submit { connection in
        if call.begin() { call.answer(work(&connection, deadline)) }
      }
      call.expire(after: timeout, on: deadlines)
    }
  }

  /// As `run`, for who waits for nothing.
  func start(
    timeout: Duration, _ work: @escaping @Sendable (inout Connection?, ContinuousClock.Instant) -> Void
  ) {
    let deadline = ContinuousClock.now + timeout
    submit { connection in
      if ContinuousClock.now < deadline { work(&connection, deadline) }
    }
  }

  /// Closes the connections, each when what it does is done. Nobody asks for one after that.
  func close() {
    for worker in workers { worker.queue.sync { worker.connection.withLock { $0 = nil } } }
  }

  private func submit(_ job: @escaping Job) {
    let free = state.withLock { state -> Int? in
      if let free = state.idle.popLast() { return free }
      state.waiting.append(job)
      state.waits += 1
      return nil
    }
    if let free { start(job, on: free) }
  }

  private func start(_ job: @escaping Job, on index: Int) {
    let worker = workers[index]
    worker.queue.async { [self] in
      worker.connection.withLock { job(&$0) }
      let next = state.withLock { state -> Job? in
        if let next = state.waiting.next() { return next }
        state.idle.append(index)
        return nil
      }
      if let next { start(next, on: index) }
    }
  }
}

#endif
