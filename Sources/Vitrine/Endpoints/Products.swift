internal import Catalog
internal import HTTP
internal import HTTPServer
internal import Synchronization

/// `GET /api/products` and `/api/products/{id}`. What memory has is answered on the loop; the first page of the whole
/// list is rendered once for each state of the catalogue.
final class Products: Sendable {
  /// An answer with the page that it shows.
  private struct Rendered {
    let page: ProductPage
    var response: Response
  }

  static let path = "/api/products"

  private let store: any ProductStore
  private let metrics: StoreMetrics
  private let first = Mutex<Rendered?>(nil)

  init(store: any ProductStore, metrics: StoreMetrics) {
    self.store = store
    self.metrics = metrics
  }

  var list: Handler { .cached(cachedList, askedList) }
  var item: Handler { .cached(cachedItem, askedItem) }

  private func cachedList(_ request: Request) -> Response? {
    switch Self.query(of: request) {
    case .failure(let refusal): refusal.response
    case .success(let query):
      store.cachedPage(query).map { answer($0.value, to: query, request).telling($0.cache) }
    }
  }

  private func askedList(_ request: Request) async -> Response {
    switch Self.query(of: request) {
    case .failure(let refusal): return refusal.response
    case .success(let query):
      // A body has kept it from memory, which is all that the embedded stores have.
      if let response = cachedList(request) { return response }
      do throws(StoreError) {
        let page = try await metrics.measure(.list) { () async throws(StoreError) in
          try await store.page(query)
        } result: { _ in
          "ok"
        }
        return answer(page.value, to: query, request).telling(page.cache)
      } catch {
        return request.response(to: error)
      }
    }
  }

  private func cachedItem(_ request: Request) -> Response? {
    if let refusal = request.refusalOfQuery { return refusal }
    return store.cachedEntry(id: request.productID).map { Self.answer($0, to: request) }
  }

  private func askedItem(_ request: Request) async -> Response {
    if let response = cachedItem(request) { return response }
    do throws(StoreError) {
      let entry = try await metrics.measure(.get) { () async throws(StoreError) in
        try await store.entry(id: request.productID)
      } result: {
        $0.value == nil ? "missing" : "ok"
      }
      return Self.answer(entry, to: request)
    } catch {
      return request.response(to: error)
    }
  }

  // MARK: Rendering

  private func answer(_ page: ProductPage, to query: ProductQuery, _ request: Request) -> Response {
    guard query == ProductQuery() else {
      return request.applyPreconditions(to: Self.render(page, query))
    }
    let response = first.withLock { first in
      var rendered = first.take() ?? Rendered(page: page, response: Self.render(page, query))
      if rendered.page !== page { rendered = Rendered(page: page, response: Self.render(page, query)) }
      first = rendered
      return rendered.response
    }
    return request.hasPreconditions ? request.applyPreconditions(to: response) : response
  }

  private static func render(_ page: ProductPage, _ query: ProductQuery) -> Response {
    var response = Response.json(.ok, page.json, etag: page.etag)
    if let next = page.next, let link = ListParameters.link(to: next, of: query) { response.add(.link, link) }
    return response
  }

  private static func answer(_ entry: StoreAnswer<CatalogEntry?>, to request: Request) -> Response {
    let response = entry.value.map { request.applyPreconditions(to: .json(.ok, $0.json, etag: $0.etag)) }
    return (response ?? request.missingProduct).telling(entry.cache)
  }

  private struct Refusal: Error {
    let response: Response
  }

  private static func query(of request: Request) -> Result<ProductQuery, Refusal> {
    guard request.query != nil else { return .success(ProductQuery()) }
    return ListParameters.query(of: request).mapError { mistake in
      switch mistake {
      case .wrong(let mistakes): Refusal(response: request.badRequest(mistakes))
      case .noSuchPage:
        Refusal(
          response: Problem.response(
            .notFound, detail: "There is no page there: after is not what next said, or of another sort.",
            errors: [.init(.parameter("after"), "must be what next said, with the same sort")],
            accept: request.values(of: .accept)))
      }
    }
  }
}

extension Response {
  /// With the field that tells which part a cache had in it. One that is stale also says how old it is at least,
  /// RFC 9111 §5.1.
  fileprivate func telling(_ cache: CacheResult?) -> Response {
    switch cache {
    case nil: self
    case .hit: adding("X-Cache", "HIT")
    case .miss: adding("X-Cache", "MISS")
    case .bypass: adding("X-Cache", "BYPASS")
    case .stale(let seconds):
      FieldValue("\(seconds)" as String).map { adding("X-Cache", "STALE").adding("Age", $0) }
        ?? adding("X-Cache", "STALE")
    }
  }

  /// A representation that is asked for again when it may have changed.
  static func json(_ status: Status, _ body: [UInt8], etag: [UInt8]) -> Response {
    var response = Response(status, contentType: "application/json", body: body).compressible()
    response.etag = FieldValue(bytes: etag)
    response.add(.cacheControl, "no-cache")
    response.add(.acceptRanges, "none")
    return response
  }
}

extension Request {
  var hasPreconditions: Bool { value(of: .ifNoneMatch) != nil || value(of: .ifMatch) != nil }

  /// What stands behind the last slash.
  var productID: String { String(decoding: path.dropFirst(Products.path.utf8.count + 1), as: UTF8.self) }

  var missingProduct: Response {
    Problem.response(
      .notFound, detail: "There is no product with this id.", errors: [.init(.parameter("id"), "is no product's")],
      accept: values(of: .accept))
  }

  /// The answer to a query where none is taken; nil where there is none.
  var refusalOfQuery: Response? {
    guard query != nil else { return nil }
    let items = queryItems
    var mistakes = items.prefix(Problem.errorsMax).map { item in
      Problem.RequestMistake(.parameter(quoted(String(decoding: item.name, as: UTF8.self))), "is not a parameter here")
    }
    if items.count > mistakes.count { mistakes.append(.more) }
    return mistakes.isEmpty ? nil : badRequest(mistakes)
  }

  func badRequest(_ mistakes: [Problem.RequestMistake]) -> Response {
    Problem.response(
      .badRequest, detail: "The query is not taken: \(Self.sentence(mistakes))", errors: mistakes,
      accept: values(of: .accept))
  }

  /// The answer where a store did not do what it was asked.
  func response(to error: StoreError) -> Response {
    let accept = values(of: .accept)
    let isRead = method == .get || method == .head
    return switch error {
    case .readOnly(let reason):
      Problem.response(.forbidden, detail: "The catalogue takes no changes: \(reason).", accept: accept)
    case .full(let reason):
      Problem.response(
        .insufficientStorage, detail: "Nothing was changed: \(reason).", accept: accept)
    case .unavailable(let reason):
      Problem.response(
        .serviceUnavailable,
        detail: isRead ? "The store did not answer: \(reason)." : "Nothing was changed: \(reason).",
        accept: accept
      )
      .adding(.retryAfter, "5")
    case .uncertain, .timedOut(isUncertain: true):
      Problem.response(
        .serviceUnavailable, detail: "The change may have been made or not: \(error.reason).", accept: accept
      )
      .adding(.retryAfter, "5")
    case .timedOut(isUncertain: false):
      Problem.response(.serviceUnavailable, detail: "The store did not answer in time.", accept: accept)
        .adding(.retryAfter, "5")
    }
  }

  /// All mistakes in a row, for who does not read `errors`.
  static func sentence(_ mistakes: [Problem.RequestMistake]) -> String {
    mistakes.map { mistake in
      switch mistake.place {
      case .pointer(""), .unnamed: mistake.detail
      case .pointer(let place), .parameter(let place), .header(let place): "\(place) \(mistake.detail)"
      }
    }.joined(separator: "; ") + "."
  }
}
