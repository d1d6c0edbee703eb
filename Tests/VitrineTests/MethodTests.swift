import TestSupport
import Testing

/// What each route makes of methods, preconditions and ranges, asked by the real curl.
@Suite(.serialized, .enabled(if: Curl.isInstalled, Curl.isMissing))
struct MethodTests {
  private static let paths = [
    "/", "/healthz", "/healthz?verbose", "/readyz", "/readyz?verbose", "/metrics", "/version", "/api/products",
    "/api/products/vitrine-mini", "/openapi.json",
  ]

  /// What a path allows.
  private func allowed(_ path: String) -> String {
    switch path {
    case "/api/products": "GET, HEAD, POST, OPTIONS"
    case "/api/products/vitrine-mini": "GET, HEAD, PUT, DELETE, OPTIONS"
    default: "GET, HEAD, OPTIONS"
    }
  }

  /// What may differ between two answers to the same question.
  private func fields(_ answer: RawResponse, except names: Set<String> = []) -> [RawResponse.Field] {
    answer.fields.filter { !names.union(["date", "x-request-id"]).contains($0.name.lowercased()) }
  }

  @Test func headHasTheFieldsOfGetAndNoBody() async throws {
    try await ServiceProcess.run { service in
      for path in Self.paths + ["/none", "/api/products/none"] {
        let get = try await Curl.answer(path, from: service.address)
        let head = try await Curl.answer(path, ["-I"], from: service.address)
        #expect(head.status == get.status && head.body.isEmpty && !get.body.isEmpty, "\(path)")
        let again = try await Curl.answer(path, from: service.address)
        // Numbers grow between two scrapes, and now and then an age has one digit more.
        let changing: Set = path == "/metrics" ? ["content-length"] : []
        let possible = [get, again].map { fields($0, except: changing) }
        #expect(possible.contains(fields(head, except: changing)), "\(path) \(possible)")
        #expect(head.has("Content-Length"))
      }
    }
  }

  @Test func headOfEachFormHasItsLength() async throws {
    try await ServiceProcess.run { service in
      for accept in ["text/plain", "text/html"] {
        let get = try await Curl.answer("/", ["-H", "Accept: \(accept)"], from: service.address)
        let head = try await Curl.answer("/", ["-I", "-H", "Accept: \(accept)"], from: service.address)
        #expect(fields(head) == fields(get) && head["Content-Length"] == "\(get.body.count)")
      }
    }
  }

  @Test func optionsTellsWhatIsAllowed() async throws {
    try await ServiceProcess.run { service in
      for path in Self.paths {
        let answer = try await Curl.answer(path, ["-X", "OPTIONS"], from: service.address)
        #expect(answer.status == 204 && answer["Allow"] == allowed(path) && answer.body.isEmpty, "\(path)")
      }
      let all = try await Curl.answer("/", ["-X", "OPTIONS", "--request-target", "*"], from: service.address)
      #expect(all.status == 204 && all["Allow"] == "GET, HEAD, POST, PUT, DELETE, OPTIONS")
    }
  }

  @Test func aMethodThatARouteLacksIsNotAllowed() async throws {
    try await ServiceProcess.run { service in
      for path in Self.paths {
        let isProducts = path.hasPrefix("/api/products")
        for arguments in [["-X", "PATCH"], ["-X", "QUERY"], ["-X", "TRACE"]]
          + (isProducts ? [] : [["-d", "a=b"], ["-X", "DELETE"]])
        {
          let answer = try await Curl.answer(path, arguments, from: service.address)
          #expect(answer.status == 405 && answer["Allow"] == allowed(path), "\(path)")
          try expectProblem(answer)
        }
      }
    }
  }

  @Test func whatIsUnknownIsNotFoundOrNotImplemented() async throws {
    try await ServiceProcess.run { service in
      for path in ["/none", "/api", "/api/products/", "/api/products/a/b", "/healthz/", "/METRICS", "//"] {
        let answer = try await Curl.answer(path, from: service.address)
        #expect(answer.status == 404, "\(path)")
        try expectProblem(answer)
      }
      for path in ["/", "/none"] {
        let answer = try await Curl.answer(path, ["-X", "BREW"], from: service.address)
        #expect(answer.status == 501)
        try expectProblem(answer)
      }
    }
  }

  @Test func whoReadsOnlyTextGetsAProblemInOneLine() async throws {
    try await ServiceProcess.run { service in
      for path in ["/none", "/api/products/none"] {
        let answer = try await Curl.answer(path, ["-H", "Accept: text/plain"], from: service.address)
        #expect(answer.status == 404 && answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.text.hasPrefix("404 Not Found: ") && answer.text.split(separator: "\n").count == 1)
      }
    }
  }

  @Test func aRangeIsAnsweredWithTheWhole() async throws {
    try await ServiceProcess.run { service in
      for path in ["/api/products", "/api/products/vitrine-mini"] {
        let whole = try await Curl.answer(path, from: service.address)
        let answer = try await Curl.answer(path, ["-r", "0-9"], from: service.address)
        #expect(answer.status == 200 && answer["Accept-Ranges"] == "none" && answer.body == whole.body)
        #expect(!answer.has("Content-Range"))
      }
    }
  }

  @Test(arguments: ["/api/products", "/api/products/vitrine-mini"])
  func whatIsUnchangedIsNotSentAgain(path: String) async throws {
    try await ServiceProcess.run { service in
      let whole = try await Curl.answer(path, from: service.address)
      let etag = try #require(whole["ETag"])
      #expect(etag.hasPrefix("\"") && etag.hasSuffix("\"") && etag.utf8.count > 2)
      for known in [etag, "W/\(etag)", "\"other\", \(etag)", "W/\"other\" , W/\(etag),\"x\"", "*"] {
        for method in [[], ["-I"]] {
          let answer = try await Curl.answer(path, method + ["-H", "If-None-Match: \(known)"], from: service.address)
          #expect(answer.status == 304 && answer.body.isEmpty, "\(known)")
          #expect(answer["ETag"] == etag && answer["Cache-Control"] == whole["Cache-Control"] && answer.has("Date"))
          #expect(!answer.has("Content-Length"))
        }
      }
      for unknown in ["\"other\"", "W/\"other\"", String(etag.dropFirst().dropLast())] {
        let answer = try await Curl.answer(path, ["-H", "If-None-Match: \(unknown)"], from: service.address)
        #expect(answer.status == 200 && answer.body == whole.body, "\(unknown)")
      }
    }
  }

  @Test(arguments: ["/api/products", "/api/products/vitrine-mini"])
  func aPreconditionThatFailsIsTold(path: String) async throws {
    try await ServiceProcess.run { service in
      let etag = try #require(try await Curl.answer(path, from: service.address)["ETag"])
      for wanted in [etag, "\"other\", \(etag)", "*"] {
        #expect(try await Curl.answer(path, ["-H", "If-Match: \(wanted)"], from: service.address).status == 200)
      }
      // If-Match compares strongly, RFC 9110 §13.1.1.
      for wanted in ["\"other\"", "W/\(etag)"] {
        let answer = try await Curl.answer(path, ["-H", "If-Match: \(wanted)"], from: service.address)
        #expect(answer.status == 412, "\(wanted)")
        try expectProblem(answer)
      }
    }
  }

  @Test func listAndItemShowTheSameProducts() async throws {
    try await ServiceProcess.run { service in
      let answer = try await Curl.answer("/api/products", from: service.address)
      #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
      let list = try JSONValue(answer.text)
      #expect(list.keys == ["items", "next"] && list["next"] == .null)
      let items = try #require(list["items"]?.array)
      #expect(items.count >= 12)
      for item in items {
        #expect(
          item.keys == [
            "id", "name", "description", "price", "currency", "tags", "stock", "createdAt", "updatedAt", "revision",
          ])
        for name in ["id", "name", "description", "currency", "createdAt", "updatedAt"] {
          #expect(item[name]?.string != nil)
        }
        for name in ["price", "stock", "revision"] {
          let number = try #require(item[name]?.number)
          #expect(number >= 0 && number == number.rounded())
        }
        #expect(try #require(item["tags"]?.array).allSatisfy { $0.string != nil })
        let alone = try await Curl.answer("/api/products/\(item["id"]?.string ?? "")", from: service.address)
        #expect(alone.status == 200 && alone.has("ETag"))
        #expect(try JSONValue(alone.text) == item)
      }
    }
  }

  private func expectProblem(_ answer: RawResponse) throws {
    #expect(answer["Content-Type"] == "application/problem+json")
    let problem = try JSONValue(answer.text)
    #expect(problem["status"]?.number == Double(answer.status) && problem["title"]?.string == answer.reason)
    #expect(problem["type"]?.string == "about:blank" && problem["detail"]?.string?.isEmpty == false)
  }
}
