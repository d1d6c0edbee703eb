internal import Catalog
internal import HTTP
internal import HTTPServer
internal import Networking
internal import Synchronization

/// `GET /`: who answers, as JSON, as the bare message, or as a page for people.
final class Index: Sendable {
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

  private struct RenderedJSON {
    var uptime: Int64
    var response: Response
  }

  private struct RenderedPage {
    let products: ProductPage
    let count: Int?
    var response: Response
  }

  private let forms = [
    MediaType("application", "json"), MediaType("text", "html"), MediaType("text", "plain"),
  ]
  private let identity: Identity
  private let store: any ProductStore
  /// The JSON up to the uptime's digits.
  private let prefix: [UInt8]
  private let json: Mutex<RenderedJSON>
  private let page: Mutex<RenderedPage?>
  private let text: Response

  init(_ identity: Identity, store: any ProductStore) {
    self.identity = identity
    self.store = store
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
    page = Mutex(nil)
    json = Mutex(RenderedJSON(uptime: -1, response: Self.response("application/json", [])))
    text = Self.response("text/plain; charset=utf-8", Array("\(identity.message)\n".utf8))
  }

  var handler: Handler { .cached(cached, asked) }

  /// Nil for the page, where the store has to be asked for what is on it.
  private func cached(_ request: Request) -> Response? {
    switch request.preferred(among: forms) {
    case 1: store.cachedPage(ProductQuery()).map { request.applyPreconditions(to: page($0.value)) }
    case 2: text
    default: currentJSON()
    }
  }

  private func asked(_ request: Request) async -> Response {
    if let response = cached(request) { return response }
    do throws(StoreError) {
      return request.applyPreconditions(to: page(try await store.page(ProductQuery()).value))
    } catch {
      return request.response(to: error)
    }
  }

  /// The JSON, with the uptime in whole seconds: rendered once a second at most.
  private func currentJSON() -> Response {
    let uptime = (Clock.coarse - identity.startedAt) / 1_000_000_000
    return json.withLock { json in
      if json.uptime != uptime {
        json.uptime = uptime
        json.response.body = prefix + Array("\(uptime)}\n".utf8)
      }
      return json.response
    }
  }

  /// The page, rendered once for each state of the catalogue: its uptime is counted by the browser.
  private func page(_ products: ProductPage) -> Response {
    let count = store.count
    return page.withLock { page in
      var current = page.take() ?? render(products, count)
      if current.products !== products || current.count != count { current = render(products, count) }
      page = current
      return current.response
    }
  }

  private func render(_ products: ProductPage, _ count: Int?) -> RenderedPage {
    let html = IndexPage(
      message: identity.message, name: "vitrine", version: identity.build.version, revision: identity.build.revision,
      hostname: identity.hostname, startTime: identity.startTime, products: products.entries.map(\.product),
      count: count
    ).html()
    var response = Self.response("text/html; charset=utf-8", html)
    response.etag = FieldValue(bytes: ContentHash.etag(ContentHash.fnv1a(html[...])))
    if let policy = FieldValue(IndexPage.contentSecurityPolicy) { response.add(.contentSecurityPolicy, policy) }
    response.add(.contentTypeOptions, "nosniff")
    response.add(.referrerPolicy, "no-referrer")
    return RenderedPage(products: products, count: count, response: response)
  }

  private static func response(_ contentType: FieldValue, _ body: [UInt8]) -> Response {
    Response(.ok, contentType: contentType, body: body).compressible(vary: "Accept, Accept-Encoding")
      .adding(.cacheControl, "no-cache")
  }
}
