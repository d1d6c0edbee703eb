internal import HTTP

/// What a client says of a product: all but its id and what the store keeps of it.
///
/// One that came from a file or a request has passed every rule of `ProductField`.
package struct ProductDetails: Sendable, Equatable {
  /// 1 to 200 characters without control characters.
  package let name: String
  /// At most 4,000 characters, none of them U+0000.
  package let description: String
  /// In the currency's minor unit (cents for EUR, yen for JPY), 0 to 2^53 - 1: no binary fractions of money.
  package let price: Int
  /// ISO 4217: `EUR`.
  package let currency: String
  /// At most 20, each 1 to 50 characters without control characters, in the order given.
  package let tags: [String]
  /// Pieces at hand, 0 to 2^53 - 1.
  package let stock: Int

  package init(name: String, description: String, price: Int, currency: String, tags: [String], stock: Int) {
    self.name = name
    self.description = description
    self.price = price
    self.currency = currency
    self.tags = tags
    self.stock = stock
  }

  /// By the bytes: to `==` of `String` an é is an e with an accent too, and who changes the one to the other means it.
  package static func == (left: ProductDetails, right: ProductDetails) -> Bool {
    left.price == right.price && left.stock == right.stock
      && left.texts.elementsEqual(right.texts) { $0.utf8.elementsEqual($1.utf8) }
  }

  private var texts: [String] { [name, description, currency] + tags }
}

/// One thing in the showcase. Immutable: a changed product is a new one with the next revision.
package struct Product: Sendable, Equatable {
  /// 1 to 64 of `[A-Za-z0-9._-]`, the first a letter or a digit, unique in a catalogue: it stands in paths without
  /// escaping, and is never `.` or `..`.
  package let id: String
  package let details: ProductDetails
  /// Milliseconds since 1970-01-01T00:00Z.
  package let createdAt: Int64
  /// The same, of the last change; never before `createdAt`.
  package let updatedAt: Int64
  /// 1, and one more with each change.
  package let revision: Int

  package init(id: String, details: ProductDetails, createdAt: Int64, updatedAt: Int64, revision: Int) {
    self.id = id
    self.details = details
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.revision = revision
  }
}

extension Product {
  package var name: String { details.name }
  package var description: String { details.description }
  package var price: Int { details.price }
  package var currency: String { details.currency }
  package var tags: [String] { details.tags }
  package var stock: Int { details.stock }

  /// The product as one JSON object, UTF-8, no whitespace, fields in the order of `ProductField`.
  package func json() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256 + name.utf8.count + description.utf8.count)
    bytes.append(literal: "{\"id\":")
    JSONText.append(string: id, to: &bytes)
    bytes.append(literal: ",\"name\":")
    JSONText.append(string: name, to: &bytes)
    bytes.append(literal: ",\"description\":")
    JSONText.append(string: description, to: &bytes)
    bytes.append(literal: ",\"price\":")
    bytes.append(decimal: price)
    bytes.append(literal: ",\"currency\":")
    JSONText.append(string: currency, to: &bytes)
    bytes.append(literal: ",\"tags\":[")
    for (index, tag) in tags.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONText.append(string: tag, to: &bytes)
    }
    bytes.append(literal: "],\"stock\":")
    bytes.append(decimal: stock)
    bytes.append(literal: ",\"createdAt\":\"")
    Timestamp.append(milliseconds: createdAt, to: &bytes)
    bytes.append(literal: "\",\"updatedAt\":\"")
    Timestamp.append(milliseconds: updatedAt, to: &bytes)
    bytes.append(literal: "\",\"revision\":")
    bytes.append(decimal: revision)
    bytes.append(literal: "}")
    return bytes
  }

  /// What `q` is looked for in, the same for every store: the name and the tags in lower case, a line each. None of them
  /// has a line feed, so nothing is found across two.
  package var searchText: String {
    ([name] + tags).map { $0.lowercased() }.joined(separator: "\n")
  }
}
