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
  func cachedPage(_ query: ProductQuery) -> StoreAnswer<ProductPage>?

  /// The product, or that there is none with this id, where memory knows; nil: ask `entry`.
  func cachedEntry(id: String) -> StoreAnswer<CatalogEntry?>?

  func page(_ query: ProductQuery) async throws(StoreError) -> StoreAnswer<ProductPage>

  /// Its value is nil when there is none with this id.
  func entry(id: String) async throws(StoreError) -> StoreAnswer<CatalogEntry?>

  /// All of them in one commit, in their order, or none: each is decided by `ProductChange.outcome`. When this returns,
  /// they are as durable as the store makes anything.
  ///
  /// - Returns: an outcome for each change.
  func apply(_ changes: [ProductChange]) async throws(StoreError) -> [ChangeOutcome]

  /// Waits until its queues have nothing under way, a call that is answered already included. Nothing is asked after it.
  func finish()
}

/// What a store answers, and which part a cache had in it.
package struct StoreAnswer<Value: Sendable>: Sendable {
  package let value: Value
  /// Nil: the store is all in memory, and there is nothing to be cached.
  package let cache: CacheResult?

  package init(_ value: Value, cache: CacheResult? = nil) {
    self.value = value
    self.cache = cache
  }
}

/// Where an answer of a shared store comes from.
package enum CacheResult: Sendable, Equatable {
  /// From a cache, which has it as it is now.
  case hit
  /// From the store itself: no cache had it.
  case miss
  /// The last that was known, this many seconds ago: the store does not answer.
  case stale(seconds: Int)
  /// From the store itself: the cache could not be asked.
  case bypass
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
  /// False: it does not answer now; what it answered before may still do.
  package var isReachable: Bool
  /// False: this instance should get no requests, by what is known of the store and by policy; `note` tells why.
  package var isUsable: Bool
  /// Whether it takes changes.
  package var isWritable: Bool
  /// For people: where it is, and in what state.
  package var note: String
  /// One more with each commit; nil when it cannot tell.
  package var revision: Int?

  package init(
    isReachable: Bool, isUsable: Bool, isWritable: Bool, note: String, revision: Int?
  ) {
    self.isReachable = isReachable
    self.isUsable = isUsable
    self.isWritable = isWritable
    self.note = note
    self.revision = revision
  }
}
