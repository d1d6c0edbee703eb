#if PostgreSQL

import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Catalog

/// Products in a real PostgreSQL, which the tests start and end.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled, PostgreSQLServer.needed))
struct PostgreSQLTests {
  private func importSamples(into server: PostgreSQLServer) async throws {
    let folder = try TemporaryFolder()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let samples = root.appending(path: "Sources/Catalog/products.json").path
    let imported = try await ServiceProcess.finished(
      ["products", "import", samples, "--database-url", server.url()])
    #expect(imported.output.hasPrefix("imported 14 products, 14 of them new or changed"), "\(imported.errors)")
    let again = try await ServiceProcess.finished(["products", "import", samples, "--database-url", server.url()])
    #expect(again.output.hasPrefix("imported 14 products, 0 of them new or changed"), "\(again.errors)")
    let exported = try await ServiceProcess.finished(
      ["products", "export", "\(folder.path)/out.json", "--database-url", server.url()])
    #expect(exported.end == .exited(0), "\(exported.errors)")
    let none = try folder.write("[]", to: "none.json")
    let nothing = try await ServiceProcess.finished(["products", "import", none, "--database-url", server.url()])
    #expect(nothing.output.hasPrefix("imported 0 products, 0 of them"), "\(nothing.errors)")
    let out = try JSONValue(String(contentsOfFile: "\(folder.path)/out.json", encoding: .utf8))
    #expect(out["items"]?.array?.count == 14)
    #expect(out["revision"] == .number(1))
  }

  @Test func samplesAreImportedServedAndTheSameAsInMemory() async throws {
    try await PostgreSQLServer.run { server in
      try await importSamples(into: server)
      try await server.serve() { database in
        try await ServiceProcess.run { memory in
          var targets = ["/api/products", "/api/products?q=br", "/api/products/vitrine-mini", "/api/products/nothing"]
          for sort in ["id", "name", "price", "stock", "createdAt", "updatedAt"] {
            for sign in ["", "-"] {
              var target = "/api/products?limit=5&sort=\(sign)\(sort)"
              // Page by page, by the link that memory gives: a cursor means the same everywhere.
              while true {
                targets.append(target)
                guard let next = try JSONValue(try await memory.get(target).text)["next"]?.string else { break }
                target = "/api/products?limit=5&sort=\(sign)\(sort)&after=\(next)"
              }
            }
          }
          targets.append("/api/products?q=br&sort=-price&limit=1")
          #expect(targets.count > 40)
          for target in targets {
            let (mine, other) = (try await database.get(target), try await memory.get(target))
            #expect(mine.status == other.status, "\(target)")
            #expect(mine.text == other.text, "\(target)")
            #expect(mine["ETag"] == other["ETag"], "\(target)")
            #expect(mine["X-Cache"] == "MISS" && other["X-Cache"] == nil, "\(target)")
          }
          #expect(try await PostgreSQLServer.hit("/api/products", of: database).status == 200)
          #expect(try await database.get("/", ["Accept: text/html"]).text.contains("Astrolabe"))
        }
      }
    }
  }

  @Test func whatOneInstanceChangesTheOthersSeeAndSoWhatSomebodyElseDoes() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve { one in
        try await server.serve { other in
          for service in [one, other] {
            #expect(try await service.get("/api/products").text.hasPrefix("{\"items\":[]"))
          }
          #expect(try await one.send("PUT", "/api/products/a", Writers.product(price: 1)).status == 201)
          // Who has made a change sees it at once, and so does who asks for it elsewhere soon.
          #expect(try await one.get("/api/products").text.contains("\"id\":\"a\""))
          try await waiting(for: "the change in the list") {
            try await other.get("/api/products").text.contains("\"id\":\"a\"") ? true : nil
          }
          #expect(try await other.get("/api/products/a")["X-Cache"] == "MISS")
          #expect(try await PostgreSQLServer.hit("/api/products/a", of: other).status == 200)
          try await server.query("UPDATE vitrine.products SET price = 7 WHERE id = 'a'")
          for service in [one, other] {
            try await waiting(for: "the price that psql set") {
              try await service.get("/api/products/a").text.contains("\"price\":7,") ? true : nil
            }
          }
          try await server.query("TRUNCATE vitrine.products")
          for service in [one, other] {
            try await waiting(for: "an empty list") {
              try await service.get("/api/products").text.hasPrefix("{\"items\":[]") ? true : nil
            }
            #expect(try await service.metric("vitrine_catalog_products") == 0)
            #expect(try await service.metric("vitrine_catalog_revision") == 3)
          }
        }
      }
    }
  }

  @Test(.enabled(if: OpenAPITests.schemathesis != nil, OpenAPITests.missing))
  func schemathesisFindsNothing() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve { service in try await OpenAPITests.isAsDescribed(service) }
    }
  }

  @Test func changesAreDecidedAsInEveryOtherStore() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve(["--products-max", "2"]) { service in
        let awkward =
          #"{"name":"a\"b\\c {d}, é","description":"x\ny","price":0,"currency":"JPY","tags":["t,{}\"\\","ü"],"stock":0}"#
        let made = try await service.send("PUT", "/api/products/a", awkward)
        #expect(made.status == 201)
        #expect(try await service.get("/api/products/a").text == made.text)
        #expect(try JSONValue(made.text)["name"]?.string == "a\"b\\c {d}, é")
        #expect(try JSONValue(made.text)["tags"] == .array([.string("t,{}\"\\"), .string("ü")]))
        #expect(try await service.send("PUT", "/api/products/a", awkward).text == made.text)
        let taken = #"{"id":"a",\#(Writers.product().dropFirst())"#
        #expect(try await service.send("POST", "/api/products", taken).status == 409)
        let stale = ["If-Match: \"0000000000000000\""]
        #expect(try await service.send("PUT", "/api/products/a", Writers.product(), stale).status == 412)
        let etag = try #require(made["ETag"])
        let replaced = try await service.send("PUT", "/api/products/a", Writers.product(), ["If-Match: \(etag)"])
        #expect(replaced.status == 200 && replaced.text.contains("\"revision\":2"))
        #expect(try await service.send("PUT", "/api/products/b", Writers.product()).status == 201)
        let full = try await service.send("PUT", "/api/products/c", Writers.product())
        #expect(full.status == 507 && full.text.contains("more than 2 products"), "\(full.text)")
        #expect(try await service.send("DELETE", "/api/products/a").status == 204)
        #expect(try await service.send("DELETE", "/api/products/a").status == 404)
        #expect(try await service.metric("vitrine_catalog_products") == 1)
        // What changes nothing is no new revision.
        #expect(try await service.metric("vitrine_catalog_revision") == 4)
        #expect(try await server.query("SELECT name, tags, search FROM vitrine.products") == "Lamp|{light}|lamp\nlight")
      }
    }
  }

  /// Each adds 1 to the stock, again and again, with If-Match; what both have added is there at the end.
  @Test func noUpdateIsLostWhenTwoInstancesWriteAtOnce() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve { one in
        try await server.serve { other in
          #expect(try await one.send("PUT", "/api/products/a", Self.product(stock: 0)).status == 201)
          let (writers, rounds) = (3, 15)
          try await withThrowingTaskGroup { group in
            for service in [one, other] {
              for _ in 0..<writers { group.addTask { for _ in 0..<rounds { try await Self.increment(service) } } }
            }
            try await group.waitForAll()
          }
          let total = 2 * writers * rounds
          #expect(try await server.query("SELECT stock, revision FROM vitrine.products") == "\(total)|\(total + 1)")
          // And without preconditions each is a revision of its own: none was made on top of what it had not seen.
          try await withThrowingTaskGroup { group in
            for service in [one, other] {
              for number in 0..<20 {
                group.addTask {
                  let body = Self.product(stock: service.process.pid == one.process.pid ? number + 1000 : number + 2000)
                  let status = try await service.send("PUT", "/api/products/b", body).status
                  #expect(status < 300)
                }
              }
            }
            try await group.waitForAll()
          }
          #expect(try await server.query("SELECT revision FROM vitrine.products WHERE id = 'b'") == "40")
        }
      }
    }
  }

  private static func product(stock: Int) -> String {
    #"{"name":"Lamp","description":"","price":1,"currency":"EUR","tags":[],"stock":\#(stock)}"#
  }

  private static func increment(_ service: ServiceProcess) async throws {
    while true {
      let now = try await service.get("/api/products/a")
      let stock = try #require(try JSONValue(now.text)["stock"]?.number)
      let etag = try #require(now["ETag"])
      let answer = try await service.send(
        "PUT", "/api/products/a", Self.product(stock: Int(stock) + 1), ["If-Match: \(etag)"])
      if answer.status == 200 { return }
      guard answer.status == 412 else { throw ProcessFailure(description: "\(answer.status): \(answer.text)") }
    }
  }

  @Test func instancesThatStartTogetherMakeTheSchemaOnce() async throws {
    try await PostgreSQLServer.run { server in
      try await withThrowingTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            try await server.serve { (service) async throws in #expect(try await service.get("/readyz").status == 200) }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await server.query("SELECT version, works_from FROM vitrine.migrations ORDER BY 1") == "1|1\n2|1")
    }
  }

  /// And the statements of the version before go on beside it, as while replicas are replaced.
  @Test func theSchemaOfTheVersionBeforeIsMigrated() async throws {
    try await PostgreSQLServer.run { server in
      try await server.query(
        "CREATE SCHEMA vitrine; CREATE TABLE vitrine.migrations (version integer PRIMARY KEY, works_from integer NOT NULL, "
          + "applied_at timestamptz NOT NULL DEFAULT now()); \(Migration.all[0].sql); "
          + "INSERT INTO vitrine.migrations (version, works_from) VALUES (1, 1); \(Self.inserted("a"))")
      try await server.serve { service in
        #expect(try await server.query("SELECT version, works_from FROM vitrine.migrations ORDER BY 1") == "1|1\n2|1")
        #expect(try await service.get("/api/products/a").status == 200)
        let revision = try await server.query("SELECT revision FROM vitrine.catalog")
        let state = try await server.query("SELECT state FROM vitrine.catalog")
        try await server.query(Self.inserted("b"))
        #expect(try await server.query("SELECT revision - \(revision), products FROM vitrine.catalog") == "1|2")
        #expect(try await server.query("SELECT state FROM vitrine.catalog") != state)
        try await waiting(for: "the other's product") {
          try await service.get("/api/products/b").status == 200 ? true : nil
        }
      }
    }
  }

  private static func inserted(_ id: String) -> String {
    "INSERT INTO vitrine.products (id, name, description, price, currency, tags, stock, created_at, updated_at, revision, "
      + "search) VALUES ('\(id)', 'N', '', 1, 'EUR', '{}', 1, 0, 0, 1, 'n')"
  }

  @Test func aNewerSchemaThatStillTakesThisVersionIsServedAndOneThatDoesNotIsTold() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve { service in
        // As a later version would, while this one serves.
        try await server.query(
          "ALTER TABLE vitrine.products ADD COLUMN weight bigint NOT NULL DEFAULT 0; "
            + "INSERT INTO vitrine.migrations (version, works_from) VALUES (3, 1)")
        #expect(try await service.send("PUT", "/api/products/a", Writers.product()).status == 201)
        #expect(try await service.send("PUT", "/api/products/a", Writers.product(price: 1)).status == 200)
        #expect(try await service.get("/api/products?sort=-price").text.contains("\"price\":1,"))
      }
      try await server.serve { (service) async throws in #expect(try await service.get("/api/products/a").status == 200)
      }
      try await server.query("INSERT INTO vitrine.migrations (version, works_from) VALUES (4, 4)")
      try await ServiceProcess.run(["--database-url", server.url()]) { service in
        let told = try await service.logged("database cannot be reached")["reason"]?.string ?? ""
        #expect(told == "its schema has version 4, which needs a vitrine that knows version 4; this one knows 2")
        let ready = try await service.get("/readyz")
        #expect(ready.status == 503 && ready.text.contains("needs a vitrine that knows version 4"))
      }
    }
  }

  @Test func aRoleThatMayOnlyReadServesAndTakesNoChanges() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve { (service) async throws in
        #expect(try await service.send("PUT", "/api/products/a", Writers.product()).status == 201)
      }
      try await server.query(
        "CREATE ROLE reader LOGIN PASSWORD 'r'; GRANT USAGE ON SCHEMA vitrine TO reader; "
          + "GRANT SELECT ON ALL TABLES IN SCHEMA vitrine TO reader")
      try await server.serve(url: "host=127.0.0.1 port=\(server.port) user=reader password=r dbname=postgres") {
        service in
        #expect(try await service.get("/api/products/a").status == 200)
        let refused = try await service.send("PUT", "/api/products/a", Writers.product(price: 1))
        #expect(refused.status == 403 && refused.text.contains("permission denied"), "\(refused.text)")
        // What may not even be read says nothing of changes.
        try await server.query("REVOKE SELECT ON vitrine.products FROM reader")
        let unread = try await service.get("/api/products?limit=9")
        #expect(unread.status == 503 && unread.text.contains("permission denied"), "\(unread.text)")
      }
    }
  }

  private static let asked = #"vitrine_store_operations_total{operation="list",result="ok"}"#

  @Test func metricsAndTheReadmeNameTheSame() async throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    try await PostgreSQLServer.run { server in
      try await server.serve { service in
        #expect(
          try await service.get("/readyz?verbose").text.contains("[+]store ok: postgresql, 0 products, revision 0"))
        #expect(try await service.get("/api/products").status == 200)
        _ = try await PostgreSQLServer.hit("/api/products", of: service)
        let misses = try await service.metric(#"vitrine_cache_results_total{result="miss"}"#) ?? 0
        let asked = try await service.metric(Self.asked)
        #expect(misses >= 1 && misses == asked)
        #expect(try await service.metric(#"vitrine_cache_results_total{result="hit"}"#) ?? 0 >= 1)
        #expect(try await service.metric("vitrine_store_up") == 1)
        let families = try await service.get("/metrics").text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        let unknown = families.map { $0.split(separator: " ")[2] }.filter { !readme.contains("| `\($0)` |") }
        #expect(unknown == [], "README.md lacks these")
        // Nobody reads a password in the log.
        #expect(!service.process.output.text.contains("correct"))
        #expect(service.process.output.text.contains(#""config.database-url":"set""#))
      }
    }
  }
}

#endif
