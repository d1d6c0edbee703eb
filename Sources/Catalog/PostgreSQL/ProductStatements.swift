#if PostgreSQL

/// The statements on products, and what their rows mean.
///
/// Each reads the catalogue's revision in the same statement, and so in the same snapshot: whoever changes products
/// changes that too, and commits both or none.
enum ProductStatements {
  /// What every read begins with: of the whole catalogue.
  struct Head: Sendable {
    let revision: Int
    let products: Int
    /// Another one with each revision. Where a history was lost, its numbers are given again; these never.
    let state: String
  }

  /// A product, and which of its versions that is.
  struct Found: Sendable {
    let entry: CatalogEntry
    /// xmin: the transaction that wrote it. Not the revision, which begins at 1 again for a product that was deleted
    /// and made anew.
    let version: String
  }

  private static let columns =
    "p.id, p.name, p.description, p.price, p.currency, array_to_string(p.tags, E'\\n'), p.stock, p.created_at, "
    + "p.updated_at, p.revision"

  /// Values: none. The catalogue's head and id.
  static let catalogue = PreparedStatement(
    name: "catalogue", sql: "SELECT revision, products, state, id FROM vitrine.catalog")

  /// Values: ids as an array.
  static let entries = PreparedStatement(
    name: "entries",
    sql: "SELECT c.revision, c.products, c.state, \(columns), p.xmin "
      + "FROM vitrine.catalog c LEFT JOIN vitrine.products p ON p.id = ANY ($1::text[])")

  /// Values: as `values` makes them.
  static func page(_ query: ProductQuery) -> PreparedStatement {
    let column = column(of: query.sort.field)
    let direction = query.sort.isDescending ? "DESC" : "ASC"
    let order = column == "id" ? "p.id \(direction)" : "p.\(column) \(direction), p.id \(direction)"
    var conditions: [String] = []
    var name = "page \(query.sort.text)"
    if query.after != nil {
      let sign = query.sort.isDescending ? "<" : ">"
      let type = isText(query.sort.field) ? "text" : "bigint"
      // The row's comparison is what the index has; of two that are equal, the id decides.
      conditions.append(
        column == "id" ? "p.id \(sign) $2::text" : "(p.\(column), p.id) \(sign) ($3::\(type), $2::text)")
      name += " after"
    }
    if !query.search.isEmpty {
      conditions.append("strpos(p.search, $\(query.after == nil ? 2 : column == "id" ? 3 : 4)::text) > 0")
      name += " search"
    }
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    return PreparedStatement(
      name: name,
      sql: "SELECT c.revision, c.products, c.state, \(columns) FROM vitrine.catalog c LEFT JOIN LATERAL "
        + "(SELECT * FROM vitrine.products p \(filter) ORDER BY \(order) LIMIT $1::bigint) p ON true ORDER BY \(order)")
  }

  static func values(of query: ProductQuery) -> [String?] {
    // One more than was asked for tells that there is a next page.
    var values: [String?] = ["\(query.limit + 1)"]
    if let after = query.after {
      values.append(after.id)
      switch after.key {
      case _ where after.sort.field == .id: break
      case .integer(let number): values.append("\(number)")
      case .text(let text): values.append(text)
      }
    }
    if !query.search.isEmpty { values.append(String(decoding: query.search, as: UTF8.self)) }
    return values
  }

  private static func column(of field: ProductSort.Field) -> String {
    switch field {
    case .id: "id"
    case .name: "name"
    case .price: "price"
    case .stock: "stock"
    case .createdAt: "created_at"
    case .updatedAt: "updated_at"
    }
  }

  private static func isText(_ field: ProductSort.Field) -> Bool { field == .id || field == .name }

  // MARK: Rows

  static func head(of rows: [PostgreSQLConnection.Row]) throws(StoreError) -> Head {
    guard let row = rows.first, let revision = row[0].flatMap({ Int($0) }), let products = row[1].flatMap({ Int($0) }),
      let state = row[2]
    else { throw .unavailable("PostgreSQL: vitrine.catalog has no row") }
    return Head(revision: revision, products: products, state: state)
  }

  /// The products of the rows, behind their heads, in the rows' order.
  static func found(in rows: [PostgreSQLConnection.Row]) throws(StoreError) -> [Found] {
    var found: [Found] = []
    for row in rows {
      // LEFT JOIN: the catalogue without a product.
      guard let id = row[3] else { continue }
      guard let product = product(id, row) else {
        throw .unavailable("PostgreSQL: the row of product \(id) is none of a product")
      }
      found.append(Found(entry: CatalogEntry(product), version: row.count > 13 ? row[13] ?? "" : ""))
    }
    return found
  }

  private static func product(_ id: String, _ row: PostgreSQLConnection.Row) -> Product? {
    func integer(_ column: Int) -> Int? { row[column].flatMap { Int($0) } }
    guard let name = row[4], let description = row[5], let price = integer(6), let currency = row[7],
      let tags = row[8], let stock = integer(9), let createdAt = integer(10), let updatedAt = integer(11),
      let revision = integer(12)
    else { return nil }
    return Product(
      id: id,
      details: ProductDetails(
        name: name, description: description, price: price, currency: currency,
        tags: tags.split(separator: "\n").map(String.init), stock: stock),
      createdAt: Int64(createdAt), updatedAt: Int64(updatedAt), revision: revision)
  }
}

// MARK: Changes

extension ProductStatements {
  /// What is to become of an id: `entry` is stored, or nothing is left, if the version is still `expected`.
  struct Write: Sendable {
    let id: String
    let entry: CatalogEntry?
    /// Nil: there must be none.
    let expected: String?
  }

  /// Values: as `values` makes them. Its one row tells how many of the writes were made.
  static let write = PreparedStatement(
    name: "write",
    sql: """
      WITH given AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
          $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[])
        AS g (id, expected, name, description, price, currency, tags, stock, created_at, updated_at, revision, search)
      ), made AS (
        INSERT INTO vitrine.products
          (id, name, description, price, currency, tags, stock, created_at, updated_at, revision, search)
        SELECT id, name, description, price, currency, string_to_array(tags, E'\\n'), stock, created_at, updated_at,
          revision, search
        FROM given WHERE expected IS NULL
        ON CONFLICT (id) DO NOTHING RETURNING 1
      ), replaced AS (
        UPDATE vitrine.products p SET name = g.name, description = g.description, price = g.price,
          currency = g.currency, tags = string_to_array(g.tags, E'\\n'), stock = g.stock,
          created_at = g.created_at, updated_at = g.updated_at, revision = g.revision, search = g.search
        FROM given g WHERE p.id = g.id AND p.xmin = g.expected::xid AND g.name IS NOT NULL RETURNING 1
      ), gone AS (
        DELETE FROM vitrine.products p USING given g
        WHERE p.id = g.id AND p.xmin = g.expected::xid AND g.name IS NULL RETURNING 1
      )
      SELECT (SELECT count(*) FROM made) + (SELECT count(*) FROM replaced) + (SELECT count(*) FROM gone)
      """)

  static func values(of writes: [Write]) -> [String?] {
    func array(_ value: (Write) -> String?) -> String { self.array(of: writes.map(value)) }
    func column(_ value: (Product) -> String) -> String { array { $0.entry.map { value($0.product) } } }
    return [
      array(\.id), array(\.expected), column(\.name), column(\.description), column { "\($0.price)" },
      column(\.currency), column { $0.tags.joined(separator: "\n") }, column { "\($0.stock)" },
      column { "\($0.createdAt)" }, column { "\($0.updatedAt)" }, column { "\($0.revision)" }, column(\.searchText),
    ]
  }

  /// As PostgreSQL reads an array: `{"a","b\"c",NULL}`.
  static func array(of elements: [String?]) -> String {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      guard let element else {
        bytes.append(contentsOf: "NULL".utf8)
        continue
      }
      bytes.append(UInt8(ascii: "\""))
      for byte in element.utf8 {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
        bytes.append(byte)
      }
      bytes.append(UInt8(ascii: "\""))
    }
    bytes.append(UInt8(ascii: "}"))
    return String(decoding: bytes, as: UTF8.self)
  }
}

#endif
