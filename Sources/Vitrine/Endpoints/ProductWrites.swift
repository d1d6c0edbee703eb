internal import Catalog
internal import HTTP
internal import HTTPServer

/// `POST /api/products`, `PUT` and `DELETE /api/products/{id}`, for those who have a token.
struct ProductWrites: Sendable {
  let store: any ProductStore
  let metrics: StoreMetrics
  let access: WriteAccess

  var create: Handler { .admitting({ refusal($0, needsJSON: true) }, create) }
  var put: Handler { .admitting({ refusal($0, needsJSON: true) ?? refusalOfID($0) }, put) }
  var delete: Handler { .admitting({ refusal($0, needsJSON: false) }, delete) }

  // MARK: By the head alone

  /// Why the body is not even read; nil when it is.
  private func refusal(_ request: Request, needsJSON: Bool) -> Response? {
    if let refusal = access.refusal(of: request) { return refusal }
    let status = store.status
    guard status.isWritable else {
      return Problem.response(
        .forbidden, detail: "The catalogue takes no changes: \(status.note).", accept: request.values(of: .accept))
    }
    return needsJSON ? request.refusalOfContentType : nil
  }

  private func refusalOfID(_ request: Request) -> Response? {
    guard !ProductField.id.allows(request.productID) else { return nil }
    return request.badRequest([
      .init(.parameter("id"), "\(ProductField.id.rule), found \(quoted(request.productID))")
    ])
  }

  // MARK: By the body

  private func create(_ request: Request) async -> Response {
    switch Self.read(request, id: nil) {
    case .failure(let refusal): return refusal.response
    case .success(let given):
      let id = given.id ?? Self.newID()
      return await apply(.init(id: id, .create(given.details)), .create, request)
    }
  }

  private func put(_ request: Request) async -> Response {
    switch Self.read(request, id: request.productID) {
    case .failure(let refusal): return refusal.response
    case .success(let given):
      return await apply(
        .init(id: request.productID, .put(given.details), if: request.precondition), .replace, request)
    }
  }

  private func delete(_ request: Request) async -> Response {
    await apply(.init(id: request.productID, .delete, if: request.precondition), .delete, request)
  }

  private func apply(
    _ change: ProductChange, _ operation: StoreMetrics.Operation, _ request: Request
  ) async -> Response {
    do throws(StoreError) {
      let outcomes = try await metrics.measure(operation) { () async throws(StoreError) in
        try await store.apply([change])
      } result: {
        $0.first?.label ?? "ok"
      }
      guard let outcome = outcomes.first else { preconditionFailure("a store answers each change") }
      return Self.response(to: outcome, id: change.id, request)
    } catch {
      return request.response(to: error)
    }
  }

  private static func response(to outcome: ChangeOutcome, id: String, _ request: Request) -> Response {
    let accept = request.values(of: .accept)
    switch outcome {
    case .created(let entry):
      let response = Response.json(.created, entry.json, etag: entry.etag)
      return FieldValue("\(Products.path)/\(id)" as String).map { response.adding(.location, $0) } ?? response
    case .replaced(let entry), .unchanged(let entry): return .json(.ok, entry.json, etag: entry.etag)
    case .deleted: return Response(.noContent)
    case .missing: return request.missingProduct
    case .taken:
      return Problem.response(
        .conflict, detail: "There is a product with this id already: PUT replaces it.",
        errors: [.init(.pointer("/id"), "is taken")], accept: accept)
    case .preconditionFailed(let field):
      return Problem.response(
        .preconditionFailed, detail: "The product is not as \(field.rawValue) wants it.",
        errors: [.init(.header(field.rawValue), "does not hold for the product")], accept: accept)
    }
  }

  private struct Given {
    var id: String?
    var details: ProductDetails
  }

  /// The product that a body describes.
  ///
  /// - Parameter id: that of the path; a body may repeat it.
  private static func read(_ request: Request, id: String?) -> Result<Given, RefusedBody> {
    let json: JSON
    switch request.readJSON() {
    case .failure(let refusal): return .failure(refusal)
    case .success(let value): json = value
    }
    let reading = ProductReading(json, from: .client)
    guard reading.mistakes.isEmpty, let details = reading.details else {
      return .failure(RefusedBody(response: request.unprocessable("This is no product", reading.mistakes)))
    }
    if let id, let given = reading.id, given != id {
      return .failure(
        RefusedBody(
          response: Problem.response(
            .conflict, detail: "The body's id is not that of the path.",
            errors: [.init(.pointer("/id"), "must be that of the path, found \(quoted(given))")],
            accept: request.values(of: .accept))))
    }
    return .success(Given(id: reading.id, details: details))
  }

  /// 80 random bits in 16 characters without vowels, so that no word comes out.
  private static func newID() -> String {
    let alphabet = Array("0123456789bcdfghjkmnpqrstvwxyzBC")
    return String((0..<16).map { _ in alphabet[Int.random(in: 0..<32)] })
  }
}

extension Request {
  fileprivate var precondition: Precondition {
    Precondition(ifMatch: values(of: .ifMatch), ifNoneMatch: values(of: .ifNoneMatch))
  }
}
