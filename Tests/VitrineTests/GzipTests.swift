import TestSupport
import Testing
import Vitrine

/// What clients that take gzip get of the real process.
@Suite(.serialized, .enabled(if: Curl.isInstalled, Curl.isMissing))
struct GzipTests {
  private static let browser = "Accept: text/html"

  /// curl asks for what it can decode, and shows the body decoded.
  @Test(arguments: [
    ("/", [browser]), ("/", []), ("/api/products", []), ("/metrics", []), ("/metrics", ["Accept: text/plain"]),
  ])
  func theDecodedBodyIsTheSame(target: String, fields: [String]) async throws {
    let arguments = fields.flatMap { ["-H", $0] }
    try await ServiceProcess.run { service in
      let plain = try await Curl.answer(target, arguments, from: service.address)
      let coded = try await Curl.answer(target, arguments + ["-H", "Accept-Encoding: gzip"], from: service.address)
      #expect(!plain.has("Content-Encoding") && plain["Vary"]?.contains("Accept-Encoding") == true)
      #expect(coded["Vary"] == plain["Vary"] && coded["Content-Type"] == plain["Content-Type"])
      guard plain.body.count > 256 else { return #expect(!coded.has("Content-Encoding")) }
      #expect(coded["Content-Encoding"] == "gzip" && coded.body.count < plain.body.count)
      let decoded = try await Curl.decoded(target, arguments, from: service.address)
      // Metrics and uptime move on from one answer to the next.
      if target == "/api/products" || fields == [Self.browser] { #expect(decoded == plain.body) }
      #expect(decoded.prefix(20) == plain.body.prefix(20))
    }
  }

  @Test func headHasTheFieldsOfGet() async throws {
    try await ServiceProcess.run { service in
      let accept = ["-H", "Accept-Encoding: gzip"]
      let whole = try await Curl.answer("/api/products", accept, from: service.address)
      let head = try await Curl.answer("/api/products", accept + ["-I"], from: service.address)
      for field in ["Content-Length", "Content-Encoding", "ETag", "Vary"] { #expect(head[field] == whole[field]) }
      #expect(head["Content-Length"] == "\(whole.body.count)" && head.body.isEmpty)
    }
  }

  @Test func eachFormHasItsTagAndEitherTagIsFresh() async throws {
    try await ServiceProcess.run { service in
      let accept = ["-H", "Accept-Encoding: gzip"]
      let plain = try #require(try await Curl.answer("/api/products", from: service.address)["ETag"])
      let coded = try #require(try await Curl.answer("/api/products", accept, from: service.address)["ETag"])
      #expect(coded == plain.dropLast() + "-gzip\"")
      for tag in [plain, coded] {
        let ifNoneMatch = ["-H", "If-None-Match: \(tag)"]
        let same = try await Curl.answer("/api/products", ifNoneMatch, from: service.address)
        #expect(same.status == 304 && same["ETag"] == plain && same.has("Vary") && same.body.isEmpty)
        let sameCoded = try await Curl.answer("/api/products", accept + ifNoneMatch, from: service.address)
        #expect(sameCoded.status == 304 && sameCoded["ETag"] == coded && !sameCoded.has("Content-Encoding"))
      }
    }
  }

  @Test(arguments: ["identity", "gzip;q=0", "notgzip", "identity, gzip;q=0.9", "*;q=0"])
  func whoDoesNotLikeItGetsTheBytesAsTheyAre(field: String) async throws {
    try await ServiceProcess.run { service in
      let answer = try await Curl.answer("/api/products", ["-H", "Accept-Encoding: \(field)"], from: service.address)
      #expect(answer.status == 200 && !answer.has("Content-Encoding"))
      #expect(answer["Vary"]?.contains("Accept-Encoding") == true)
    }
  }

  @Test func levelZeroIsOff() async throws {
    try await ServiceProcess.run(["--gzip-level", "0"]) { service in
      for target in ["/api/products", "/metrics"] {
        let answer = try await Curl.answer(target, ["-H", "Accept-Encoding: gzip"], from: service.address)
        #expect(answer.status == 200 && !answer.has("Content-Encoding"))
      }
    }
  }
}
