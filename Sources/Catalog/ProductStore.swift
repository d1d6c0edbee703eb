/// Where products come from: the built-in samples, a file, later a database.
package protocol ProductStore: Sendable {
  /// What the store tells at this moment. A later call may give another snapshot; one already taken never changes.
  var snapshot: CatalogSnapshot { get }
}

/// All products at one moment, with their JSON rendered once: a request copies bytes and formats nothing.
///
/// A class and not a struct, though it never changes: a request then takes one reference and not one for each field.
package final class CatalogSnapshot: Sendable {
  /// In the store's order.
  package let products: [Product]
  /// `{"items":[…],"next":null}`, UTF-8.
  package let json: [UInt8]
  /// Names this content: equal bytes of `json` have equal revisions in every process, so an ETag made of it is the same
  /// behind every replica. 16 hexadecimal digits.
  package let revision: String
  private let entries: [String: Entry]

  /// A product's bytes lie inside the list's: a catalogue of 16 MiB is rendered into memory once, not twice.
  private struct Entry {
    let index: Int
    let range: Range<Int>
    let revision: UInt64
  }

  /// - Precondition: ids are unique, as every store checks while it loads. Of two products with one id the first is
  /// found.
  package init(products: [Product]) {
    var json = Array("{\"items\":[".utf8)
    var entries: [String: Entry] = [:]
    entries.reserveCapacity(products.count)
    for (index, product) in products.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      let start = json.count
      product.appendJSON(to: &json)
      let entry = Entry(index: index, range: start..<json.count, revision: ContentHash.fnv1a(json[start...]))
      entries[product.id] = entries[product.id] ?? entry
    }
    json.append(contentsOf: "],\"next\":null}".utf8)
    self.products = products
    self.json = json
    self.revision = ContentHash.text(ContentHash.fnv1a(json[...]))
    self.entries = entries
  }

  /// The product with this id, compared byte by byte, and its JSON and revision (as `revision`, of this product alone);
  /// nil when there is none.
  package func item(id: String) -> (product: Product, json: ArraySlice<UInt8>, revision: String)? {
    guard let entry = entries[id] else { return nil }
    return (products[entry.index], json[entry.range], ContentHash.text(entry.revision))
  }
}

/// A short name for some bytes. It tells versions apart; it does not protect against someone who wants two to be equal.
enum ContentHash {
  /// FNV-1a with 64 bits (RFC 9923).
  static func fnv1a(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    return hash
  }

  /// 16 hexadecimal digits.
  static func text(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
