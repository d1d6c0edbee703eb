#if PostgreSQL

import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A real PostgreSQL that fails in real ways, and a service that goes on.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled, PostgreSQLServer.needed))
struct PostgreSQLFaultTests {
  /// Reads what was asked for before, changes nothing, and is alive.
  private func expectStale(_ service: ServiceProcess, isReady: Bool = true) async throws {
    try await waiting(for: "the service to know") { try await service.metric("vitrine_store_up") == 0 ? true : nil }
    for target in ["/api/products", "/api/products/a"] {
      let stale = try await service.get(target)
      #expect(stale.status == 200 && stale["X-Cache"] == "STALE" && stale["Age"].flatMap { Int($0) } != nil)
      #expect(stale.text.contains("\"id\":\"a\""))
    }
    let unknown = try await service.get("/api/products?sort=-name")
    #expect(unknown.status == 503 && unknown["Retry-After"] == "5", "\(unknown.text)")
    let refused = try await service.send("PUT", "/api/products/a", Writers.product(price: 2))
    #expect(refused.status == 503 && refused["Retry-After"] == "5", "\(refused.text)")
    #expect(try await service.get("/healthz").status == 200)
    #expect(try await service.get("/readyz").status == (isReady ? 200 : 503))
    #expect(try await service.get("/readyz?verbose").text.contains("postgresql, down for "))
    #expect(try await service.metric(#"vitrine_cache_results_total{result="stale"}"#) ?? 0 >= 2)
  }

  private func expectBack(_ service: ServiceProcess, price: Int) async throws {
    try await waiting(for: "the database", of: service.process) {
      try await service.metric("vitrine_store_up") == 1 ? true : nil
    }
    let body = Writers.product(price: price)
    #expect(try await service.send("PUT", "/api/products/a", body).status == 200)
    let fresh = try await service.get("/api/products/a")
    #expect(fresh.text.contains("\"price\":\(price),") && fresh["X-Cache"] == "MISS", "\(fresh)")
    try await service.expectHealthy()
  }

  private func warm(_ service: ServiceProcess) async throws {
    #expect(try await service.send("PUT", "/api/products/a", Writers.product()).status == 201)
    for target in ["/api/products", "/api/products/a"] { #expect(try await service.get(target).status == 200) }
  }

  @Test(arguments: ["soft", "hard"]) func aServerThatIsKilledAndComesBack(dependency: String) async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve(["--store-dependency", dependency]) { service in
        try await warm(service)
        try await server.kill()
        try await expectStale(service, isReady: dependency == "soft")
        try await server.running { try await expectBack(service, price: 3) }
      }
    }
  }

  @Test func aServerThatIsStoppedAsIfTheNetworkWereGone() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve(["--store-timeout", "0.5"]) { service in
        try await warm(service)
        server.pause()
        try await expectStale(service)
        server.resume()
        try await expectBack(service, price: 4)
      }
    }
  }

  /// As a pooler or an administrator does it: with a last message, and while the watch's own goes on.
  @Test func aConnectionThatTheServerHasEndedCostsNoRequest() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve { service in
        try await warm(service)
        for (method, target) in [("GET", "/api/products?limit=3"), ("PUT", "/api/products/a")] {
          let own = "application_name = 'vitrine' AND query NOT LIKE 'SELECT revision, products%'"
          #expect(try await service.get("/api/products?limit=\(method.utf8.count + 3)").status == 200)
          let ended = try await server.query(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE \(own)")
          #expect(ended == "1")
          try await waiting(for: "its end") {
            try await server.query("SELECT count(*) FROM pg_stat_activity WHERE \(own)") == "0" ? true : nil
          }
          let answer =
            method == "GET"
            ? try await service.get(target) : try await service.send(method, target, Writers.product(price: 9))
          #expect(answer.status == 200 && answer["X-Cache"] != "STALE", "\(method): \(answer)")
        }
      }
    }
  }

  /// A server that answers once and closes: asked now and then, not as fast as it can.
  @Test func aServerThatEndsEachSessionIsNotAskedWithoutAPause() async throws {
    try await PostgreSQLServer.run { server in
      try await server.query("ALTER ROLE vitrine SET idle_session_timeout = '20ms'")
      try await server.serve { service in
        try await Task.sleep(for: .seconds(2))
        let sessions = service.process.output.lines.count { $0.contains("database is reachable") }
        #expect((2..<12).contains(sessions), "\(sessions) sessions in 2 s")
        #expect(try await service.get("/api/products").status == 200)
      }
    }
  }

  @Test func whatIsTooLongAgoIsNotToldAnyMore() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve(["--stale-max", "0"]) { service in
        try await warm(service)
        try await server.kill()
        try await waiting(for: "the service to know") { try await service.metric("vitrine_store_up") == 0 ? true : nil }
        let gone = try await service.get("/api/products")
        #expect(gone.status == 503 && gone["Retry-After"] == "5")
      }
    }
  }

  @Test func aServiceWhoseDatabaseIsNotThereYetServesAndSaysSo() async throws {
    try await PostgreSQLServer.run { server in
      try await server.kill()
      try await ServiceProcess.run(["--database-url", server.url()]) { service in
        let reason = try await service.logged("database cannot be reached")["reason"]?.string ?? ""
        #expect(reason.contains("Connection refused"), "\(reason)")
        let ready = try await service.get("/readyz")
        #expect(ready.status == 503 && ready.text.contains("Connection refused"), "\(ready.text)")
        #expect(try await service.get("/healthz").status == 200)
        #expect(try await service.get("/").status == 200)
        let list = try await service.get("/api/products")
        #expect(list.status == 503 && list["Retry-After"] == "5")
        try await server.running {
          _ = try await service.logged("database is reachable")
          try await service.expectHealthy()
        }
      }
    }
  }

  @Test func aWrongPasswordIsToldAndTheRightOneTakenFromTheFile() async throws {
    try await PostgreSQLServer.run { server in
      let folder = try TemporaryFolder()
      let file = try folder.write(server.url(password: "wrong horse") + "\n", to: "secret/url")
      try await ServiceProcess.run(["--database-url-file", file]) { service in
        let reason = try await service.logged("database cannot be reached")["reason"]?.string ?? ""
        #expect(reason.contains("password authentication failed for user"), "\(reason)")
        let ready = try await service.get("/readyz")
        #expect(ready.status == 503 && ready.text.contains("password authentication failed"))
        #expect(!service.process.output.text.contains("wrong"))
        try folder.write(server.url(), to: "secret/new")
        guard unsafe rename("\(folder.path)/secret/new", file) == 0 else { throw ProcessFailure(description: "rename") }
        _ = try await service.logged("database is reachable")
        try await service.expectHealthy()
      }
    }
  }

  /// The change is on its way when the database dies: no answer says that it was made, and it is there or not, whole.
  @Test func nothingThatWasAcknowledgedIsLostByAKill() async throws {
    try await PostgreSQLServer.run { server in
      try await server.serve { service in
        let made = try await withThrowingTaskGroup { group in
          for writer in 0..<4 {
            group.addTask {
              var made: Set<String> = []
              for number in 0..<10_000 {
                let id = "w\(writer)-\(number)"
                let status = try await service.send("PUT", "/api/products/\(id)", Writers.product()).status
                guard status == 201 else {
                  #expect(status == 503)
                  break
                }
                made.insert(id)
              }
              return made
            }
          }
          try await waiting(for: "some products") {
            let count = try await server.query("SELECT count(*) FROM vitrine.products")
            return Int(count).flatMap { $0 > 8 ? $0 : nil }
          }
          try await server.kill()
          return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(made.count > 4)
        try await server.running {
          let kept = Set(
            try await server.query("SELECT id FROM vitrine.products").split(separator: "\n").map(String.init))
          #expect(made.subtracting(kept) == [])
          try await waiting(for: "the database") { try await service.metric("vitrine_store_up") == 1 ? true : nil }
          try await service.expectHealthy()
        }
      }
    }
  }
}

#endif
