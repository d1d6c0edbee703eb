internal import Catalog
internal import HTTP
internal import Synchronization

/// `GET /api/products` and `/api/products/{id}`. The list is rendered once for each state of the catalogue.
final class Products: Sendable {
  /// An answer with the snapshot that it shows.
  private struct Rendered {
    let snapshot: CatalogSnapshot
    let etag: [UInt8]
    let response: Response
  }

  static let path = "/api/products"

  private let store: any ProductStore
  private let list: Mutex<Rendered>

  init(store: any ProductStore) {
    self.store = store
    list = Mutex(Self.render(store.snapshot))
  }

  func answerList(_ request: Request) -> Response {
    let snapshot = store.snapshot
    let rendered = list.withLock { list in
      if list.snapshot !== snapshot { list = Self.render(snapshot) }
      return list
    }
    return request.applyPreconditions(to: rendered.response, etag: rendered.etag)
  }

  func answerItem(_ request: Request) -> Response {
    let id = String(decoding: request.path.dropFirst(Self.path.utf8.count + 1), as: UTF8.self)
    guard let item = store.snapshot.item(id: id) else {
      return Problem.response(
        .notFound, detail: "There is no product with this id.", accept: request.values(of: .accept))
    }
    let etag = Self.etag(item.revision)
    return request.applyPreconditions(to: Self.response(Array(item.json), etag), etag: etag)
  }

  private static func render(_ snapshot: CatalogSnapshot) -> Rendered {
    let etag = etag(snapshot.revision)
    return Rendered(snapshot: snapshot, etag: etag, response: response(snapshot.json, etag))
  }

  private static func etag(_ revision: String) -> [UInt8] { Array("\"\(revision)\"".utf8) }

  private static func response(_ json: [UInt8], _ etag: [UInt8]) -> Response {
    var response = Response(.ok, contentType: "application/json", body: json)
    if let value = FieldValue(bytes: etag) { response.add(.etag, value) }
    response.add(.cacheControl, "no-cache")
    response.add(.acceptRanges, "none")
    return response
  }
}
