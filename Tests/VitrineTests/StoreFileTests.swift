import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `--products FILE` that changes are written to: what lasts, through what.
@Suite(.serialized) struct StoreFileTests {
  private func ids(in file: String) throws -> Set<String> {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    return Set(try #require(try JSONValue(text)["items"]?.array).compactMap { $0["id"]?.string })
  }

  @Test func changesOutlastARestart() async throws {
    let folder = try TemporaryFolder()
    let options = ["--products", "\(folder.path)/products.json", "--drain-delay", "0"]
    try await Writers.run(in: folder, options) { (service) async throws in
      let told = try await service.logged("products")["store"]?.string
      #expect(told == "file \(folder.path)/products.json, 14 products, revision 1, writable")
      #expect(try await service.send("PUT", "/api/products/kept", Writers.product()).status == 201)
      #expect(try await service.send("DELETE", "/api/products/vitrine-mini").status == 204)
      service.process.send(SIGTERM)
      #expect(try await service.stopped().end == .exited(0))
    }
    try await Writers.run(in: folder, options) { (service) async throws in
      #expect(try await service.get("/api/products/kept").status == 200)
      #expect(try await service.get("/api/products/vitrine-mini").status == 404)
      #expect(try await service.metric("vitrine_catalog_revision") == 3)
    }
  }

  /// Killed in the midst of writing, again and again: what was answered is there, and the file is whole.
  @Test func nothingThatWasAcknowledgedIsLostByAKill() async throws {
    let folder = try TemporaryFolder()
    let file = "\(folder.path)/products.json"
    var acknowledged: Set<String> = []
    for round in 0..<8 {
      acknowledged.formUnion(
        try await Writers.run(in: folder, ["--products", file]) { (service) async throws in
          try await withThrowingTaskGroup { group in
            for writer in 0..<4 {
              group.addTask { try await Self.write("r\(round)-w\(writer)", to: service) }
            }
            try await Task.sleep(for: .milliseconds(40 + 17 * round))
            service.process.send(SIGKILL)
            return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
          }
        })
      let kept = try ids(in: file)
      #expect(acknowledged.subtracting(kept) == [], "lost in round \(round)")
    }
    #expect(acknowledged.count > 8, "\(acknowledged.count) changes were acknowledged")
    try await ServiceProcess.run(["--products", file]) { (service) async throws in
      for id in acknowledged.prefix(5) { #expect(try await service.get("/api/products/\(id)").status == 200) }
    }
  }

  /// Products one after the other on one connection, until the service is gone; the ids that were answered with 201.
  private static func write(_ prefix: String, to service: ServiceProcess) async throws -> Set<String> {
    try await onThread {
      var made: Set<String> = []
      guard let client = try? RawClient(service.address, timeout: ChildProcess.ceiling) else { return made }
      for number in 0..<10_000 {
        let (id, body) = ("\(prefix)-\(number)", Writers.product())
        let fields = [Writers.authorization, "Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
        let request = ServiceProcess.request("/api/products/\(id)", method: "PUT", fields) + body
        guard let answer = try? client.exchange(request), answer.status == 201 else { return made }
        made.insert(id)
      }
      return made
    }
  }

  /// Nobody pulls the plug here: what would outlast that is a matter of the order.
  @Test(.enabled(Faults.needsTracing, Faults.canTrace))
  func aChangeIsOnTheDiskBeforeItIsAcknowledged() async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, ["--products", "\(folder.path)/products.json"]) { (service) async throws in
      let calls = try await Faults.tracing("fsync,fdatasync,rename,sendto", of: service.process) { () async throws in
        #expect(try await service.send("PUT", "/api/products/a", Writers.product()).status == 201)
      }
      let told = calls.joined(separator: "\n")
      let first = try #require(calls.first { $0.contains("fsync(") && $0.contains("/.products.json.new>") }, "\(told)")
      // Of the one thread that writes: each call begins when the one before has ended.
      let thread = first.prefix { $0 != " " }
      let own = calls.filter { $0.hasPrefix("\(thread) ") && !$0.contains(" resumed>") }.map { call in
        call.drop { $0 != " " }.drop { $0 == " " }.prefix { $0 != "(" }
      }
      #expect(own == ["fsync", "rename", "fsync"], "\(told)")
      let last = try #require(calls.lastIndex { $0.hasPrefix("\(thread) ") })
      #expect(calls[last].contains("fsync") && calls[last].hasSuffix("= 0"), "\(told)")
      let answer = try #require(calls.firstIndex { $0.contains("HTTP/1.1 201") }, "\(told)")
      #expect(last < answer && told.contains("fsync(") && told.contains("<\(folder.path)>)"), "\(told)")
    }
  }

  @Test func aFullDiskChangesNothingAndIsTold() async throws {
    let folder = try TemporaryFolder()
    let file = "\(folder.path)/products.json"
    try await Writers.run(in: folder, ["--products", file]) { (service) async throws in
      let before = try String(contentsOfFile: file, encoding: .utf8)
      // The file may not grow much beyond what it has.
      try await limitFileSize(of: service.process.pid, to: before.utf8.count + 50)
      let answer = try await service.send("PUT", "/api/products/a", Writers.product())
      #expect(answer.status == 507 && answer.text.contains("File too large"), "\(answer.text)")
      #expect(try await service.get("/api/products/a").status == 404)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
      #expect(
        try await service.metric(#"vitrine_store_operations_total{operation="replace",result="full"}"#) == 1)
      #expect(try await service.get("/healthz").status == 200)
      // What makes it smaller is taken.
      #expect(try await service.send("DELETE", "/api/products/vitrine-mini").status == 204)
      try await limitFileSize(of: service.process.pid, to: 1 << 20)
      #expect(try await service.send("PUT", "/api/products/a", Writers.product()).status == 201)
      #expect(try ids(in: file).contains("a"))
    }
  }

  private func limitFileSize(of pid: pid_t, to bytes: Int) async throws {
    let finished = try await ChildProcess.finished(
      ["/usr/bin/prlimit", "--pid", "\(pid)", "--fsize=\(bytes):"], environment: ServiceProcess.variables())
    #expect(finished.end == .exited(0), "\(finished.errors)")
  }

  /// A ConfigMap, as the kubelet swaps it, taken without a signal.
  @Test func aLinkThatIsSwappedIsSeenAndTheCatalogueIsReadOnly() async throws {
    func catalogue(_ id: String) -> String { #"[{"id":"\#(id)",\#(Writers.product().dropFirst())]"# }
    let folder = try TemporaryFolder()
    try folder.write(catalogue("old"), to: "config/..2026_01/products.json")
    try folder.write(catalogue("new"), to: "config/..2026_02/products.json")
    try folder.write("[{}]", to: "config/..2026_03/products.json")
    try folder.link("config/..data", to: "..2026_01")
    try folder.link("config/products.json", to: "..data/products.json")
    let options = ["--products", "\(folder.path)/config/products.json", "--watch-interval", "0.02"]
    try await Writers.run(in: folder, options) { (service) async throws in
      let refused = try await service.send("PUT", "/api/products/a", Writers.product())
      #expect(refused.status == 403 && refused.text.contains("read-only: its file is a symbolic link"))
      try folder.link("config/..data", to: "..2026_02")
      #expect(try await service.logged("reloaded")["changed"] == .bool(true))
      #expect(try await service.get("/api/products/new").status == 200)
      try folder.link("config/..data", to: "..2026_03")
      _ = try await service.logged("the last good catalogue is kept")
      #expect(try await service.get("/api/products/new").status == 200)
      #expect(try await service.metric(#"vitrine_catalog_reloads_total{result="failure"}"#) == 1)
      #expect(try await service.get("/readyz").status == 200)
    }
  }

  @Test func aSecondWriterOfTheSameFileDoesNotStart() async throws {
    let folder = try TemporaryFolder()
    let file = "\(folder.path)/products.json"
    try await Writers.run(in: folder, ["--products", file]) { (service) async throws in
      let second = try await ServiceProcess.finished([
        "--port", "0", "--products", file, "--write-token-file", "\(folder.path)/secret/token",
      ])
      #expect(second.end == .exited(69))
      #expect(second.errorLines == ["vitrine: \(file): another process has it open for writing"])
      // Who only checks or reads may.
      let check = try await ServiceProcess.finished([
        "--check", "--products", file, "--write-token-file", "\(folder.path)/secret/token",
      ])
      #expect(check.end == .exited(0))
    }
  }

  // MARK: vitrine products

  @Test func nothingIsExportedOntoAFileThatIsWritten() async throws {
    let folder = try TemporaryFolder()
    let (served, other) = ("\(folder.path)/served.json", try folder.write("[]", to: "other.json"))
    let export = ["products", "export", served, "--products", other]
    try await Writers.run(in: folder, ["--products", served]) { (service) async throws in
      let before = try String(contentsOfFile: served, encoding: .utf8)
      let refused = try await ServiceProcess.finished(export)
      #expect(refused.end == .exited(69))
      #expect(refused.errorLines == ["vitrine: \(served): another process has it open for writing"])
      #expect(try String(contentsOfFile: served, encoding: .utf8) == before)
    }
    #expect(try await ServiceProcess.finished(export).end == .exited(0))
    #expect(try ids(in: served) == [])
  }

  @Test func nothingIsExportedWhereTheLockCannotBeLookedAt() async throws {
    let folder = try TemporaryFolder()
    let (kept, other) = (try folder.write("[]", to: "kept.json"), try folder.write("[]", to: "other.json"))
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/.kept.json.lock", withDestinationPath: other)
    let refused = try await ServiceProcess.finished(["products", "export", kept, "--products", other])
    #expect(refused.end == .exited(1))
    #expect(refused.errorLines == ["vitrine: \(folder.path)/.kept.json.lock: open: Too many levels of symbolic links"])
    #expect(try String(contentsOfFile: kept, encoding: .utf8) == "[]")
  }

  @Test func whatIsExportedIsImported() async throws {
    let folder = try TemporaryFolder()
    let (one, two) = ("\(folder.path)/one.json", "\(folder.path)/two.json")
    let samples = try folder.write(
      #"[{"id":"a",\#(Writers.product().dropFirst()),{"id":"b",\#(Writers.product().dropFirst())]"#, to: "in.json")
    let imported = try await ServiceProcess.finished(["products", "import", samples, "--products", one])
    #expect(imported.end == .exited(0) && imported.output.hasPrefix("imported 2 products, 2 of them new or changed"))
    let exported = try await ServiceProcess.finished(["products", "export", "--products", one])
    #expect(exported.end == .exited(0))
    #expect(try exported.output == String(contentsOfFile: one, encoding: .utf8))
    let toFile = try await ServiceProcess.finished(["products", "export", two, "--products", one])
    #expect(toFile.end == .exited(0))
    let again = try await ServiceProcess.finished(["products", "import", two], environment: ["VITRINE_PRODUCTS": one])
    #expect(again.output.hasPrefix("imported 2 products, 0 of them new or changed"), "\(again.errors)")
    #expect(try ids(in: two) == ["a", "b"])
  }

  @Test func whatCannotBeImportedIsToldAndChangesNothing() async throws {
    let folder = try TemporaryFolder()
    let store = try folder.write("[]", to: "store.json")
    let bad = try folder.write(#"[{"id":"a",\#(Writers.product().dropFirst()),{"id":"b"}]"#, to: "bad.json")
    let finished = try await ServiceProcess.finished(["products", "import", bad, "--products", store])
    #expect(finished.end == .exited(78) && finished.errorLines.count == 6)
    #expect(finished.errors.hasPrefix("vitrine: \(bad): [1].name: is missing"))
    #expect(try String(contentsOfFile: store, encoding: .utf8) == "[]")
    for (arguments, line) in [
      (["import"], "products import: needs a file"), (["delete"], "products delete: must be import or export"),
      ([], "products: needs import or export"),
      (["export"], "products: needs a store, which --products or --database-url names"),
      (["import", "a", "b"], "b: products takes no such argument"),
    ] {
      let refused = try await ServiceProcess.finished(["products"] + arguments)
      #expect(refused.end == .exited(64) && refused.errorLines == ["vitrine: \(line)"])
    }
  }
}
