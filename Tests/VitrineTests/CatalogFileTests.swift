import Glibc
import TestSupport
import Testing

/// `--products FILE`: at the start, and renewed by SIGHUP.
@Suite(.serialized) struct CatalogFileTests {
  private func catalogue(_ ids: String...) -> String {
    let items = ids.map {
      #"{"id":"\#($0)","name":"Thing \#($0)","description":"","price":100,"currency":"EUR","tags":[],"stock":1}"#
    }
    return "{\"items\":[\(items.joined(separator: ","))],\"next\":null}\n"
  }

  private func ids(_ service: ServiceProcess) async throws -> [String] {
    let list = try JSONValue(try await service.get("/api/products").text)
    return try #require(list["items"]?.array).compactMap { $0["id"]?.string }
  }

  private func reloads(_ service: ServiceProcess, _ result: String) async throws -> Double? {
    try await service.metric("vitrine_catalog_reloads_total{result=\"\(result)\"}")
  }

  @Test func aGoodFileIsServed() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(catalogue("one", "two"), to: "products.json")
    try await ServiceProcess.run(["--products", file]) { service in
      let item = try await service.get("/api/products/two")
      #expect(item.status == 200)
      #expect(try await ids(service) == ["one", "two"])
      #expect(try await service.get("/api/products/vitrine-mini").status == 404)
      #expect(try await service.get("/", ["Accept: text/html"]).text.contains("Thing two"))
    }
  }

  @Test func aBadFileIsToldMistakeByMistake() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      #"""
      {"items": [
        {"id": "good", "name": "A", "description": "", "price": 1, "currency": "EUR", "tags": [], "stock": 0},
        {"id": "bad", "name": "B", "description": "", "price": 12.5, "currency": "euro", "tags": [], "stock": 0},
        {"id": "good", "description": "", "price": 1, "currency": "EUR", "tags": [], "stock": -1}
      ], "next": null}
      """#, to: "products.json")
    for options in [[], ["--check"]] {
      let finished = try await ServiceProcess.finished(["--port", "0", "--products", file] + options)
      #expect(finished.end == .exited(78))
      let lines = finished.errorLines
      #expect(lines.count == 5, "\(lines)")
      #expect(lines.allSatisfy { $0.hasPrefix("vitrine: \(file): items[") })
      for place in [
        "items[1].price: must be an integer", "items[1].currency: must be", "items[2].name: is missing",
        "items[2].stock: must be", "items[2].id: must be unique",
      ] {
        #expect(lines.contains { $0.contains(place) }, "\(place)")
      }
      #expect(!finished.output.contains("\"listening\""))
    }
  }

  @Test func aFileThatCannotBeReadEndsTheStart() async throws {
    let folder = try TemporaryFolder()
    let broken = try folder.write("{\"items\": [", to: "broken.json")
    for (path, reason) in [
      ("\(folder.path)/missing.json", "cannot be read: No such file or directory"),
      (folder.path, "cannot be read: Is a directory"), (broken, "must be JSON: line 1, column"),
    ] {
      let finished = try await ServiceProcess.finished(["--port", "0", "--products", path])
      #expect(finished.end == .exited(78))
      #expect(finished.errorLines.count == 1 && finished.errors.hasPrefix("vitrine: \(path): \(reason)"))
    }
  }

  @Test func hangupTakesANewFileAndKeepsTheLastGoodOne() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(catalogue("one"), to: "products.json")
    try await ServiceProcess.run(["--products", file, "--watch-interval", "3600"]) { service in
      #expect(try await reloads(service, "success") == 0)
      #expect(try await reloads(service, "failure") == 0)
      let before = try await service.get("/api/products")

      try folder.write(catalogue("one", "two"), to: "products.json")
      service.process.send(SIGHUP)
      let line = try await service.logged("reloaded")
      #expect(line["changed"] == .bool(true) && line["count"]?.number == 2)
      #expect(try await ids(service) == ["one", "two"])
      #expect(try await reloads(service, "success") == 1)
      let etag = try #require(before["ETag"])
      let after = try await service.get("/api/products", ["If-None-Match: \(etag)"])
      #expect(after.status == 200 && after["ETag"] != etag)
      #expect(try await service.get("/", ["Accept: text/html"]).text.contains("Thing two"))

      try folder.write("{\"items\":[{\"id\":\"x\"}],\"next\":null}", to: "products.json")
      service.process.send(SIGHUP)
      let kept = try await service.logged("the last good catalogue is kept")
      #expect(kept["level"] == .string("error"))
      #expect(try #require(kept["error"]?.string).hasPrefix("\(file): items[0]."))
      #expect(try await ids(service) == ["one", "two"])
      #expect(try await reloads(service, "failure") == 1)
      #expect(try await service.get("/readyz").status == 200)
      #expect(service.process.ended == nil)
    }
  }

  @Test func hangupFollowsASwappedSymbolicLink() async throws {
    let folder = try TemporaryFolder()
    try folder.write(catalogue("old"), to: "..2026_01/products.json")
    try folder.write(catalogue("new"), to: "..2026_02/products.json")
    try folder.link("..data", to: "..2026_01")
    try folder.link("products.json", to: "..data/products.json")
    try await ServiceProcess.run(["--products", "\(folder.path)/products.json"]) { service in
      #expect(try await ids(service) == ["old"])
      try folder.link("..data", to: "..2026_02")
      service.process.send(SIGHUP)
      #expect(try await service.logged("reloaded")["changed"] == .bool(true))
      #expect(try await ids(service) == ["new"])
    }
  }

  @Test func hangupWithoutAFileChangesNothing() async throws {
    try await ServiceProcess.run { service in
      service.process.send(SIGHUP)
      _ = try await service.logged("reloaded")
      #expect(try await service.get("/readyz").status == 200)
      #expect(service.process.ended == nil)
    }
  }
}
