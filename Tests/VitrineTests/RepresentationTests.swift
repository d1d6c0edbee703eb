import TestSupport
import Testing

/// What a request gets by its conditions and preferences: bytes over a raw socket to the real process. Each answer leaves
/// the connection open for the next request.
@Suite(.serialized) struct RepresentationTests {
  private static let item = "/api/products/astrolabe-replica"

  private func ask(_ body: @escaping @Sendable (RawClient) throws -> Void) async throws {
    try await ServiceProcess.run { service in
      try await service.client { client in
        try body(client)
        let next = try client.exchange(ServiceProcess.request("/healthz", ["Connection: close"]))
        #expect(next.status == 200 && client.end() == .finished)
      }
    }
  }

  /// TAG is the resource's own. RFC 9110 §13.1.2: the comparison is weak.
  @Test(arguments: [item, "/api/products", "/openapi.json"])
  func ifNoneMatch(path: String) async throws {
    try await ask { client in
      let whole = try client.exchange(ServiceProcess.request(path))
      let tag = try #require(whole["ETag"])
      for fresh in [tag, "W/\(tag)", "*", "\"x\", \(tag)", "\"x\" , W/\(tag),\"y\"", "\(tag)\r\nIf-None-Match: \"x\""] {
        for method in ["GET", "HEAD"] {
          let answer = try client.exchange(
            ServiceProcess.request(path, method: method, ["If-None-Match: \(fresh)"]), toHEAD: method == "HEAD")
          #expect(answer.status == 304 && answer.body.isEmpty && !answer.closes, "\(fresh)")
          for field in ["ETag", "Vary", "Cache-Control"] { #expect(answer[field] == whole[field], "\(field)") }
          #expect(answer.has("Date") && !answer.has("Content-Length"))
        }
      }
      for stale in ["\"x\"", "x", tag.replacing("\"", with: ""), "\"x\(tag.dropFirst())", "W/\"x\"", ""] {
        let answer = try client.exchange(ServiceProcess.request(path, ["If-None-Match: \(stale)"]))
        #expect(answer.status == 200 && answer.body == whole.body, "\(stale)")
      }
    }
  }

  /// RFC 9110 §13.1.1: the comparison is strong, and comes before If-None-Match.
  @Test(arguments: [item, "/api/products", "/openapi.json"])
  func ifMatch(path: String) async throws {
    try await ask { client in
      let tag = try #require(try client.exchange(ServiceProcess.request(path))["ETag"])
      for same in [tag, "*", "\"x\", \(tag)"] {
        #expect(try client.exchange(ServiceProcess.request(path, ["If-Match: \(same)"])).status == 200, "\(same)")
      }
      for other in ["\"x\"", "W/\(tag)", "x", "\"x\"\r\nIf-None-Match: *"] {
        let answer = try client.exchange(ServiceProcess.request(path, ["If-Match: \(other)"]))
        #expect(answer.status == 412 && answer["Content-Type"] == "application/problem+json", "\(other)")
        #expect(answer.has("Date") && answer.has("Content-Length") && !answer.closes)
      }
    }
  }

  /// No ranges are offered, so each is ignored: RFC 9110 §14.2.
  @Test(arguments: ["bytes=0-9", "bytes=-1", "bytes=9999999-", "bytes=0-0,2-3", "items=1-2", "nonsense"])
  func range(range: String) async throws {
    try await ask { client in
      for path in [Self.item, "/api/products"] {
        let whole = try client.exchange(ServiceProcess.request(path))
        let answer = try client.exchange(ServiceProcess.request(path, ["Range: \(range)"]))
        #expect(answer.status == 200 && answer.body == whole.body && answer["Accept-Ranges"] == "none")
        #expect(!answer.has("Content-Range"))
      }
    }
  }

  /// Never 406: who takes no form that there is gets the first.
  @Test(arguments: [
    ("", "application/json"), ("*/*", "application/json"), ("application/json", "application/json"),
    ("text/html", "text/html; charset=utf-8"), ("text/plain", "text/plain; charset=utf-8"),
    ("text/html;q=0.1, text/plain;q=0.2", "text/plain; charset=utf-8"), ("text/*", "text/html; charset=utf-8"),
    ("application/json;q=0, */*;q=0.1", "text/html; charset=utf-8"), ("image/png", "application/json"),
    ("*/*;q=0", "application/json"), ("nonsense", "application/json"),
  ])
  func accept(field: String, contentType: String) async throws {
    try await ask { client in
      let answer = try client.exchange(ServiceProcess.request("/", field.isEmpty ? [] : ["Accept: \(field)"]))
      #expect(answer.status == 200 && answer["Content-Type"] == contentType)
      #expect(answer["Vary"] == "Accept, Accept-Encoding")
    }
  }

  @Test(arguments: [
    ("gzip", true), ("x-gzip;q=0.1", true), ("*", true), ("gzip;q=0", false), ("*;q=0", false), ("notgzip", false),
    ("identity", false), ("identity;q=1, gzip;q=0.5", false), ("", false),
  ])
  func acceptEncoding(field: String, isCoded: Bool) async throws {
    try await ask { client in
      for path in ["/api/products", "/metrics", "/openapi.json"] {
        let fields = field.isEmpty ? [] : ["Accept-Encoding: \(field)"]
        let answer = try client.exchange(ServiceProcess.request(path, fields))
        #expect(answer.status == 200 && answer["Content-Encoding"] == (isCoded ? "gzip" : nil), "\(path)")
        #expect(answer["Vary"]?.hasSuffix("Accept-Encoding") == true)
        // RFC 1952 §2.3.1
        #expect(answer.body.starts(with: [0x1f, 0x8b, 8]) == isCoded)
        let head = try client.exchange(ServiceProcess.request(path, method: "HEAD", fields), toHEAD: true)
        #expect(head["Content-Encoding"] == answer["Content-Encoding"] && head["ETag"] == answer["ETag"])
        if path != "/metrics" { #expect(head["Content-Length"] == answer["Content-Length"]) }
      }
    }
  }

  /// A probe that is sent elsewhere tells nothing of this process.
  @Test func probesAndScrapesAreNeverRedirectedNorStored() async throws {
    try await ask { client in
      for path in ["/healthz", "/readyz", "/metrics"] {
        for target in [path, path + "?", path + "?verbose", "http://elsewhere.test:1\(path)"] {
          let answer = try client.exchange(ServiceProcess.request(target))
          #expect(answer.status == 200 && answer["Cache-Control"] == "no-store" && !answer.has("Location"), "\(target)")
        }
        for target in [path + "/", "/" + path, path.uppercased(), path + "/x"] {
          let answer = try client.exchange(ServiceProcess.request(target))
          #expect(answer.status == 404 && !answer.has("Location"), "\(target)")
        }
      }
    }
  }
}
