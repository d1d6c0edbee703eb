#if Redis

internal import Synchronization

/// A Redis as a cache. After a failure it is left alone for a while, so that one that is down costs each request
/// nothing, and one that is slow costs a timeout now and then.
package final class RedisCache: SharedCache {
  /// What the log should tell.
  package enum Event: Sendable {
    case used
    case bypassed(reason: String)
  }

  private struct State {
    /// In a row.
    var failures = 0
    var restsUntil = ContinuousClock.now
    /// Since when a connection is being made.
    var opensSince: ContinuousClock.Instant?
    var failed = [0, 0, 0]
  }

  package static let failureReasons = ["timeout", "disconnected", "refused"]

  private let url: @Sendable () throws(StoreError) -> RedisURL
  private let timeToLive: Duration
  private let timeout: Duration
  private let report: @Sendable (Event) -> Void
  private let pool: ConnectionPool<RedisConnection>
  private let state = Mutex(State())

  /// Who was first to miss has this long to bring it; then it is somebody else's turn.
  private let lease: Duration
  /// For a connection with its TLS and its password, longer than any call waits for it.
  private static let openTimeout = Duration.seconds(2)
  private static let restMin = Duration.milliseconds(100)
  private static let restMax = Duration.seconds(5)

  /// - Parameters:
  ///   - url: asked again for each connection.
  ///   - timeout: for each call.
  ///   - report: called on a thread that may block.
  package init(
    url: @escaping @Sendable () throws(StoreError) -> RedisURL, connectionsMax: Int, timeToLive: Duration,
    timeout: Duration, report: @escaping @Sendable (Event) -> Void
  ) {
    self.url = url
    self.timeToLive = timeToLive
    self.timeout = timeout
    lease = max(timeout * 2, .seconds(1))
    self.report = report
    pool = ConnectionPool("cache", size: connectionsMax)
  }

  package var patience: Duration { lease }

  /// Calls that failed since the start, in the order of `failureReasons`.
  package var failures: [Int] { state.withLock { $0.failed } }

  package func value<Value: Sendable>(
    for key: String, _ read: @escaping @Sendable ([UInt8]) -> Value?
  ) async -> SharedCacheAnswer<Value> {
    guard isAwake else { return .unavailable }
    // As a write, to be told whether a connection was at it: then that has noted what came of it.
    let result = await pool.run(timeout: timeout, isWrite: true) { [self] place, deadline in
      asking(&place, deadline) { (connection) throws(RedisError) in
        if case .text(let bytes) = try connection.command(["GET", key], deadline: deadline) {
          return read(bytes).map { .found($0) } ?? SharedCacheAnswer.missing(isMine: true)
        }
        let lease = "\(Self.milliseconds(lease))"
        let reply = try connection.command(["SET", "lease:" + key, "1", "NX", "PX", lease], deadline: deadline)
        return .missing(isMine: reply != .missing)
      }
    }
    switch result {
    case .success(let answer): return answer
    case .failure(.timedOut(isUncertain: false)):
      note(.timedOut)
      return .unavailable
    case .failure: return .unavailable
    }
  }

  package func set(_ value: [UInt8], for key: String) {
    guard isAwake else { return }
    let words = [
      Array("SET".utf8), Array(key.utf8), value, Array("PX".utf8), Array("\(Self.milliseconds(timeToLive))".utf8),
    ]
    pool.start(timeout: timeout) { [self] place, deadline in
      _ = asking(&place, deadline) { (connection) throws(RedisError) in
        try connection.command(words, deadline: deadline)
      }
    }
  }

  private func asking<Answer: Sendable>(
    _ place: inout RedisConnection?, _ deadline: ContinuousClock.Instant,
    _ ask: (RedisConnection) throws(RedisError) -> Answer
  ) -> Result<Answer, StoreError> {
    do throws(RedisError) {
      let isFresh = place == nil
      let connection = if let place { place } else { try open() }
      place = connection
      // It comes too late for this call, and is there for the next.
      guard ContinuousClock.now < deadline else { return .failure(.timedOut(isUncertain: true)) }
      do throws(RedisError) {
        let answer = try ask(connection)
        note(nil)
        return .success(answer)
      } catch {
        if connection.isSpoiled { place = nil }
        // A connection that lay idle may have been closed meanwhile, which says nothing of the Redis.
        guard case .disconnected = error, !isFresh else { throw error }
        let second = try open()
        place = second
        guard ContinuousClock.now < deadline else { return .failure(.timedOut(isUncertain: true)) }
        let answer = try ask(second)
        note(nil)
        return .success(answer)
      }
    } catch {
      if place?.isSpoiled == true { place = nil }
      note(error)
      return .failure(.unavailable(error.reason))
    }
  }

  private func open() throws(RedisError) -> RedisConnection {
    let began = ContinuousClock.now
    state.withLock { $0.opensSince = $0.opensSince ?? began }
    defer { state.withLock { $0.opensSince = nil } }
    let place: RedisURL
    do throws(StoreError) { place = try url() } catch { throw .disconnected(error.reason) }
    return try RedisConnection.open(place, deadline: began + max(timeout, Self.openTimeout))
  }

  // MARK: Rest

  /// It does not rest, nor does a connection to it take longer than a call would wait.
  private var isAwake: Bool {
    state.withLock { state in
      let now = ContinuousClock.now
      return state.restsUntil <= now && state.opensSince.map { now - $0 < timeout } ?? true
    }
  }

  /// Tells only what is new: that it fails, or that it does no more.
  private func note(_ failure: RedisError?) {
    let event = state.withLock { state -> Event? in
      guard let failure else {
        defer { state.failures = 0 }
        return state.failures > 0 ? .used : nil
      }
      let index =
        switch failure {
        case .timedOut: 0
        case .disconnected: 1
        case .refused: 2
        }
      state.failed[index] += 1
      state.failures += 1
      // Doubled each time, and half of it by chance, as for the database.
      let rest = min(Self.restMin * (1 << min(state.failures - 1, 10)), Self.restMax)
      state.restsUntil = .now + rest * Double.random(in: 0.5...1)
      return state.failures == 1 ? .bypassed(reason: failure.reason) : nil
    }
    if let event { report(event) }
  }

  private static func milliseconds(_ duration: Duration) -> Int { max(Int(duration / .milliseconds(1)), 1) }
}

#endif
