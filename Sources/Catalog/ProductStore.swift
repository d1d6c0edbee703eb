/// Where products live: in memory, in a file, in a database that replicas share.
///
/// The functions without `async` answer from memory and at once: a loop calls them itself. The others may block and
/// wait, each on queues of the store's own and never on the caller's thread, and none of them longer than the store's
/// deadline.
package protocol ProductStore: Sendable {
  /// What the store knows of itself at this moment.
  var status: StoreStatus { get }

  /// How many products there are; nil when it cannot tell.
  var count: Int? { get }

  /// The page, where memory has it; nil: ask `page`.
  func cachedPage(_ query: ProductQuery) -> ProductPage?

  /// The product, where memory knows; `.unknown`: ask `entry`.
  func cachedEntry(id: String) -> CachedEntry

  func page(_ query: ProductQuery) async throws(StoreError) -> ProductPage

  /// Nil when there is none with this id.
  func entry(id: String) async throws(StoreError) -> CatalogEntry?

  /// All of them in one commit, in their order, or none: each is decided by `ProductChange.outcome`. When this returns,
  /// they are as durable as the store makes anything.
  ///
  /// - Returns: an outcome for each change.
  func apply(_ changes: [ProductChange]) async throws(StoreError) -> [ChangeOutcome]
}

/// What memory knows of an id.
package enum CachedEntry: Sendable {
  case found(CatalogEntry)
  case missing
  /// The store itself has to be asked.
  case unknown
}

/// Why a store did not do what it was asked. Nothing was changed, but where it says that this is uncertain.
package enum StoreError: Error, Sendable, Equatable {
  /// It takes no changes at all, and this is why: `its file is read-only`.
  case readOnly(String)
  /// It has no room for more: the disk is full, or a limit of ours is reached.
  case full(String)
  /// It cannot be reached or used now.
  case unavailable(String)
  /// It failed at the last step: the change may have been made.
  case uncertain(String)
  /// It did not answer within the deadline. `isUncertain`: the change may have been made, or be made yet.
  case timedOut(isUncertain: Bool)
}

/// What a store knows of itself, for `/readyz?verbose` and the metrics.
package struct StoreStatus: Sendable, Equatable {
  /// `memory`, `file`.
  package var kind: String
  /// False: it cannot answer; `note` tells why.
  package var isUsable: Bool
  /// Whether it takes changes.
  package var isWritable: Bool
  /// For people: where it is, and in what state.
  package var note: String
  /// One more with each commit; nil when it cannot tell.
  package var revision: Int?

  package init(kind: String, isUsable: Bool, isWritable: Bool, note: String, revision: Int?) {
    self.kind = kind
    self.isUsable = isUsable
    self.isWritable = isWritable
    self.note = note
    self.revision = revision
  }
}
