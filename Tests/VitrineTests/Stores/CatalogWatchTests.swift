#if PostgreSQL

import TestSupport
import Testing

@testable import Catalog

/// What is known of the catalogue's revision, and by what.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled, PostgreSQLServer.needed))
struct CatalogWatchTests {
  /// - Parameter body: with a watch that is up, and asks once a minute.
  private func run(_ body: (CatalogWatch, PostgreSQLServer) async throws -> Void) async throws {
    try await PostgreSQLServer.run { server in
      let url = server.url()
      let watch = CatalogWatch(
        url: { () throws(StoreError) in url }, migrations: Migration.all, timeout: .seconds(30), interval: .seconds(60),
        report: { _ in })
      watch.start()
      defer { watch.close() }
      try await waiting(for: "the watch") { watch.view.link == .up ? true : nil }
      try await body(watch, server)
    }
  }

  private static let insert = """
    INSERT INTO vitrine.products (id, name, description, price, currency, tags, stock, created_at, updated_at, revision, \
    search) VALUES ('a', 'A', '', 1, 'EUR', '{}', 1, 0, 0, 1, 'a')
    """

  /// Long before it would ask again.
  @Test func aChangeIsKnownByNotifyAlone() async throws {
    try await run { watch, server in
      let before = try #require(watch.view.head)
      try await server.query(Self.insert)
      try await waiting(for: "the next revision") { watch.view.revision == before.revision + 1 ? true : nil }
      #expect(watch.view.products == 1 && watch.view.head?.state != before.state)
    }
  }

  @Test func whatAConnectionOfAnotherSessionHasSeenIsNotTaken() async throws {
    try await run { watch, _ in
      let view = watch.view
      let next = ProductStatements.Head(revision: 7, products: 3, state: "x")
      watch.saw(next, generation: view.generation - 1)
      #expect(watch.view.revision == view.revision)
      watch.saw(next, generation: view.generation)
      #expect(watch.view.revision == 7 && watch.view.products == 3 && watch.view.head?.state == "x")
    }
  }
}

#endif
