#if PostgreSQL

/// A cache that replicas share, in front of the store that they share. It never fails: what it cannot do is told, and
/// the store is asked. No call takes longer than a deadline of its own.
package protocol SharedCache: Sendable {
  /// - Parameter read: makes something of the bytes, on a thread of the cache's; nil: they are as good as none.
  func value<Value: Sendable>(
    for key: String, _ read: @escaping @Sendable ([UInt8]) -> Value?
  ) async -> SharedCacheAnswer<Value>

  /// How long to wait for what another one is about to set.
  var patience: Duration { get }

  /// Keeps it for the cache's time to live, if it can. Returns at once.
  func set(_ value: [UInt8], for key: String)
}

package enum SharedCacheAnswer<Value: Sendable>: Sendable {
  case found(Value)
  /// It has none. `isMine`: whoever got this first is to set it; the others had better wait a moment.
  case missing(isMine: Bool)
  /// It is down or slow.
  case unavailable
}

extension StoreQuestion {
  /// Names the answer in a shared cache. It has revision and state: what was right once is never taken for what is right
  /// now, and nothing has to be deleted.
  func key(catalogue: String, _ head: ProductStatements.Head) -> String {
    let name =
      switch self {
      case .entry(let id): "product:\(id)"
      // What is searched for comes last: it may have any character.
      case .page(let query):
        "page:\(query.limit):\(query.sort.text):\(query.after?.text ?? ""):\(String(decoding: query.search, as: UTF8.self))"
      }
    return "vitrine:\(catalogue):\(head.revision):\(head.state):\(name)"
  }
}

extension KnownAnswer.Value {
  /// As a shared cache keeps it: the JSON that clients get, or null.
  var bytes: [UInt8] {
    switch self {
    case .page(let page): page.json
    case .entry(let entry): entry?.json ?? Array("null".utf8)
    }
  }

  /// Nil for what `bytes` never was. A cache may have been written by anyone, so all of it is checked.
  init?(_ bytes: [UInt8], answering question: StoreQuestion) {
    guard let json = try? JSONReader.value(of: bytes) else { return nil }
    switch question {
    case .entry(let id):
      if json == .null {
        self = .entry(nil)
      } else {
        guard let product = ProductReading(json, from: .file).product(at: 0), product.id == id else { return nil }
        self = .entry(CatalogEntry(product))
      }
    case .page(let query):
      guard case .object(let members) = json, members.map(\.name) == ["items", "next"],
        case .array(let items) = members[0].value, items.count <= query.limit
      else { return nil }
      let products = items.compactMap { ProductReading($0, from: .file).product(at: 0) }
      guard products.count == items.count else { return nil }
      var next: ProductCursor?
      if case .string(let text) = members[1].value {
        guard let cursor = ProductCursor(text), cursor.sort == query.sort else { return nil }
        next = cursor
      } else if members[1].value != .null {
        return nil
      }
      self = .page(ProductPage(products.map(CatalogEntry.init), next: next))
    }
  }
}

#endif
