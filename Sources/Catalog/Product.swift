/// One thing in the showcase. Immutable: a changed catalogue is a new `CatalogSnapshot`.
///
/// A product that came from a file has passed every rule of `ProductField`; the built-in ones are held to the same by a
/// test.
package struct Product: Sendable, Equatable {
  /// 1 to 64 of `[A-Za-z0-9._-]`, unique in a catalogue: it stands in paths without escaping.
  package let id: String
  /// 1 to 200 bytes of UTF-8.
  package let name: String
  /// 0 to 4,000 bytes of UTF-8.
  package let description: String
  /// In the currency's minor unit (cents for EUR, yen for JPY), 0 to 2^53 - 1: no binary fractions of money.
  package let price: Int
  /// ISO 4217: three capital letters.
  package let currency: String
  /// At most 20, each 1 to 50 bytes of UTF-8, in the order given.
  package let tags: [String]
  /// Pieces at hand, 0 to 2^53 - 1.
  package let stock: Int

  package init(
    id: String, name: String, description: String, price: Int, currency: String, tags: [String], stock: Int
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.price = price
    self.currency = currency
    self.tags = tags
    self.stock = stock
  }
}

extension Product {
  /// The product as one JSON object, UTF-8, no whitespace, fields in the order of `ProductField`.
  package func json() -> [UInt8] {
    var bytes: [UInt8] = []
    appendJSON(to: &bytes)
    return bytes
  }

  func appendJSON(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "{\"id\":".utf8)
    JSONText.append(string: id, to: &bytes)
    bytes.append(contentsOf: ",\"name\":".utf8)
    JSONText.append(string: name, to: &bytes)
    bytes.append(contentsOf: ",\"description\":".utf8)
    JSONText.append(string: description, to: &bytes)
    bytes.append(contentsOf: ",\"price\":\(price),\"currency\":".utf8)
    JSONText.append(string: currency, to: &bytes)
    bytes.append(contentsOf: ",\"tags\":[".utf8)
    for (index, tag) in tags.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONText.append(string: tag, to: &bytes)
    }
    bytes.append(contentsOf: "],\"stock\":\(stock)}".utf8)
  }
}

/// The fields of a product in JSON, in the order in which they are written, with the one rule for each.
package enum ProductField: String, CaseIterable, Sendable {
  case id, name, description, price, currency, tags, stock

  package static let idBytesMax = 64
  package static let nameBytesMax = 200
  package static let descriptionBytesMax = 4_000
  package static let tagsMax = 20
  package static let tagBytesMax = 50
  /// 2^53 - 1, the largest integer that every JSON reader keeps exact: RFC 8259 §6.
  package static let integerMax = 9_007_199_254_740_991

  /// What a value must be, for the error line that names the field.
  package var rule: String {
    switch self {
    case .id: "must be 1 to \(Self.idBytesMax) of A-Z a-z 0-9 . _ -"
    case .name: "must be a string of 1 to \(Self.nameBytesMax) bytes"
    case .description: "must be a string of at most \(Self.descriptionBytesMax) bytes"
    case .price: "must be an integer of minor units, 0 or more"
    case .currency: "must be three capital letters (ISO 4217)"
    case .tags: "must be an array of at most \(Self.tagsMax) strings of 1 to \(Self.tagBytesMax) bytes"
    case .stock: "must be an integer, 0 or more"
    }
  }

  /// Whether a string may stand in this field (in `tags`: as one of them). False for the fields that hold integers.
  package func allows(_ text: String) -> Bool {
    switch self {
    case .id: (1...Self.idBytesMax).contains(text.utf8.count) && text.utf8.allSatisfy(Self.isUnreservedInID)
    case .name: (1...Self.nameBytesMax).contains(text.utf8.count)
    case .description: text.utf8.count <= Self.descriptionBytesMax
    case .currency:
      text.utf8.count == 3 && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    case .tags: (1...Self.tagBytesMax).contains(text.utf8.count)
    case .price, .stock: false
    }
  }

  private static func isUnreservedInID(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
