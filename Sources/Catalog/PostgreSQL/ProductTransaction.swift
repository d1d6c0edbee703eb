#if PostgreSQL

/// Changes of products in PostgreSQL, all of them or none, decided by what is there.
///
/// What is there is read without a lock, and written only if it is still the same version; else it is read and decided
/// anew. So no change of another instance is lost, and none that hangs keeps the others from writing.
struct ProductTransaction {
  typealias Outcomes = (outcomes: [ChangeOutcome], head: ProductStatements.Head)

  private let connection: PostgreSQLConnection
  private let productsMax: Int
  private let now: Int64
  private let deadline: ContinuousClock.Instant

  /// More in one statement take memory, and gain nothing.
  private static let batch = 5_000
  /// After that many changes, the planner is told how many products there are.
  private static let analyzed = 1_000

  init(_ connection: PostgreSQLConnection, productsMax: Int, now: Int64, deadline: ContinuousClock.Instant) {
    self.connection = connection
    self.productsMax = productsMax
    self.now = now
    self.deadline = deadline
  }

  func apply(_ changes: [ProductChange]) -> Result<Outcomes, StoreError> {
    while true {
      var isSent = false
      do throws(PostgreSQLError) {
        if let done = try attempt(changes, isSent: &isSent) { return done }
      } catch {
        guard error.isPassing else { return .failure(error.storeError(isWrite: isSent)) }
        if changes.count > 1 { try? rollBack() }
      }
      guard ContinuousClock.now < deadline else { return .failure(.timedOut(isUncertain: false)) }
    }
  }

  /// Nil when somebody else was faster.
  ///
  /// - Parameter isSent: becomes true before the step that makes the change last.
  private func attempt(
    _ changes: [ProductChange], isSent: inout Bool
  ) throws(PostgreSQLError) -> Result<Outcomes, StoreError>? {
    // A single statement is a transaction by itself.
    let isSingle = changes.count == 1
    if !isSingle { try connection.run("BEGIN", deadline: deadline) }
    let draft: Draft
    switch try decide(changes) {
    case .success(let decided): draft = decided
    case .failure(let error):
      if !isSingle { try rollBack() }
      return .failure(error)
    }
    for batch in Self.batches(of: draft.writes) {
      let values = ProductStatements.values(of: batch)
      isSent = isSingle
      let made = try connection.rows(of: ProductStatements.write, values, deadline: deadline)
      guard made.first?[0] == "\(batch.count)" else {
        if !isSingle { try rollBack() }
        return nil
      }
    }
    if !isSingle {
      isSent = true
      try connection.run("COMMIT", deadline: deadline)
    }
    guard !draft.writes.isEmpty else { return .success((draft.outcomes, draft.head)) }
    return finish(draft)
  }

  /// It is committed: nothing that goes wrong now is a failure of the change.
  private func finish(_ draft: Draft) -> Result<Outcomes, StoreError> {
    if draft.writes.count >= Self.analyzed {
      _ = try? connection.run("ANALYZE vitrine.products", deadline: deadline)
    }
    let head = try? ProductStatements.head(of: connection.rows(of: ProductStatements.catalogue, deadline: deadline))
    return .success((draft.outcomes, head ?? draft.head))
  }

  private func rollBack() throws(PostgreSQLError) {
    try connection.run("ROLLBACK", deadline: deadline)
  }

  // MARK: Deciding

  private struct Draft {
    let outcomes: [ChangeOutcome]
    let writes: [ProductStatements.Write]
    let head: ProductStatements.Head
  }

  private func decide(_ changes: [ProductChange]) throws(PostgreSQLError) -> Result<Draft, StoreError> {
    var found: [String: ProductStatements.Found] = [:]
    var head: ProductStatements.Head?
    for batch in Self.batches(of: Array(Set(changes.map(\.id)))) {
      let rows = try connection.rows(
        of: ProductStatements.entries, [ProductStatements.array(of: batch)], deadline: deadline)
      do throws(StoreError) {
        head = try ProductStatements.head(of: rows)
        for one in try ProductStatements.found(in: rows) { found[one.entry.id] = one }
      } catch {
        return .failure(error)
      }
    }
    var entries: [String: CatalogEntry?] = [:]
    let outcomes = changes.map { change in
      let outcome = change.outcome(for: entries[change.id] ?? found[change.id]?.entry, at: now)
      if let stored = outcome.stored { entries[change.id] = .some(stored) }
      return outcome
    }
    // Always in the same order: two who write the same products then wait for each other, and not in a circle.
    let writes = entries.keys.sorted().compactMap { id -> ProductStatements.Write? in
      let (entry, expected) = (entries[id] ?? nil, found[id]?.version)
      return entry == nil && expected == nil ? nil : .init(id: id, entry: entry, expected: expected)
    }
    guard let head else { return .failure(.unavailable("nothing was asked for")) }
    let growth = writes.reduce(0) { $0 + ($1.entry == nil ? -1 : $1.expected == nil ? 1 : 0) }
    // Two who come at once may exceed it by what both add: it is to keep room, not to count it.
    guard growth <= 0 || head.products + growth <= productsMax else {
      return .failure(.full("the catalogue would have more than \(productsMax) products"))
    }
    return .success(Draft(outcomes: outcomes, writes: writes, head: head))
  }

  private static func batches<Element>(of elements: [Element]) -> [[Element]] {
    stride(from: 0, to: elements.count, by: batch).map { Array(elements[$0..<min($0 + batch, elements.count)]) }
  }
}

#endif
