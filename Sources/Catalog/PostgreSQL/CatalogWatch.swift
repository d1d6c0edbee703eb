#if PostgreSQL

internal import Dispatch
internal import Synchronization

/// Knows the catalogue's revision in PostgreSQL at any moment: by NOTIFY as soon as somebody commits, and by asking a
/// few times a second, which shows too that the connection still carries anything.
///
/// It has a connection and a thread of its own, and is the one to find out that PostgreSQL has gone or come back.
final class CatalogWatch: Sendable {
  /// What is known of the database.
  struct View: Sendable {
    enum Link: Sendable, Equatable {
      /// Nobody has answered yet, or the first attempt after a loss is under way.
      case connecting
      case up
      /// With the reason.
      case down(String)
    }

    fileprivate(set) var link = Link.connecting
    /// Since when it is as it is.
    fileprivate(set) var linkSince = ContinuousClock.now
    /// One more with each session of the watch; a connection of before is not used after.
    fileprivate(set) var generation = 0
    /// Names the catalogue, in caches that hold more than one; nil before the first answer, as the next one.
    fileprivate(set) var catalogue: String?
    fileprivate(set) var head: ProductStatements.Head?
    /// Up to when `head` is known to have been the last.
    fileprivate(set) var confirmedAt: ContinuousClock.Instant?

    var revision: Int? { head?.revision }
    var products: Int? { head?.products }

    /// The last head, if that is known of this moment.
    var current: ProductStatements.Head? {
      guard link == .up, let confirmedAt, ContinuousClock.now - confirmedAt < CatalogWatch.confirmation else {
        return nil
      }
      return head
    }
  }

  /// Told on the watch's thread.
  enum Event: Sendable {
    case up(View)
    /// With the reason; told once, and again when there is another one.
    case down(String)
  }

  /// How old the knowledge of the revision may be.
  private static let confirmation = Duration.seconds(1)
  private static let backoffMin = Duration.milliseconds(100)
  private static let backoffMax = Duration.seconds(5)

  private let url: @Sendable () throws(StoreError) -> String
  private let migrations: [Migration]
  private let timeout: Duration
  private let interval: Duration
  private let report: @Sendable (Event) -> Void
  private let state = Mutex(View())
  private let queue = DispatchQueue(label: "store watch")
  private let isClosed = Atomic<Bool>(false)
  private let closing = DispatchSemaphore(value: 0)

  /// - Parameter interval: between two questions; with one lost round trip, answers from memory are still known to be
  ///   right.
  init(
    url: @escaping @Sendable () throws(StoreError) -> String, migrations: [Migration], timeout: Duration,
    interval: Duration = .milliseconds(400), report: @escaping @Sendable (Event) -> Void
  ) {
    self.url = url
    self.migrations = migrations
    self.timeout = timeout
    self.interval = interval
    self.report = report
  }

  var view: View { state.withLock { $0 } }

  func start() {
    queue.async { [self] in run() }
  }

  /// Ends it, within `interval` where it is connected.
  func close() {
    isClosed.store(true, ordering: .relaxed)
    closing.signal()
  }

  /// Takes what another connection has seen, where that is newer.
  ///
  /// - Parameter generation: the connection's: revisions of two sessions may be of two histories.
  func saw(_ head: ProductStatements.Head, generation: Int) {
    state.withLock { view in
      guard generation == view.generation, let revision = view.revision, head.revision > revision else { return }
      view.head = head
    }
  }

  private func run() {
    var failures = 0
    while !isClosed.load(ordering: .relaxed) {
      let reason = session()
      let lasted = state.withLock { view -> Duration? in
        guard view.link == .up else { return nil }
        defer { (view.link, view.linkSince) = (.connecting, .now) }
        return .now - view.linkSince
      }
      if let lasted {
        // What broke may be the one connection: the next attempt is made at once, and only if it fails the database is
        // down. But a server that ends each soon after the first answer is not asked without a pause.
        if lasted > Self.backoffMax {
          failures = 0
          continue
        }
      } else {
        noteDown(reason)
      }
      failures += 1
      _ = closing.wait(timeout: .now() + .nanoseconds(Self.nanosecondsOfBackoff(failures: failures)))
    }
  }

  private func noteDown(_ reason: String) {
    let isNews = state.withLock { view in
      defer {
        if case .down = view.link {} else { view.linkSince = .now }
        view.link = .down(reason)
      }
      return view.link != .down(reason)
    }
    if isNews { report(.down(reason)) }
  }

  /// Doubled with each failure, and half of it by chance: replicas that lost the database together come back one by one.
  private static func nanosecondsOfBackoff(failures: Int) -> Int {
    let backoff = min(backoffMin * (1 << min(failures - 1, 10)), backoffMax)
    return Int(backoff / .nanoseconds(1) * Double.random(in: 0.5...1))
  }

  /// Connects and watches, until that fails.
  ///
  /// - Returns: why it ended.
  private func session() -> String {
    do {
      let connection = try connect()
      try connection.run("LISTEN vitrine", deadline: .now + timeout)
      var isFirst = true
      while !isClosed.load(ordering: .relaxed) {
        let asked = ContinuousClock.now
        let rows = try connection.rows(of: ProductStatements.catalogue, deadline: asked + timeout)
        confirm(try ProductStatements.head(of: rows), catalogue: rows.first?[3] ?? "", at: asked, isFirst: isFirst)
        isFirst = false
        try connection.waitForNotification(until: asked + interval)
      }
      return "closed"
    } catch let error as PostgreSQLError {
      return error.storeError(isWrite: false).reason
    } catch let error as SchemaError {
      return error.reason
    } catch let error as StoreError {
      return error.reason
    } catch {
      return "\(error)"
    }
  }

  private func connect() throws -> PostgreSQLConnection {
    let generation = view.generation + 1
    let connection = try PostgreSQLConnection(
      try url(), generation: generation, timeout: timeout, deadline: .now + timeout)
    try connection.migrate(by: migrations, timeout: timeout)
    return connection
  }

  private func confirm(
    _ head: ProductStatements.Head, catalogue: String, at instant: ContinuousClock.Instant, isFirst: Bool
  ) {
    let news = state.withLock { view -> View? in
      // What somebody else saw meanwhile may be newer; after a reconnection what counts is what is there now, even if
      // that is older: a backup, or a replica that has become the first.
      if isFirst || head.revision >= view.revision ?? 0 {
        view.head = head
      }
      view.confirmedAt = instant
      guard isFirst else { return nil }
      (view.link, view.linkSince, view.catalogue) = (.up, .now, catalogue)
      view.generation += 1
      return view
    }
    if let news { report(.up(news)) }
  }
}

#endif
