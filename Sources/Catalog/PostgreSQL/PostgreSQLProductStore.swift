#if PostgreSQL

internal import Networking
internal import Synchronization

/// Products in a PostgreSQL that replicas share.
///
/// What was asked for is kept in memory with the revision that it is of, and answered from there for as long as that is
/// known to be the last; a shared cache may stand behind that, and behind it the database. When the database does not
/// answer, reads get what was known last.
package final class PostgreSQLProductStore: ProductStore {
  package struct Settings: Sendable {
    /// Connections besides the watch's.
    package var connectionsMax = 4
    /// For each call.
    package var timeout: Duration = .seconds(5)
    package var productsMax = 100_000
    /// Of answers in memory.
    package var memoryBytesMax = 16 << 20
    /// How long reads go on from what was known last.
    package var staleMax: Duration = .seconds(300)
    /// Whether an instance without the database wants no requests.
    package var isHardDependency = false
    package var migrations = Migration.all

    package init() {}
  }

  /// What the log should tell.
  package enum Event: Sendable {
    case reachable(note: String)
    case unreachable(reason: String)
  }

  let settings: Settings
  let watch: CatalogWatch
  let pool: ConnectionPool<PostgreSQLConnection>
  package let cache: (any SharedCache)?
  private let url: @Sendable () throws(StoreError) -> String
  private let milliseconds: @Sendable () -> Int64
  private let memory: AnswerMemory
  private let flights = SingleFlight<StoreQuestion, (KnownAnswer, CacheResult)>()
  private let alarm = Alarm()
  private let counts = Mutex([0, 0, 0, 0])

  /// - Parameters:
  ///   - url: libpq's connection string; asked again for each connection, so that a password may change.
  ///   - milliseconds: the wall clock since 1970.
  ///   - report: called on a thread that may block.
  package init(
    url: @escaping @Sendable () throws(StoreError) -> String, settings: Settings = Settings(),
    cache: (any SharedCache)? = nil, milliseconds: @escaping @Sendable () -> Int64,
    report: @escaping @Sendable (Event) -> Void
  ) {
    self.url = url
    self.settings = settings
    self.cache = cache
    self.milliseconds = milliseconds
    memory = AnswerMemory(bytesMax: settings.memoryBytesMax)
    pool = ConnectionPool("store", size: settings.connectionsMax)
    watch = CatalogWatch(url: url, migrations: settings.migrations, timeout: settings.timeout) { event in
      switch event {
      case .up(let view): report(.reachable(note: "\(view.products ?? 0) products, revision \(view.revision ?? 0)"))
      case .down(let reason): report(.unreachable(reason: reason))
      }
    }
  }

  /// Begins to connect, in the background, and goes on trying.
  package func connect() {
    watch.start()
  }

  deinit {
    watch.close()
  }

  // MARK: What it knows of itself

  package var status: StoreStatus {
    let view = watch.view
    let isReachable = view.link == .up
    let isUsable = isReachable || !settings.isHardDependency && view.revision != nil
    return StoreStatus(
      isReachable: isReachable, isUsable: isUsable, isWritable: true, note: note(of: view),
      revision: view.revision)
  }

  package var count: Int? { watch.view.products }

  private func note(of view: CatalogWatch.View) -> String {
    let known = view.revision.map { "\(view.products ?? 0) products, revision \($0)" }
    let seconds = (ContinuousClock.now - view.linkSince).components.seconds
    switch view.link {
    case .up: return "postgresql, \(known ?? "")"
    case .connecting: return "postgresql, connecting for \(seconds) s" + (known.map { "; last known: \($0)" } ?? "")
    case .down(let reason):
      return "postgresql, down for \(seconds) s: \(reason)" + (known.map { "; last known: \($0)" } ?? "")
    }
  }

  /// Waits until the database has answered.
  ///
  /// - Throws: why it has not.
  package func connected() async throws(StoreError) {
    let end = ContinuousClock.now + settings.timeout
    while true {
      switch watch.view.link {
      case .up: return
      case .down(let reason): throw .unavailable(reason)
      case .connecting where ContinuousClock.now > end: throw .timedOut(isUncertain: false)
      case .connecting: await pause(5)
      }
    }
  }

  /// Task.sleep(for:) takes a descriptor; see `Alarm`.
  private func pause(_ milliseconds: Int64) async {
    await alarm.sleep(until: Clock.monotonic + milliseconds * 1_000_000)
  }

  // MARK: Reading

  package func cachedPage(_ query: ProductQuery) -> StoreAnswer<ProductPage>? {
    guard case .page(let page)? = remembered(.page(query)) else { return nil }
    count(.hit)
    return StoreAnswer(page, cache: .hit)
  }

  package func cachedEntry(id: String) -> StoreAnswer<CatalogEntry?>? {
    guard case .entry(let entry)? = remembered(.entry(id: id)) else { return nil }
    count(.hit)
    return StoreAnswer(entry, cache: .hit)
  }

  package func page(_ query: ProductQuery) async throws(StoreError) -> StoreAnswer<ProductPage> {
    let (value, cache) = try await ask(.page(query))
    guard case .page(let page) = value else { preconditionFailure("a page is asked for") }
    return StoreAnswer(page, cache: cache)
  }

  package func entry(id: String) async throws(StoreError) -> StoreAnswer<CatalogEntry?> {
    // What cannot be an id is none: a database would only find out the same.
    guard ProductField.id.allows(id) else { return StoreAnswer(nil, cache: .miss) }
    let (value, cache) = try await ask(.entry(id: id))
    guard case .entry(let entry) = value else { preconditionFailure("an entry is asked for") }
    return StoreAnswer(entry, cache: cache)
  }

  /// What memory has of the catalogue as it is now.
  private func remembered(_ question: StoreQuestion) -> KnownAnswer.Value? {
    let view = watch.view
    guard let current = view.current, let answer = memory[question], answer.revision == current.revision,
      answer.generation == view.generation
    else { return nil }
    return answer.value
  }

  private func ask(_ question: StoreQuestion) async throws(StoreError) -> (KnownAnswer.Value, CacheResult) {
    if let value = remembered(question) {
      count(.hit)
      return (value, .hit)
    }
    let view = watch.view
    if case .down(let reason) = view.link { return try await stale(question, because: .unavailable(reason)) }
    do throws(StoreError) {
      var (answer, cache) = try await together(question).get()
      if (answer.generation, answer.revision) < (view.generation, view.revision ?? 0) {
        // It was under way when a change was made that is known here: who made it must see it.
        (answer, cache) = try await together(question).get()
      }
      count(cache)
      return (answer.value, cache)
    } catch {
      return try await stale(question, because: error)
    }
  }

  /// As `fetch`, once for all who ask at that time.
  private func together(_ question: StoreQuestion) async -> Result<(KnownAnswer, CacheResult), StoreError> {
    await flights.run(question, timeout: settings.timeout) { await fetch(question) }
  }

  /// What was known last, by this instance or by the cache, if that is not too long ago.
  private func stale(
    _ question: StoreQuestion, because error: StoreError
  ) async throws(StoreError) -> (KnownAnswer.Value, CacheResult) {
    let view = watch.view
    var known = memory[question]
    if known == nil, let head = view.head, let confirmedAt = view.confirmedAt,
      case .found(let answer) = await cached(question, view, head)
    {
      known = KnownAnswer(value: answer.value, head: head, generation: view.generation, askedAt: confirmedAt)
    }
    guard let answer = known else { throw error }
    // Nothing has changed since it was asked for, for as long as its revision was known to be the last.
    let isLast = answer.revision == view.revision && answer.generation == view.generation
    let wasRight = isLast ? max(answer.askedAt, view.confirmedAt ?? answer.askedAt) : answer.askedAt
    let age = ContinuousClock.now - wasRight
    guard age <= settings.staleMax else { throw error }
    let result = CacheResult.stale(seconds: Int(age.components.seconds))
    count(result)
    return (answer.value, result)
  }

  /// From the cache or the database; memory keeps it.
  private func fetch(_ question: StoreQuestion) async -> Result<(KnownAnswer, CacheResult), StoreError> {
    let view = watch.view
    var result = CacheResult.miss
    if cache != nil {
      // Of a revision that may not be the last, nothing is taken.
      if let current = view.current {
        switch await cached(question, view, current) {
        case .found(let answer):
          memory.insert(answer, for: question)
          return .success((answer, .hit))
        case .missing: break
        case .unavailable: result = .bypass
        }
      } else {
        result = .bypass
      }
    }
    // Who has something to say at once does not wait long for a database that is silent.
    let isHurried = view.current == nil && memory[question] != nil
    let timeout = isHurried ? min(settings.timeout, .seconds(1)) : settings.timeout
    return await fetchFromDatabase(question, timeout: timeout).map { answer in
      memory.insert(answer, for: question)
      if result == .miss, let cache, let catalogue = view.catalogue {
        cache.set(answer.value.bytes, for: question.key(catalogue: catalogue, answer.head))
      }
      return (answer, result)
    }
  }

  private enum Cached {
    case found(KnownAnswer)
    case missing
    case unavailable
  }

  private func cached(
    _ question: StoreQuestion, _ view: CatalogWatch.View, _ head: ProductStatements.Head
  ) async -> Cached {
    guard let cache, let catalogue = view.catalogue else { return .unavailable }
    let key = question.key(catalogue: catalogue, head)
    let asked = ContinuousClock.now
    var milliseconds: Int64 = 5
    while true {
      switch await cache.value(for: key, { KnownAnswer.Value($0, answering: question) }) {
      case .found(let value):
        return .found(KnownAnswer(value: value, head: head, generation: view.generation, askedAt: asked))
      case .missing(isMine: true): return .missing
      case .missing(isMine: false):
        // Another replica is at it: to ask the database as well would be the stampede. But not for ever, and not for
        // what it will not bring: the catalogue is another one by now.
        guard ContinuousClock.now - asked < min(cache.patience, settings.timeout), watch.view.revision == head.revision
        else { return .missing }
        await pause(milliseconds)
        milliseconds = min(milliseconds * 2, 40)
      case .unavailable: return .unavailable
      }
    }
  }

  private func fetchFromDatabase(
    _ question: StoreQuestion, timeout: Duration
  ) async -> Result<KnownAnswer, StoreError> {
    await call(isWrite: false, timeout: timeout) { (connection, deadline) throws(PostgreSQLError) in
      let asked = ContinuousClock.now
      let rows =
        switch question {
        case .page(let query):
          try connection.rows(
            of: ProductStatements.page(query), ProductStatements.values(of: query), deadline: deadline)
        case .entry(let id):
          try connection.rows(of: ProductStatements.entries, [ProductStatements.array(of: [id])], deadline: deadline)
        }
      return Result { () throws(StoreError) in
        let head = try ProductStatements.head(of: rows)
        let entries = try ProductStatements.found(in: rows).map(\.entry)
        let value: KnownAnswer.Value =
          switch question {
          case .page(let query): .page(ProductPage(firstOf: entries, query))
          case .entry: .entry(entries.first)
          }
        return KnownAnswer(value: value, head: head, generation: connection.generation, askedAt: asked)
      }
    }.map { answer in
      watch.saw(answer.head, generation: answer.generation)
      return answer
    }.mapError { error in
      // A read that is not allowed is no word on changes.
      if case .readOnly(let reason) = error { .unavailable(reason) } else { error }
    }
  }

  // MARK: Asking PostgreSQL

  /// Has a connection of the pool do `work`, a new one where the last was lost.
  func call<Answer: Sendable>(
    isWrite: Bool, timeout: Duration,
    _ work:
      @escaping @Sendable (PostgreSQLConnection, ContinuousClock.Instant) throws(PostgreSQLError) ->
      Result<Answer, StoreError>
  ) async -> Result<Answer, StoreError> {
    let (url, perStatement, generation) = (url, settings.timeout, watch.view.generation)
    return await pool.run(timeout: timeout, isWrite: isWrite) { place, deadline in
      if let connection = place, connection.generation < generation || !connection.isUsable { place = nil }
      let connection: PostgreSQLConnection
      do {
        connection =
          try place ?? PostgreSQLConnection(url(), generation: generation, timeout: perStatement, deadline: deadline)
      } catch let error as PostgreSQLError {
        return .failure(error.storeError(isWrite: false))
      } catch {
        return .failure((error as? StoreError) ?? .unavailable("\(error)"))
      }
      defer { place = connection.isUsable ? connection : nil }
      do throws(PostgreSQLError) {
        return try work(connection, deadline)
      } catch {
        return .failure(error.storeError(isWrite: isWrite))
      }
    }
  }

  package func finish() {
    watch.close()
    pool.close()
  }

  // MARK: Counting

  /// Answers that were hits, misses, stale and bypassed a cache, since the start.
  package var results: [Int] { counts.withLock { $0 } }
  package var connectionsBusy: Int { pool.busy }
  package var connectionWaits: Int { pool.waits }
  package var evictions: Int { memory.evictions }

  private func count(_ result: CacheResult) {
    let index =
      switch result {
      case .hit: 0
      case .miss: 1
      case .stale: 2
      case .bypass: 3
      }
    counts.withLock { $0[index] += 1 }
  }
}

// MARK: Changes

extension PostgreSQLProductStore {
  package func apply(_ changes: [ProductChange]) async throws(StoreError) -> [ChangeOutcome] {
    guard !changes.isEmpty else { return [] }
    if case .down(let reason) = watch.view.link { throw .unavailable(reason) }
    let (productsMax, milliseconds) = (settings.productsMax, milliseconds)
    let result = await call(isWrite: true, timeout: settings.timeout) {
      (connection, deadline) throws(PostgreSQLError) in
      ProductTransaction(connection, productsMax: productsMax, now: milliseconds(), deadline: deadline).apply(changes)
        .map { (done: $0, generation: connection.generation) }
    }
    let (done, generation) = try result.get()
    watch.saw(done.head, generation: generation)
    return done.outcomes
  }
}

extension ProductPage {
  /// - Parameter entries: those behind the query's cursor, in its order: its limit of them, and one more where there
  ///   are more.
  fileprivate convenience init(firstOf entries: [CatalogEntry], _ query: ProductQuery) {
    let hasNext = entries.count > query.limit
    let shown = Array(entries.prefix(query.limit))
    self.init(shown, next: hasNext ? shown.last.map { ProductCursor(behind: $0.product, in: query.sort) } : nil)
  }
}

#endif
