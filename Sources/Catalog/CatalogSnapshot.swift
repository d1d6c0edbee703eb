internal import Synchronization

/// All products at one moment, in memory, with an index for each order that was asked for: a page costs the same at the
/// end as at the start.
package final class CatalogSnapshot: Sendable {
  /// One more with each commit.
  package let revision: Int
  /// By id, ascending.
  package let entries: [CatalogEntry]
  /// The answer to `ProductQuery()`.
  package let firstPage: ProductPage
  /// The other orders, ascending; each is made when it is first asked for, and then kept up.
  private let orders: Mutex<[ProductSort.Field: [CatalogEntry]]>

  /// Up to this many products, whatever is asked is answered in well under a millisecond: a loop may do it itself.
  package static let scanMax = 1_000

  /// - Precondition: ids are unique, as every store checks.
  package convenience init(products: [Product], revision: Int) {
    self.init(sorted: products.map(CatalogEntry.init).sorted(by: Self.ascending(.id)), orders: [:], revision: revision)
  }

  private init(sorted entries: [CatalogEntry], orders: [ProductSort.Field: [CatalogEntry]], revision: Int) {
    self.revision = revision
    self.entries = entries
    self.orders = Mutex(orders)
    firstPage = Self.page(of: ProductQuery(), in: entries)
  }

  package var count: Int { entries.count }

  /// The product with this id, compared byte by byte; nil when there is none.
  package func entry(id: String) -> CatalogEntry? {
    let index = entries.partition { SortKey.compare($0.id, id) >= 0 }
    return index < entries.count && entries[index].id == id ? entries[index] : nil
  }

  /// Whether `page` takes well under a millisecond: nothing to search through, nothing to sort first.
  package func isQuick(_ query: ProductQuery) -> Bool {
    count <= Self.scanMax
      || query.search.isEmpty && (query.sort.field == .id || orders.withLock { $0[query.sort.field] != nil })
  }

  package func page(_ query: ProductQuery) -> ProductPage {
    if query == ProductQuery() { return firstPage }
    return Self.page(of: query, in: order(query.sort.field))
  }

  /// The same catalogue with some products changed: nil stands for one that is gone. Ids may repeat, the last counts.
  package func changed(by changes: [(id: String, entry: CatalogEntry?)], revision: Int) -> CatalogSnapshot {
    let last = Dictionary(changes.map { ($0.id, $0.entry) }) { $1 }
    let old = last.keys.compactMap(entry(id:))
    let new = last.values.compactMap(\.self)
    // Many at once: sorting anew is cheaper than moving the array's rest for each.
    guard last.count <= max(64, count / 64) else {
      let gone = Set(last.keys)
      let entries = (entries.filter { !gone.contains($0.id) } + new).sorted(by: Self.ascending(.id))
      return CatalogSnapshot(sorted: entries, orders: [:], revision: revision)
    }
    func update(_ order: [CatalogEntry], by field: ProductSort.Field) -> [CatalogEntry] {
      var order = order
      for entry in old { order.remove(at: Self.index(of: entry, in: order, by: field)) }
      for entry in new { order.insert(entry, at: Self.index(of: entry, in: order, by: field)) }
      return order
    }
    var orders: [ProductSort.Field: [CatalogEntry]] = [:]
    for (field, order) in self.orders.withLock({ $0 }) { orders[field] = update(order, by: field) }
    return CatalogSnapshot(sorted: update(entries, by: .id), orders: orders, revision: revision)
  }

  private func order(_ field: ProductSort.Field) -> [CatalogEntry] {
    if field == .id { return entries }
    if let order = orders.withLock({ $0[field] }) { return order }
    // Outside the lock: two that come at once both sort, and neither waits for the other's loop.
    let order = entries.sorted(by: Self.ascending(field))
    orders.withLock { $0[field] = order }
    return order
  }
}

extension CatalogSnapshot {
  private static func page(of query: ProductQuery, in order: [CatalogEntry]) -> ProductPage {
    var found: [CatalogEntry] = []
    found.reserveCapacity(min(query.limit, order.count) + 1)
    if query.sort.isDescending {
      var index = query.after.map { cursor in order.partition { cursor.compare($0.product) >= 0 } } ?? order.count
      while index > 0, found.count <= query.limit {
        index -= 1
        if order[index].contains(query.search) { found.append(order[index]) }
      }
    } else {
      var index = query.after.map { cursor in order.partition { cursor.compare($0.product) > 0 } } ?? 0
      while index < order.count, found.count <= query.limit {
        if order[index].contains(query.search) { found.append(order[index]) }
        index += 1
      }
    }
    // One more than was asked for tells that there is a next page.
    let hasNext = found.count > query.limit
    if hasNext { found.removeLast() }
    return ProductPage(
      found, next: hasNext ? found.last.map { ProductCursor(behind: $0.product, in: query.sort) } : nil)
  }

  private static func ascending(_ field: ProductSort.Field) -> (CatalogEntry, CatalogEntry) -> Bool {
    { compare($0, $1, by: field) < 0 }
  }

  private static func compare(_ left: CatalogEntry, _ right: CatalogEntry, by field: ProductSort.Field) -> Int {
    let order = SortKey.compare(SortKey(left.product, field), SortKey(right.product, field))
    return order != 0 || field == .id ? order : SortKey.compare(left.id, right.id)
  }

  /// Where it is, or where it would have to be.
  private static func index(of entry: CatalogEntry, in order: [CatalogEntry], by field: ProductSort.Field) -> Int {
    order.partition { compare($0, entry, by: field) >= 0 }
  }
}

extension [CatalogEntry] {
  /// The first index for which `isBehind` holds, where it holds for all that follow; `count` when for none.
  fileprivate func partition(_ isBehind: (CatalogEntry) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
