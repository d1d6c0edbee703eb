#if Redis

import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Catalog

/// A real Redis in front of a real PostgreSQL.
@Suite(.serialized, .enabled(if: RedisServer.isInstalled, RedisServer.needed))
struct RedisTests {
  /// Nothing stays in memory, so that each read is the cache's; `--cache-timeout` leaves a loaded machine its time.
  private func run(
    timeout: String = "2", _ body: (ServiceProcess, RedisServer, PostgreSQLServer) async throws -> Void
  ) async throws {
    try await PostgreSQLServer.run { database in
      try await RedisServer.run { redis in
        let options = ["--cache-url", redis.url(), "--memory-cache-max", "0", "--cache-timeout", timeout]
        try await database.serve(options) { service in
          #expect(try await service.send("PUT", "/api/products/a", Writers.product()).status == 201)
          // Memory keeps one answer whatever its limit, so that it can be stale: it is this one.
          #expect(try await service.get("/api/products/none").status == 404)
          try await body(service, redis, database)
        }
      }
    }
  }

  private func cache(_ service: ServiceProcess, _ target: String) async throws -> String? {
    let answer = try await service.get(target)
    #expect(answer.status == 200)
    _ = try await service.get("/api/products/none")
    return answer["X-Cache"]
  }

  @Test func whatOneReplicaAskedForTheOthersGetFromTheCache() async throws {
    try await run { (one, redis, database) in
      let first = try await one.get("/api/products")
      try await database.serve(["--cache-url", redis.url(), "--cache-timeout", "2"]) { other in
        // It is set behind the answer.
        try await waiting(for: "the key") {
          _ = try await cache(one, "/api/products")
          return try await redis.ask("KEYS", "vitrine:*:page:*").isEmpty ? nil : true
        }
        let second = try await PostgreSQLServer.hit("/api/products", of: other)
        #expect(second.text == first.text && second["ETag"] == first["ETag"])
        let catalogue = try await Self.catalogue(of: database)
        let key = try await redis.ask("KEYS", "vitrine:*:page:*")
        #expect(key == "vitrine:\(catalogue):page:20:id::")
        #expect(Int(try await redis.ask("PTTL", key)) ?? 0 > 0)
        // A change is another revision, and so another key.
        #expect(try await one.send("PUT", "/api/products/a", Writers.product(price: 1)).status == 200)
        let after = try await one.get("/api/products")
        #expect(after["X-Cache"] != "HIT" && after.text.contains("\"price\":1,"))
      }
    }
  }

  @Test func whatSomebodyElsePutThereIsNotBelieved() async throws {
    try await run { (service, redis, database) in
      let catalogue = try await Self.catalogue(of: database)
      let good = try await service.get("/api/products/a").text
      for bad in ["", "{}", "[", #"{"items":[{"id":"a"}],"next":null}"#, #"{"items":[],"next":"x"}"#, good] {
        _ = try await redis.ask("SET", "vitrine:\(catalogue):page:5:id::", bad)
        let list = try await service.get("/api/products?limit=5")
        #expect(list.status == 200 && list["X-Cache"] != "HIT" && list.text.contains("\"id\":\"a\""), "\(bad)")
        _ = try await service.get("/api/products/none")
      }
    }
  }

  /// What keys have of the catalogue as it is.
  private static func catalogue(of database: PostgreSQLServer) async throws -> String {
    try await database.query("SELECT id || ':' || revision || ':' || state FROM vitrine.catalog")
  }

  /// A backup is put back, and what is changed then gets the numbers of what was lost.
  @Test func whatIsCachedOfALostHistoryIsNotServed() async throws {
    try await run { (service, redis, database) in
      let backup = try await database.query(
        "SELECT 'revision = ' || revision || ', state = ''' || state || '''' FROM vitrine.catalog")
      #expect(try await service.send("PUT", "/api/products/a", Writers.product(price: 2)).status == 200)
      try await waiting(for: "a hit") { try await cache(service, "/api/products?limit=5") == "HIT" ? true : nil }
      try await database.query("UPDATE vitrine.products SET price = 1")
      try await database.query("UPDATE vitrine.catalog SET \(backup)")
      try await database.serve(["--cache-url", redis.url(), "--memory-cache-max", "0", "--cache-timeout", "2"]) {
        (other) async throws in
        #expect(try await other.send("PUT", "/api/products/a", Writers.product(price: 3)).status == 200)
        #expect(try await database.query("SELECT revision FROM vitrine.catalog") == "2")
        #expect(try await other.get("/api/products?limit=5").text.contains("\"price\":3,"))
      }
    }
  }

  /// An answer takes longer than a call of Redis may: another replica waits for it all the same.
  @Test func aPageThatTakesLongIsAskedForOnce() async throws {
    try await PostgreSQLServer.run { database in
      try await RedisServer.run { redis in
        try await database.serve(["--cache-url", redis.url()]) { one in
          try await database.serve(["--cache-url", redis.url()]) { other in
            // Each has its connections.
            for service in [one, other] { #expect(try await service.get("/api/products").status == 200) }
            try await redis.monitored { monitor in
              async let sleep = database.query("BEGIN; LOCK TABLE vitrine.products; SELECT pg_sleep(0.6); COMMIT")
              try await waiting(for: "the lock") {
                let locks = try await database.query("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'")
                return locks == "0" ? nil : true
              }
              async let first = one.get("/api/products?limit=6").status
              async let second = other.get("/api/products?limit=6").status
              #expect(try await (first, second) == (200, 200))
              _ = try await sleep
              _ = try await redis.ask("ECHO", "the end")
              _ = try await monitor.output.line("the end")
              // A machine that is busy may have had it bypassed.
              let sets = monitor.output.lines.filter { $0.contains("\"SET\" \"vitrine:") && $0.contains(":page:6:") }
              #expect(sets.count <= 1, "\(sets)")
            }
          }
        }
      }
    }
  }

  @Test func aRedisThatIsKilledIsBypassedAndCounted() async throws {
    try await run { (service, redis, _) in
      try await waiting(for: "a hit") { try await cache(service, "/api/products/a") == "HIT" ? true : nil }
      try await redis.kill()
      #expect(try await cache(service, "/api/products/a") == "BYPASS")
      _ = try await service.logged("cache is bypassed")
      #expect(try await service.metric(#"vitrine_cache_failures_total{reason="disconnected"}"#) ?? 0 >= 1)
      #expect(try await service.metric(#"vitrine_cache_results_total{result="bypass"}"#) ?? 0 >= 1)
      #expect(try await service.get("/readyz").status == 200)
      try await redis.running {
        try await waiting(for: "a hit", of: service.process) {
          try await cache(service, "/api/products/a") == "HIT" ? true : nil
        }
        _ = try await service.logged("cache is used again")
        try await service.expectHealthy()
      }
    }
  }

  @Test func aRedisThatHangsIsBypassed() async throws {
    try await run(timeout: "0.1") { (service, redis, _) in
      redis.send(SIGSTOP)
      try await waiting(for: "a bypass") { try await cache(service, "/api/products/a") == "BYPASS" ? true : nil }
      #expect(try await service.metric(#"vitrine_cache_failures_total{reason="timeout"}"#) ?? 0 >= 1)
      redis.send(SIGCONT)
      try await waiting(for: "a hit") { try await cache(service, "/api/products/a") == "HIT" ? true : nil }
    }
  }

  @Test func aWrongPasswordIsToldWithoutIt() async throws {
    try await PostgreSQLServer.run { database in
      try await RedisServer.run { redis in
        try await database.serve(["--cache-url", redis.url(password: "wrong horse"), "--cache-timeout", "2"]) {
          service in
          #expect(try await service.get("/api/products")["X-Cache"] == "BYPASS")
          let reason = try await service.logged("cache is bypassed")["reason"]?.string ?? ""
          #expect(reason.hasPrefix("WRONGPASS"), "\(reason)")
          #expect(!service.process.output.text.contains("horse"))
          #expect(try await service.metric(#"vitrine_cache_failures_total{reason="refused"}"#) ?? 0 >= 1)
        }
      }
    }
  }

  /// Sixteen clients of two replicas want the same page, which nobody has: one asks the database.
  @Test func aPageThatManyWantAtOnceIsAskedForOnce() async throws {
    try await PostgreSQLServer.run { database in
      try await RedisServer.run { redis in
        let options = ["--cache-url", redis.url(), "--cache-timeout", "2"]
        try await database.serve(options) { one in
          try await database.serve(options) { other in
            try await redis.monitored { monitor in
              try await withThrowingTaskGroup { group in
                for service in [one, other] {
                  for _ in 0..<8 {
                    group.addTask {
                      let status = try await service.get("/api/products?limit=7").status
                      #expect(status == 200)
                    }
                  }
                }
                try await group.waitForAll()
              }
              _ = try await redis.ask("ECHO", "the end")
              _ = try await monitor.output.line("the end")
              // Who has it from the database puts it there.
              let sets = monitor.output.lines.filter { $0.contains("\"SET\" \"vitrine:") }
              #expect(sets.count == 1 && sets.allSatisfy { $0.contains(":page:7:id::") }, "\(sets)")
            }
          }
        }
      }
    }
  }

  @Test(.enabled(if: Faults.isInstalled("/usr/bin/openssl"), "skipped: no /usr/bin/openssl"))
  func overTLSWithAnAuthorityThatIsTrusted() async throws {
    try await PostgreSQLServer.run { database in
      try await RedisServer.run(isSecure: true) { redis in
        let options = ["--cache-url", redis.url(), "--memory-cache-max", "0", "--cache-timeout", "2"]
        let certificate = try #require(redis.certificate)
        try await database.serve(options, environment: ["SSL_CERT_FILE": certificate]) { service in
          _ = try await waiting(for: "a hit") {
            try await cache(service, "/api/products?limit=3") == "HIT" ? true : nil
          }
        }
        try await database.serve(options) { service in
          #expect(try await service.get("/api/products?limit=3")["X-Cache"] == "BYPASS")
          let reason = try await service.logged("cache is bypassed")["reason"]?.string ?? ""
          #expect(reason.hasPrefix("TLS: ") && reason.contains("certificate"), "\(reason)")
        }
      }
    }
  }

  @Test(
    arguments: [
      ("redis://h", "h", 6379, 0, "", nil), ("redis://h:1/2", "h", 1, 2, "", nil),
      ("rediss://u:p%20%40@[::1]:7/", "::1", 7, 0, "u", "p @"), ("redis://:p/w@h", "h", 6379, 0, "", "p/w"),
    ] as [(String, String, UInt16, Int, String, String?)])
  func readsAnAddress(
    text: String, host: String, port: UInt16, database: Int, user: String, password: String?
  ) throws {
    let url = try #require(RedisURL(text))
    #expect(url.host == host && url.port == port && url.database == database)
    #expect(url.user == user && url.password == password && url.isSecure == text.hasPrefix("rediss"))
  }

  @Test(arguments: [
    "", "redis://", "http://h", "redis://h:0", "redis://h:65536", "redis://h:1:2", "redis://h/x", "redis://h/1/2",
    "redis://p@h", "redis://:%zz@h", "redis://:%+1@h", "redis://[::1", "redis://[::1]7",
  ])
  func refusesWhatIsNone(text: String) {
    #expect(RedisURL(text) == nil)
  }
}

#endif
