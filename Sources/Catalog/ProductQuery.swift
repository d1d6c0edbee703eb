/// By what a list is ordered. Products that have the same there are ordered by their ids, in the same direction.
package struct ProductSort: Sendable, Hashable {
  package enum Field: String, CaseIterable, Sendable {
    case id, name, price, stock, createdAt, updatedAt
  }

  package let field: Field
  package let isDescending: Bool

  package init(_ field: Field, isDescending: Bool = false) {
    self.field = field
    self.isDescending = isDescending
  }

  /// `price`, or `-price` for descending; nil for anything else.
  package init?(_ text: String) {
    let isDescending = text.hasPrefix("-")
    guard let field = Field(rawValue: String(text.dropFirst(isDescending ? 1 : 0))) else { return nil }
    self.init(field, isDescending: isDescending)
  }

  /// What the initializer takes.
  package var text: String { (isDescending ? "-" : "") + field.rawValue }

  /// Everything that the initializer takes.
  package static let all: [String] = Field.allCases.flatMap { [$0.rawValue, "-" + $0.rawValue] }
}

/// What a product has in the field that a list is ordered by. Equal is what `compare` has as equal: to `==` of `String`
/// an é is an e with an accent too.
package enum SortKey: Sendable, Hashable {
  case integer(Int64)
  case text(String)

  package init(_ product: Product, _ field: ProductSort.Field) {
    self =
      switch field {
      case .id: .text(product.id)
      case .name: .text(product.name)
      case .price: .integer(Int64(product.price))
      case .stock: .integer(Int64(product.stock))
      case .createdAt: .integer(product.createdAt)
      case .updatedAt: .integer(product.updatedAt)
      }
  }

  package static func == (left: SortKey, right: SortKey) -> Bool { compare(left, right) == 0 }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .integer(let number): hasher.combine(number)
    case .text(let text): hasher.combine(Array(text.utf8))
    }
  }

  /// Integers by value, text by its UTF-8 bytes (COLLATE "C"): the same in every store and every language.
  package static func compare(_ left: SortKey, _ right: SortKey) -> Int {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right ? -1 : left > right ? 1 : 0
    case (.text(let left), .text(let right)): compare(left, right)
    case (.integer, .text): -1
    case (.text, .integer): 1
    }
  }

  static func compare(_ left: String, _ right: String) -> Int {
    var (left, right) = (left.utf8.makeIterator(), right.utf8.makeIterator())
    while true {
      switch (left.next(), right.next()) {
      case (nil, nil): return 0
      case (nil, _): return -1
      case (_, nil): return 1
      case (let one?, let other?): if one != other { return one < other ? -1 : 1 }
      }
    }
  }
}

/// A place between two products of a list: behind the one with this key and id, whether it is still there or not. So a
/// page costs the same wherever it begins, and nothing is shown twice while products come and go.
package struct ProductCursor: Sendable, Hashable {
  package let sort: ProductSort
  package let key: SortKey
  package let id: String

  package init(behind product: Product, in sort: ProductSort) {
    self.sort = sort
    key = SortKey(product, sort.field)
    id = product.id
  }

  /// The order of the list, as if all of it were ascending.
  package func compare(_ product: Product) -> Int {
    let order = SortKey.compare(SortKey(product, sort.field), key)
    return order != 0 ? order : SortKey.compare(product.id, id)
  }

  /// Every `text` matches this, so that whatever does not was never one.
  package static let pattern = "^p1\\.[A-Za-z0-9_-]+$"
  private static let prefix = "p1."

  /// Whether `text` may be a cursor's, by its pattern alone.
  package static func isWellFormed(_ text: String) -> Bool {
    text.hasPrefix(prefix) && text.utf8.count > prefix.utf8.count
      && text.utf8.dropFirst(prefix.utf8.count).allSatisfy(Base64URL.alphabet.contains)
  }

  /// For clients, to whom it says nothing: base64url (RFC 4648 §5) without padding, behind the number of this form.
  package var text: String {
    let keyText =
      switch key {
      case .integer(let number): "\(number)"
      case .text(let text): text
      }
    // No name, id or sort has a line feed.
    return Self.prefix + Base64URL.encoded(Array("\(sort.text)\n\(id)\n\(keyText)".utf8))
  }

  /// Nil for what `text` never was.
  package init?(_ text: String) {
    guard text.hasPrefix(Self.prefix), let bytes = Base64URL.decoded(text.dropFirst(Self.prefix.utf8.count)),
      let plain = String(validating: bytes, as: UTF8.self)
    else { return nil }
    let lines = plain.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count == 3, let sort = ProductSort(lines[0]), ProductField.id.allows(lines[1]) else { return nil }
    self.sort = sort
    id = lines[1]
    switch sort.field {
    case .id:
      guard lines[2] == id else { return nil }
      key = .text(id)
    case .name:
      guard ProductField.name.allows(lines[2]) else { return nil }
      key = .text(lines[2])
    case .price, .stock, .createdAt, .updatedAt:
      guard let number = Int64(lines[2]), number >= 0 else { return nil }
      key = .integer(number)
    }
    guard self.text == text else { return nil }
  }
}

/// Which part of the products is asked for.
package struct ProductQuery: Sendable, Hashable {
  package static let limitDefault = 20
  package static let limitMax = 100
  package static let searchCharactersMax = 100

  /// How many at most, 1 or more; what a client may ask for ends at `limitMax`.
  package var limit: Int
  /// Its sort is `sort`; nil: from the beginning.
  package var after: ProductCursor?
  /// UTF-8 in lower case: only products with it in their `Product.searchText`; empty: all.
  package let search: [UInt8]
  package var sort: ProductSort

  package init(
    limit: Int = limitDefault, after: ProductCursor? = nil, search: String = "", sort: ProductSort = ProductSort(.id)
  ) {
    self.limit = limit
    self.after = after
    self.search = Array(search.lowercased().utf8)
    self.sort = sort
  }
}

/// base64url without padding, RFC 4648 §5.
enum Base64URL {
  static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for digit in 0...group.count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * digit)) & 63]) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for a byte that is not of the alphabet. Whoever wants one spelling only encodes again and compares.
  static func decoded(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in text.utf8 {
      guard let digit = alphabet.firstIndex(of: byte) else { return nil }
      bits = bits << 6 | UInt32(digit)
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> count))
    }
    return bytes
  }
}
