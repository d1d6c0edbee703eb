internal import Catalog
internal import HTTP
internal import Networking
internal import Synchronization

/// `GET /`: who answers, as JSON, as the bare message, or as a page for people.
final class Index: Sendable {
  private static let forms = [
    MediaType("application", "json"), MediaType("text", "html"), MediaType("text", "plain"),
  ]

  /// What does not change while the process runs.
  struct Identity: Sendable {
    var message: String
    var build: BuildInformation
    var hostname: String
    /// RFC 3339.
    var startTime: String
    /// The same instant on the monotonic clock, nanoseconds.
    var startedAt: Int64
  }

  private struct Rendered {
    var uptime: Int64
    var response: Response
  }

  private let startedAt: Int64
  /// The JSON up to the uptime's digits.
  private let prefix: [UInt8]
  private let json: Mutex<Rendered>
  private let text: Response

  init(_ identity: Identity, store: any ProductStore) {
    startedAt = identity.startedAt
    var prefix: [UInt8] = []
    var separator = "{"
    for (name, value) in [
      ("message", identity.message), ("name", "vitrine"), ("version", identity.build.version),
      ("revision", identity.build.revision), ("hostname", identity.hostname), ("startTime", identity.startTime),
    ] {
      prefix += "\(separator)\"\(name)\":".utf8
      JSONText.append(string: value, to: &prefix)
      separator = ","
    }
    prefix += ",\"uptime\":".utf8
    self.prefix = prefix
    json = Mutex(Rendered(uptime: -1, response: Self.response("application/json", [])))
    text = Self.response("text/plain; charset=utf-8", Array("\(identity.message)\n".utf8))
  }

  func answer(_ request: Request) -> Response {
    switch ContentNegotiation.choose(accept: request.values(of: .accept), among: Self.forms) {
    case 2: text
    default: current()
    }
  }

  /// The JSON, with the uptime in whole seconds: rendered once a second at most.
  private func current() -> Response {
    let uptime = (Clock.monotonic - startedAt) / 1_000_000_000
    return json.withLock { json in
      if json.uptime != uptime {
        json.uptime = uptime
        json.response.body = prefix + Array("\(uptime)}\n".utf8)
      }
      return json.response
    }
  }

  private static func response(_ contentType: FieldValue, _ body: [UInt8]) -> Response {
    Response(.ok, contentType: contentType, body: body).adding(.vary, "Accept").adding(.cacheControl, "no-cache")
  }
}
