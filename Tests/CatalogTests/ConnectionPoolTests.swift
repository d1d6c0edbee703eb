#if PostgreSQL

import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Catalog

@Suite struct ConnectionPoolTests {
  private final class Flag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }

    func set() { flag.store(true, ordering: .releasing) }
  }

  /// Takes its time to go.
  private final class Token: Sendable {
    private let isGone: Flag

    init(_ isGone: Flag) { self.isGone = isGone }

    deinit {
      usleep(50_000)
      isGone.set()
    }
  }

  /// A process that ends after it must not cut short what a thread lets go of behind its answer.
  @Test func closingWaitsForAllThatIsLetGoOfAndClosesTheConnection() {
    let pool = ConnectionPool<Token>("test", size: 2)
    let (question, connection, begun) = (Flag(), Flag(), DispatchSemaphore(value: 0))
    start(on: pool, holding: Token(question), connection, begun)
    begun.wait()
    pool.close()
    #expect(question.isSet)
    #expect(connection.isSet)
  }

  private func start(
    on pool: ConnectionPool<Token>, holding question: Token, _ connection: Flag, _ begun: DispatchSemaphore
  ) {
    pool.start(timeout: .seconds(600)) { place, _ in
      place = Token(connection)
      withExtendedLifetime(question) { _ = begun.signal() }
    }
  }
}

#endif
