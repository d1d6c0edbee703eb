internal import HTTP

/// What a client wants done to one product.
package struct ProductChange: Sendable {
  package enum Action: Sendable {
    /// Only if the id is free.
    case create(ProductDetails)
    /// Create or replace.
    case put(ProductDetails)
    case delete
    /// As it is, with its times and its revision, whatever was there: how a file is imported.
    case restore(Product)
  }

  package let id: String
  package let action: Action
  package let precondition: Precondition

  package init(id: String, _ action: Action, if precondition: Precondition = Precondition()) {
    self.id = id
    self.action = action
    self.precondition = precondition
  }

  /// What this comes to for the product as it is; nil when there is none. Pure: every store decides by this, within the
  /// transaction that reads `current` and stores the outcome.
  ///
  /// - Parameter now: milliseconds since 1970.
  package func outcome(for current: CatalogEntry?, at now: Int64) -> ChangeOutcome {
    switch action {
    case .create(let details):
      if let current { return .taken(current) }
      return .created(Self.first(id, details, now))
    case .put(let details):
      if let failed = precondition.failed(for: current) { return .preconditionFailed(failed) }
      guard let current else { return .created(Self.first(id, details, now)) }
      return replaced(current, with: details, at: now)
    case .delete:
      // RFC 9110 §13.2.1: preconditions are for what would succeed without them.
      guard let current else { return .missing }
      return precondition.failed(for: current).map { .preconditionFailed($0) } ?? .deleted
    case .restore(let product):
      if let current { return current.product == product ? .unchanged(current) : .replaced(CatalogEntry(product)) }
      return .created(CatalogEntry(product))
    }
  }

  private func replaced(_ current: CatalogEntry, with details: ProductDetails, at now: Int64) -> ChangeOutcome {
    // Who repeats a PUT, because its answer was lost, changes nothing and finds the ETag that it had.
    if current.product.details == details { return .unchanged(current) }
    let product = current.product
    return .replaced(
      CatalogEntry(
        Product(
          id: id, details: details, createdAt: product.createdAt, updatedAt: max(now, product.updatedAt),
          revision: product.revision + 1)))
  }

  private static func first(_ id: String, _ details: ProductDetails, _ now: Int64) -> CatalogEntry {
    CatalogEntry(Product(id: id, details: details, createdAt: now, updatedAt: now, revision: 1))
  }
}

/// What became of a change.
package enum ChangeOutcome: Sendable {
  /// This is to be stored: it was not there.
  case created(CatalogEntry)
  /// This is to be stored instead of what was there.
  case replaced(CatalogEntry)
  /// It is there already, just so.
  case unchanged(CatalogEntry)
  /// It is to be taken away.
  case deleted
  /// There is nothing to take away.
  case missing
  /// The id has a product already, this one.
  case taken(CatalogEntry)
  case preconditionFailed(Precondition.Field)

  /// What is to be stored for the id: an entry, or nil for none; nil when nothing changes.
  package var stored: CatalogEntry?? {
    switch self {
    case .created(let entry), .replaced(let entry): .some(entry)
    case .deleted: .some(nil)
    case .unchanged, .missing, .taken, .preconditionFailed: nil
    }
  }
}

/// If-Match and If-None-Match of a request that changes something, RFC 9110 §13.1.
package struct Precondition: Sendable {
  /// The values of all such fields.
  package let ifMatch: [ArraySlice<UInt8>]
  package let ifNoneMatch: [ArraySlice<UInt8>]

  package init(ifMatch: [ArraySlice<UInt8>] = [], ifNoneMatch: [ArraySlice<UInt8>] = []) {
    self.ifMatch = ifMatch
    self.ifNoneMatch = ifNoneMatch
  }

  package enum Field: String, Sendable {
    case ifMatch = "If-Match"
    case ifNoneMatch = "If-None-Match"
  }

  /// The first that does not hold.
  func failed(for current: CatalogEntry?) -> Field? {
    guard let current else { return ifMatch.isEmpty ? nil : .ifMatch }
    if !ifMatch.isEmpty, !ETag.matches(ifMatch, etag: current.etag, weak: false) { return .ifMatch }
    return ETag.matches(ifNoneMatch, etag: current.etag, weak: true) ? .ifNoneMatch : nil
  }
}
