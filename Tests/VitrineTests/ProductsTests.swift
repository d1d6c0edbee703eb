import TestSupport
import Testing

/// `/api/products` over the wire: pages, changes, and what is refused and why.
@Suite(.serialized) struct ProductsTests {
  private func ids(_ answer: RawResponse) throws -> [String] {
    try #require(try JSONValue(answer.text)["items"]?.array).compactMap { $0["id"]?.string }
  }

  /// `pointer /price`, `parameter limit` and so on, of a problem's errors.
  private func places(_ answer: RawResponse) throws -> [String] {
    let problem = try JSONValue(answer.text)
    #expect(answer["Content-Type"] == "application/problem+json" && problem["status"]?.number == Double(answer.status))
    return (problem["errors"]?.array ?? []).compactMap { error in
      ["pointer", "parameter", "header"].compactMap { kind in error[kind]?.string.map { "\(kind) \($0)" } }.first
    }
  }

  // MARK: Reading

  @Test(arguments: ["", "sort=-price&", "sort=name&q=a&", "sort=-createdAt&"])
  func theLinksLeadThroughTheWholeList(parameters: String) async throws {
    try await ServiceProcess.run { service in
      let whole = try ids(try await service.get("/api/products?\(parameters)limit=100"))
      var found: [String] = []
      var query: String? = "\(parameters)limit=5"
      while let next = query, found.count <= whole.count {
        let answer = try await service.get("/api/products?\(next)")
        #expect(answer.status == 200)
        found += try ids(answer)
        let cursor = try JSONValue(answer.text)["next"]
        if let link = answer["Link"] {
          #expect(link.hasPrefix("<?") && link.hasSuffix(">; rel=\"next\""))
          query = String(link.dropFirst(2).prefix { $0 != ">" })
          #expect(query?.hasSuffix("after=\(cursor?.string ?? "none")") == true)
        } else {
          #expect(cursor == .null)
          query = nil
        }
      }
      #expect(found == whole && whole.count >= (parameters.contains("q=") ? 5 : 14))
    }
  }

  @Test func aPageHasAnETagOfItsOwn() async throws {
    try await ServiceProcess.run { service in
      let page = try await service.get("/api/products?limit=2")
      let etag = try #require(page["ETag"])
      #expect(try await service.get("/api/products?limit=2", ["If-None-Match: \(etag)"]).status == 304)
      #expect(try await service.get("/api/products?limit=3", ["If-None-Match: \(etag)"]).status == 200)
    }
  }

  @Test(arguments: [
    ("limit=0", 400, ["parameter limit"]), ("limit=101", 400, ["parameter limit"]),
    ("limit=", 400, ["parameter limit"]), ("limit=+5", 400, ["parameter limit"]),
    ("limit=2&limit=2", 400, ["parameter limit"]), ("after=nonsense", 400, ["parameter after"]),
    ("after=", 400, ["parameter after"]), ("after=p1.aaaa", 404, ["parameter after"]),
    ("sort=colour", 400, ["parameter sort"]), ("q=a%0Ab", 400, ["parameter q"]), ("q=%FF", 400, ["parameter q"]),
    ("page=2", 400, ["parameter \"page\""]),
    ("limit=x&sort=x&page", 400, ["parameter limit", "parameter sort", "parameter \"page\""]),
  ])
  func aQueryThatCannotBeMeantIsRefusedNamingTheParameter(query: String, status: Int, expected: [String]) async throws {
    try await ServiceProcess.run { service in
      let answer = try await service.get("/api/products?\(query)")
      #expect(answer.status == status)
      #expect(try places(answer) == expected)
      #expect(try await service.get("/api/products/vitrine-mini?\(query)").status == 400)
    }
  }

  @Test func ofManyMistakesTheFirstAreTold() async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, ["--faults", "--management-port", "0"]) { service in
      let query = Array(repeating: "a", count: 3000).joined(separator: "&")
      let members = (0..<50_000).map { #""f\#($0)":0"# }.joined(separator: ",")
      // A thousand marks on one letter are one character.
      let long = "e" + String(repeating: "\u{301}", count: 100_000)
      for (status, answer) in [
        (400, try await service.get("/api/products?\(query)")),
        (400, try await service.get("/api/products/vitrine-mini?\(query)")),
        (422, try await service.send("PUT", "/api/products/a", "{\(members)}")),
        (422, try await service.send("PUT", "/api/products/a", Writers.product(long))),
        (422, try await service.send("POST", "/readyz/disable", "{\(members)}", management: true)),
        (422, try await service.send("PUT", "/faults/f", #"{"kind":"hang",\#(members)}"#, management: true)),
      ] {
        #expect(answer.status == status && answer.body.count < 10_000, "\(answer.body.count) bytes")
        let errors = try #require(try JSONValue(answer.text)["errors"]?.array)
        #expect(errors.count == 21 || answer.text.contains("pointer\":\"/name"), "\(errors.count) mistakes")
      }
    }
  }

  @Test func aCursorBelongsToItsSort() async throws {
    try await ServiceProcess.run { service in
      let cursor = try #require(try JSONValue(try await service.get("/api/products?limit=1").text)["next"]?.string)
      #expect(try await service.get("/api/products?after=\(cursor)").status == 200)
      #expect(try await service.get("/api/products?after=\(cursor)&sort=price").status == 404)
    }
  }

  // MARK: Changing

  @Test func aProductIsMadeReplacedAndTakenAway() async throws {
    try await Writers.run(in: TemporaryFolder()) { (service) async throws in
      let made = try await service.send("POST", "/api/products", #"{"id":"lamp",\#(Writers.product().dropFirst())"#)
      #expect(made.status == 201 && made["Location"] == "/api/products/lamp")
      let etag = try #require(made["ETag"])
      let read = try await service.get("/api/products/lamp")
      #expect(read.status == 200 && read.text == made.text && read["ETag"] == etag)
      let first = try JSONValue(read.text)
      #expect(first["revision"]?.number == 1 && first["createdAt"] == first["updatedAt"])

      let taken = try await service.send("POST", "/api/products", #"{"id":"lamp",\#(Writers.product().dropFirst())"#)
      #expect(taken.status == 409)
      #expect(try places(taken) == ["pointer /id"])

      let replaced = try await service.send(
        "PUT", "/api/products/lamp", Writers.product("Lantern"), ["If-Match: \(etag)"])
      #expect(replaced.status == 200 && replaced["ETag"] != etag && !replaced.has("Location"))
      let second = try JSONValue(replaced.text)
      #expect(second["revision"]?.number == 2 && second["createdAt"] == first["createdAt"])
      // What GET answered can be PUT back, and changes nothing.
      let again = try await service.send("PUT", "/api/products/lamp", replaced.text)
      #expect(again.status == 200 && again.text == replaced.text && again["ETag"] == replaced["ETag"])

      let stale = try await service.send("PUT", "/api/products/lamp", Writers.product(), ["If-Match: \(etag)"])
      #expect(stale.status == 412)
      #expect(try places(stale) == ["header If-Match"])
      #expect(try await service.send("DELETE", "/api/products/lamp", "", ["If-Match: \(etag)"]).status == 412)
      #expect(
        try await service.send("PUT", "/api/products/lamp", Writers.product(), ["If-None-Match: *"]).status == 412)
      let gone = try await service.send("DELETE", "/api/products/lamp", contentType: nil)
      #expect(gone.status == 204 && gone.body.isEmpty)
      let missing = try await service.get("/api/products/lamp")
      #expect(missing.status == 404)
      #expect(try places(missing) == ["parameter id"])
      #expect(try await service.send("DELETE", "/api/products/lamp", contentType: nil).status == 404)
      #expect(try await service.send("PUT", "/api/products/lamp", Writers.product(), ["If-Match: *"]).status == 412)
      let put = try await service.send("PUT", "/api/products/lamp", Writers.product(), ["If-None-Match: *"])
      #expect(put.status == 201 && put["Location"] == "/api/products/lamp")
    }
  }

  @Test func theListFollowsAChangeAtOnce() async throws {
    try await Writers.run(in: TemporaryFolder()) { (service) async throws in
      let before = try await service.get("/api/products")
      let answer = try await service.send("POST", "/api/products", Writers.product("<Lamp>"))
      let location = try #require(answer["Location"])
      #expect(try await service.get(location).text == answer.text)
      let after = try await service.get("/api/products", ["If-None-Match: \(before["ETag"] ?? "")"])
      #expect(after.status == 200 && after.text.contains(location.dropFirst("/api/products/".count)))
      #expect(try ids(after).count == ids(before).count + 1)
      #expect(try await service.get("/", ["Accept: text/html"]).text.contains("&lt;Lamp&gt;"))
      #expect(try await service.metric("vitrine_catalog_products") == 15)
      #expect(try await service.metric("vitrine_catalog_revision") == 2)
      #expect(try await service.metric("vitrine_store_commits_total") == 1)
      #expect(
        try await service.metric(#"vitrine_store_operations_total{operation="create",result="ok"}"#) == 1)
      #expect(
        try await service.metric(#"vitrine_store_operation_duration_seconds_count{operation="create"}"#) == 1)
    }
  }

  @Test(arguments: [
    ("", 400, ["pointer "]), ("{", 400, ["pointer "]), (#"{"a":1,"a":2}"#, 400, ["pointer "]),
    ("[]", 422, ["pointer "]), ("null", 422, ["pointer "]),
    (
      #"{"name":"","description":7,"price":-1,"currency":"EURO","tags":["a",""],"stock":1.5,"a/b~":1}"#, 422,
      [
        "pointer /a~1b~0", "pointer /name", "pointer /description", "pointer /price", "pointer /currency",
        "pointer /tags/1", "pointer /stock",
      ]
    ),
    (
      #"{"id":"a b","name":"a"}"#, 422,
      [
        "pointer /id", "pointer /description", "pointer /price", "pointer /currency", "pointer /tags", "pointer /stock",
      ]
    ),
  ])
  func aBodyThatIsNoProductIsToldMistakeByMistake(body: String, status: Int, expected: [String]) async throws {
    try await Writers.run(in: TemporaryFolder()) { (service) async throws in
      for (method, path) in [("POST", "/api/products"), ("PUT", "/api/products/lamp")] {
        let answer = try await service.send(method, path, body)
        #expect(answer.status == status)
        #expect(try places(answer) == expected)
      }
      #expect(try await service.metric("vitrine_catalog_revision") == 1)
    }
  }

  @Test func whatElseIsRefused() async throws {
    try await Writers.run(in: TemporaryFolder(), ["--body-max", "1000"]) { (service) async throws in
      let body = Writers.product()
      for contentType in [nil, "text/plain", "application/json; charset=latin1", "application/jsonx"] {
        let answer = try await service.send("POST", "/api/products", body, contentType: contentType)
        #expect(answer.status == 415 && answer["Accept"] == "application/json", "\(contentType ?? "none")")
      }
      for contentType in ["application/json;charset=UTF-8", "Application/JSON ; charset=\"utf-8\""] {
        #expect(try await service.send("POST", "/api/products", body, contentType: contentType).status == 201)
      }
      let long = String(repeating: " ", count: 1001)
      let tooLarge = try await service.send("PUT", "/api/products/a", long)
      #expect(tooLarge.status == 413)
      #expect(try places(tooLarge) == ["pointer "])
      let other = try await service.send("PUT", "/api/products/a", #"{"id":"b",\#(body.dropFirst())"#)
      #expect(other.status == 409)
      #expect(try places(other) == ["pointer /id"])
      for id in ["-a", "a%20b", "é", String(repeating: "a", count: 65)] {
        #expect(try await service.send("PUT", "/api/products/\(id)", body).status == 400, "\(id)")
      }
      #expect(try await service.send("POST", "/api/products?dry=1", body).status == 400)
    }
  }

  // MARK: Who may

  @Test func withoutTokensNobodyMayWriteAndTheAnswerSaysHow() async throws {
    try await ServiceProcess.run { service in
      for (method, path) in [("POST", ""), ("PUT", "/a"), ("DELETE", "/vitrine-mini")] {
        let answer = try await service.send(method, "/api/products\(path)", Writers.product())
        #expect(answer.status == 403 && answer.text.contains("--write-token-file"), "\(method)")
      }
    }
  }

  @Test func whoHasNoTokenIsToldAndNotListenedTo() async throws {
    try await Writers.run(in: TemporaryFolder()) { (service) async throws in
      for authorization in [nil, "Authorization: Bearer wrong-token-0123456789", "Authorization: Basic YTpi"] {
        for (method, path) in [("POST", ""), ("PUT", "/a"), ("DELETE", "/vitrine-mini")] {
          let answer = try await service.send(
            method, "/api/products\(path)", "no JSON at all", authorization: authorization)
          #expect(answer.status == 401 && answer["WWW-Authenticate"]?.hasPrefix("Bearer realm=") == true)
          #expect(try places(answer) == ["header Authorization"])
        }
      }
      let twice = try await service.send("POST", "/api/products", Writers.product(), [Writers.authorization])
      #expect(twice.status == 401)
      // The body is not even asked for.
      let expecting = try await service.client {
        try $0.exchange(
          ServiceProcess.request(
            "/api/products", method: "POST", ["Content-Length: 100", "Expect: 100-continue", "Connection: close"]))
      }
      #expect(expecting.status == 401)
    }
  }

  @Test func tokensAreRenewedWithoutARestart() async throws {
    let folder = try TemporaryFolder()
    try folder.write("\(Writers.token)\n", to: "secret/..2026_01/token")
    try folder.write("a-second-token-0123456789\n", to: "secret/..2026_02/token")
    try folder.link("secret/..data", to: "..2026_01")
    try folder.link("secret/token", to: "..data/token")
    let options = ["--write-token-file", "\(folder.path)/secret/token", "--watch-interval", "0.02"]
    try await ServiceProcess.run(options) { service in
      let second = "Authorization: Bearer a-second-token-0123456789"
      #expect(try await service.send("PUT", "/api/products/a", Writers.product()).status == 201)
      #expect(try await service.send("PUT", "/api/products/a", Writers.product(), authorization: second).status == 401)
      try folder.link("secret/..data", to: "..2026_02")
      try await waiting(for: "the second token", of: service.process) {
        try await service.metric(#"vitrine_write_token_reloads_total{result="success"}"#) == 1 ? true : nil
      }
      #expect(try await service.send("PUT", "/api/products/a", Writers.product(), authorization: second).status == 200)
      #expect(try await service.send("PUT", "/api/products/a", Writers.product()).status == 401)
      try folder.write("short\n", to: "secret/..2026_02/token")
      let kept = try await service.logged("the last good write tokens are kept")
      #expect(
        kept["error"]?.string?.contains("line 1: must be 16 to 256 bytes") == true
          && "\(kept)".contains("short") == false)
      #expect(try await service.send("PUT", "/api/products/a", Writers.product(), authorization: second).status == 200)
    }
  }

  @Test func aFileWithoutATokenEndsTheStart() async throws {
    let folder = try TemporaryFolder()
    for (text, problem) in [("\n", "must have a token"), ("short\n", "line 1: must be 16 to 256 bytes")] {
      let file = try folder.write(text, to: "token")
      let finished = try await ServiceProcess.finished(["--port", "0", "--write-token-file", file])
      #expect(finished.end == .exited(78) && finished.errors.hasPrefix("vitrine: \(file): \(problem)"))
    }
  }
}
