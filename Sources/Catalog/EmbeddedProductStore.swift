internal import Dispatch
internal import Glibc
internal import Synchronization

/// Products in this process's memory and, where it has one, in a file. Every read is answered from memory.
///
/// Writers wait for the disk together: while one commit is on its way, those that come meanwhile gather, and all of them
/// are the next one.
package final class EmbeddedProductStore: ProductStore {
  /// What became of looking at the file again.
  package enum Reload: Sendable {
    /// The last good catalogue is kept.
    case failed(CatalogError)
    case done(changed: Bool)
  }

  /// Nil: in memory alone.
  package let file: CatalogFile?
  /// Why no change is taken; nil when they are.
  package let readOnlyReason: String?
  private let limits: CatalogLimits
  private let timeout: Duration
  private let milliseconds: @Sendable () -> Int64
  private let current: Mutex<CatalogSnapshot>
  /// Touched by `writer` alone.
  private let waiting = Mutex<[PendingWrite]>([])
  /// Commits and reloads, one after the other.
  private let writer = DispatchQueue(label: "store commits")
  /// What is too much for a loop: searches, and orders that are to be made first.
  private let reads = DispatchQueue(label: "store reads")
  /// Never blocked, while the others are.
  private let deadlines = DispatchQueue(label: "store deadlines")
  /// The file as it was when it was last looked at; touched by `writer` alone, as the next one.
  private let seen: Mutex<InputFile.Identity?>
  /// The file as it was when this process last took it or wrote it: anything else is somebody's edit.
  private let taken: Mutex<InputFile.Identity?>
  /// Keeps other processes from writing the file.
  private let lock: Int32?
  private let commitCount = Atomic<Int>(0)
  /// Calls of `apply` that no commit has taken yet.
  private let waitingCount = Atomic<Int>(0)

  /// - Parameters:
  ///   - lock: what `CatalogFile.claim` answered.
  ///   - timeout: how long a call may take.
  ///   - milliseconds: the wall clock since 1970.
  package init(
    _ snapshot: CatalogSnapshot, file: CatalogFile? = nil, identity: InputFile.Identity? = nil,
    readOnlyReason: String? = nil, lock: Int32? = nil, limits: CatalogLimits = CatalogLimits(),
    timeout: Duration = .seconds(5), milliseconds: @escaping @Sendable () -> Int64
  ) {
    self.file = file
    self.readOnlyReason = readOnlyReason
    self.lock = lock
    self.limits = limits
    self.timeout = timeout
    self.milliseconds = milliseconds
    current = Mutex(snapshot)
    seen = Mutex(identity)
    taken = Mutex(identity)
  }

  deinit {
    if let lock { close(lock) }
  }

  /// Commits since the start.
  package var commits: Int { commitCount.load(ordering: .relaxed) }

  package var snapshot: CatalogSnapshot { current.withLock { $0 } }

  package var status: StoreStatus {
    let snapshot = snapshot
    let place = file.map { "file \($0.path)" } ?? "memory"
    let access =
      readOnlyReason.map { "read-only: \($0)" } ?? (file == nil ? "changes do not last" : "writable")
    return StoreStatus(
      isReachable: true, isUsable: true, isWritable: readOnlyReason == nil,
      note: "\(place), \(snapshot.count) products, revision \(snapshot.revision), \(access)",
      revision: snapshot.revision)
  }

  package var count: Int? { snapshot.count }

  package func cachedPage(_ query: ProductQuery) -> StoreAnswer<ProductPage>? {
    let snapshot = snapshot
    return snapshot.isQuick(query) ? StoreAnswer(snapshot.page(query)) : nil
  }

  package func cachedEntry(id: String) -> StoreAnswer<CatalogEntry?>? { StoreAnswer(snapshot.entry(id: id)) }

  package func page(_ query: ProductQuery) async throws(StoreError) -> StoreAnswer<ProductPage> {
    let deadline = ContinuousClock.now + timeout
    let page = await PendingCall<ProductPage>.result { call in
      reads.async { [self] in
        // A queue that does not come to it in time has enough to do.
        let isInTime = ContinuousClock.now < deadline
        call.answer(isInTime ? .success(snapshot.page(query)) : .failure(.timedOut(isUncertain: false)))
      }
    }
    return StoreAnswer(try page.get())
  }

  package func entry(id: String) async throws(StoreError) -> StoreAnswer<CatalogEntry?> {
    StoreAnswer(snapshot.entry(id: id))
  }

  package func apply(_ changes: [ProductChange]) async throws(StoreError) -> [ChangeOutcome] {
    if let readOnlyReason { throw .readOnly(readOnlyReason) }
    guard waitingCount.add(1, ordering: .relaxed).newValue <= limits.waitingMax else {
      waitingCount.subtract(1, ordering: .relaxed)
      throw .unavailable("\(limits.waitingMax) changes wait for the disk already")
    }
    let result = await PendingCall<[ChangeOutcome]>.result(isWrite: true) { call in
      // In the queue's own order: what comes during a commit is here before the next one.
      writer.async { [self] in
        let isFirst = waiting.withLock { waiting in
          waiting.append(PendingWrite(changes: changes, call: call))
          return waiting.count == 1
        }
        if isFirst { writer.async { [self] in commit() } }
      }
      call.expire(after: timeout, on: deadlines)
    }
    return try result.get()
  }

  package func finish() {
    for queue in [writer, reads] { queue.sync {} }
  }

  /// Reads and checks the file and takes it whole, or changes nothing; without a file it does nothing.
  ///
  /// - Parameters:
  ///   - onlyIfTouched: look at nothing but stat(2) unless that tells of another file.
  ///   - report: called on a queue that may block; not when nothing was touched.
  package func reload(onlyIfTouched: Bool, report: @escaping @Sendable (Reload) -> Void) {
    guard let file else { return }
    writer.async { [self] in
      // Looked at before it is read: what is written meanwhile is seen the next time.
      let identity = file.input.identity
      if onlyIfTouched, identity == seen.withLock({ $0 }) { return }
      seen.withLock { $0 = identity }
      do throws(CatalogError) {
        report(.done(changed: try take(file, identity)))
      } catch {
        report(.failed(error))
      }
    }
  }

  /// Whether the content differs from what was there before.
  ///
  /// - Parameter identity: the file's, from before it is read.
  private func take(_ file: CatalogFile, _ identity: InputFile.Identity?) throws(CatalogError) -> Bool {
    let before = snapshot
    let loaded = try file.load(time: 0)
    note(identity)
    let next = CatalogSnapshot(products: loaded.products, revision: max(loaded.revision ?? 0, before.revision + 1))
    // A snapshot of the same content is not replaced: its memory is shared with answers under way.
    if before.entries.elementsEqual(next.entries, by: { $0.product == $1.product }) { return false }
    current.withLock { $0 = next }
    return true
  }

  private func note(_ identity: InputFile.Identity?) {
    seen.withLock { $0 = identity }
    taken.withLock { $0 = identity }
  }
}

// MARK: Commits

extension EmbeddedProductStore {
  /// What one commit changes, decided request by request.
  private struct Draft {
    let base: CatalogSnapshot
    let productsMax: Int
    private(set) var count: Int
    private(set) var entries: [String: CatalogEntry?] = [:]

    init(_ base: CatalogSnapshot, productsMax: Int) {
      self.base = base
      self.productsMax = productsMax
      count = base.count
    }

    mutating func apply(_ changes: [ProductChange], at now: Int64) throws(StoreError) -> [ChangeOutcome] {
      var own: [String: CatalogEntry?] = [:]
      var growth = 0
      let outcomes = changes.map { change in
        let current = own[change.id] ?? entries[change.id] ?? base.entry(id: change.id)
        let outcome = change.outcome(for: current, at: now)
        if let stored = outcome.stored {
          own[change.id] = .some(stored)
          growth += (stored == nil ? 0 : 1) - (current == nil ? 0 : 1)
        }
        return outcome
      }
      guard growth <= 0 || count + growth <= productsMax else {
        throw .full("the catalogue would have more than \(productsMax) products")
      }
      count += growth
      entries.merge(own) { $1 }
      return outcomes
    }
  }

  private func commit() {
    let writes = waiting.withLock { waiting in
      defer { waiting = [] }
      waitingCount.subtract(waiting.count, ordering: .relaxed)
      return waiting
    }.filter { $0.call.begin() }
    guard !writes.isEmpty else { return }
    do throws(StoreError) {
      try catchUp()
    } catch {
      return writes.forEach { $0.call.answer(.failure(error)) }
    }
    var draft = Draft(snapshot, productsMax: limits.productsMax)
    let now = milliseconds()
    let results = writes.map { write in
      Result { () throws(StoreError) in try draft.apply(write.changes, at: now) }
    }
    do throws(StoreError) {
      if !draft.entries.isEmpty { try store(draft) }
    } catch {
      // Those too that changed nothing: what they saw may have been the work of one that failed.
      return writes.forEach { $0.call.answer(.failure(error)) }
    }
    for (write, result) in zip(writes, results) { write.call.answer(result) }
  }

  private func store(_ draft: Draft) throws(StoreError) {
    let base = draft.base
    let next = base.changed(by: draft.entries.map { ($0.key, $0.value) }, revision: base.revision + 1)
    if let file {
      note(try file.replace(with: ProductFile.json(of: next.entries, revision: next.revision)))
    }
    commitCount.add(1, ordering: .relaxed)
    current.withLock { $0 = next }
  }

  /// Somebody may have edited the file: that is not overwritten. One that has gone is made again.
  private func catchUp() throws(StoreError) {
    guard let file, let identity = file.input.identity, identity != taken.withLock({ $0 }) else { return }
    do throws(CatalogError) {
      _ = try take(file, identity)
    } catch {
      throw .unavailable("somebody has changed the file: \(error.lines.first ?? "")")
    }
  }
}

/// Changes that wait for their commit, and who waits for them.
private struct PendingWrite: Sendable {
  let changes: [ProductChange]
  let call: PendingCall<[ChangeOutcome]>
}
