/// A product as it is served: its JSON is rendered once, and a request copies bytes.
///
/// A class, though it never changes: catalogues of 100,000 share their entries with the ones before.
package final class CatalogEntry: Sendable {
  package let product: Product
  /// As `Product.json()`.
  package let json: [UInt8]
  /// Names this content: equal bytes have equal tags in every process, so an ETag made of it is the same behind every
  /// replica.
  package let tag: UInt64
  /// As `Product.searchText`.
  let searchText: [UInt8]

  package init(_ product: Product) {
    self.product = product
    json = product.json()
    tag = ContentHash.fnv1a(json[...])
    searchText = Array(product.searchText.utf8)
  }

  package var id: String { product.id }

  /// With its quotes.
  package var etag: [UInt8] { ContentHash.etag(tag) }

  /// Whether the name or a tag has `text`, which is in lower case; everything has the empty text.
  func contains(_ text: [UInt8]) -> Bool {
    guard let first = text.first else { return true }
    guard text.count <= searchText.count else { return false }
    for start in 0...searchText.count - text.count where searchText[start] == first {
      var length = 1
      while length < text.count, searchText[start + length] == text[length] { length += 1 }
      if length == text.count { return true }
    }
    return false
  }
}

/// A short name for some bytes. It tells versions apart; it does not protect against someone who wants two to be equal.
package enum ContentHash {
  /// FNV-1a with 64 bits (RFC 9923).
  package static func fnv1a(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash = offset
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* prime }
    return hash
  }

  /// The name of a sequence of which each part has one.
  static func combined(_ tags: some Sequence<UInt64>) -> UInt64 {
    // Byte by byte as above: one multiplication a tag would leave the high bits of each untouched below.
    tags.reduce(offset) { hash, tag in
      (0..<8).reduce(hash) { ($0 ^ (tag >> UInt64($1 * 8) & 0xFF)) &* prime }
    }
  }

  /// 16 hexadecimal digits in quotes.
  package static func etag(_ tag: UInt64) -> [UInt8] {
    let digits = String(tag, radix: 16)
    return Array("\"\(String(repeating: "0", count: 16 - digits.count))\(digits)\"".utf8)
  }

  private static let offset: UInt64 = 0xcbf2_9ce4_8422_2325
  private static let prime: UInt64 = 0x0000_0100_0000_01b3
}
