/// The answer to a `ProductQuery`, rendered once.
package final class ProductPage: Sendable {
  package let entries: [CatalogEntry]
  /// Where the next page begins; nil on the last.
  package let next: ProductCursor?
  /// `{"items":[…],"next":"…"}`, UTF-8; `next` is the text of the cursor or null.
  package let json: [UInt8]
  /// As a `CatalogEntry`'s, of the whole page.
  package let tag: UInt64

  package init(_ entries: [CatalogEntry], next: ProductCursor?) {
    self.entries = entries
    self.next = next
    let cursor = next?.text
    var json: [UInt8] = []
    json.reserveCapacity(entries.reduce(32 + (cursor?.utf8.count ?? 0)) { $0 + $1.json.count + 1 })
    json.append(contentsOf: "{\"items\":[".utf8)
    for (index, entry) in entries.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      json.append(contentsOf: entry.json)
    }
    json.append(contentsOf: "],\"next\":".utf8)
    json.append(contentsOf: (cursor.map { "\"\($0)\"}" } ?? "null}").utf8)
    self.json = json
    // The whole is not hashed again: its parts are.
    tag = ContentHash.combined(
      entries.map(\.tag) + [cursor.map { ContentHash.fnv1a(Array($0.utf8)[...]) } ?? 0])
  }

  /// With its quotes.
  package var etag: [UInt8] { ContentHash.etag(tag) }
}
