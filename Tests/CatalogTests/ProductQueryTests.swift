import Testing

@testable import Catalog

/// Pages, orders, cursors and searches.
@Suite struct ProductQueryTests {
  static let products: [Product] = (0..<57).map { number in
    .sample(
      "p\(number)", name: ["Äpfel", "apple", "Zebra", "b"][number % 4], price: number % 5,
      tags: number % 3 == 0 ? ["Wood", "kit"] : [], stock: number % 2, at: Int64(number / 10) * 1000)
  }
  static let snapshot = CatalogSnapshot(products: products, revision: 1)

  private func walk(_ query: ProductQuery, in snapshot: CatalogSnapshot = snapshot) -> [[String]] {
    var query = query
    var pages: [[String]] = []
    repeat {
      let page = snapshot.page(query)
      pages.append(page.entries.map(\.id))
      query.after = page.next
    } while query.after != nil && pages.count < 1000
    return pages
  }

  @Test(arguments: ProductSort.all, [1, 7, 20, 57, 100])
  func pagesTogetherAreTheWholeListInItsOrder(sort: String, limit: Int) throws {
    let sort = try #require(ProductSort(sort))
    let pages = walk(ProductQuery(limit: limit, sort: sort))
    #expect(pages.dropLast().allSatisfy { $0.count == limit } && pages.allSatisfy { !$0.isEmpty })
    let expected = Self.products.sorted { left, right in
      let order = SortKey.compare(SortKey(left, sort.field), SortKey(right, sort.field))
      let whole = order != 0 ? order : SortKey.compare(left.id, right.id)
      return sort.isDescending ? whole > 0 : whole < 0
    }
    #expect(pages.flatMap(\.self) == expected.map(\.id))
  }

  @Test func textIsOrderedByItsBytes() {
    let names = walk(ProductQuery(limit: 100, sort: ProductSort(.name)))[0].compactMap {
      Self.snapshot.entry(id: $0)?.product.name
    }
    #expect(names.reduce(into: []) { if $0.last != $1 { $0.append($1) } } == ["Zebra", "apple", "b", "Äpfel"])
  }

  @Test func nothingIsShownTwiceWhileProductsComeAndGo() throws {
    for sort in ProductSort.all.compactMap(ProductSort.init) {
      var query = ProductQuery(limit: 10, sort: sort)
      let first = Self.snapshot.page(query)
      query.after = first.next
      #expect(query.after != nil)
      // The one behind which the next page begins goes, as do all that were shown.
      let changed = Self.snapshot.changed(by: first.entries.map { ($0.id, nil) }, revision: 2)
      let rest = walk(query, in: changed).flatMap(\.self)
      #expect(rest.count == Self.products.count - 10 && Set(rest).isDisjoint(with: first.entries.map(\.id)))
    }
  }

  @Test(arguments: [
    ("wood", 19), ("WOOD", 19), ("äpfel", 15), ("ÄPFEL", 15), ("pp", 14), ("", 57), ("woodkit", 0), ("wood\nkit", 19),
    ("nothing", 0), ("p1", 0),
  ])
  func searchLooksInNameAndTagsWithoutCase(text: String, count: Int) {
    for sort in [ProductSort(.id), ProductSort(.price, isDescending: true)] {
      let found = walk(ProductQuery(limit: 5, search: text, sort: sort)).flatMap(\.self)
      #expect(found.count == count && Set(found).count == count, "\(text)")
    }
  }

  @Test func aCursorComesBackFromItsText() throws {
    let awkward = [
      Product.sample("a"), .sample("z-._9", name: "Größe 🦋"),
      .sample("x", price: ProductField.integerMax, at: 1_767_225_600_123),
    ]
    for product in awkward {
      for sort in ProductSort.all.compactMap(ProductSort.init) {
        let cursor = ProductCursor(behind: product, in: sort)
        #expect(ProductCursor(cursor.text) == cursor)
        #expect(ProductCursor.isWellFormed(cursor.text))
        #expect(try Regex(ProductCursor.pattern).wholeMatch(in: cursor.text) != nil)
      }
    }
  }

  @Test(arguments: [
    "", "x", "aWQ", "====", "aWQKYQph ", "aWQKYQphZ", "YmFkCmEKYQ", "aWQKYQpi", "cHJpY2UKYQotMQ", "cHJpY2UKYQowMQ",
    "bmFtZQphCg", "aWQKYQphCg", "é", "cHJpY2UKYQo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
  ])
  func whatNeverWasACursorIsNone(text: String) {
    #expect(ProductCursor(text) == nil && ProductCursor("p1." + text) == nil)
    #expect(!ProductCursor.isWellFormed(text))
  }

  @Test(arguments: [[], [0], [1, 2], [255, 254, 253], [0, 1, 2, 3], Array(0...255)] as [[UInt8]])
  func base64URLIsItsOwnInverse(bytes: [UInt8]) {
    #expect(Base64URL.decoded(Base64URL.encoded(bytes)) == bytes)
  }

  /// RFC 4648 §10.
  @Test(arguments: [("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")])
  func base64URLIsThatOfTheRFC(text: String, encoded: String) {
    #expect(Base64URL.encoded(Array(text.utf8)) == encoded)
  }

  @Test(arguments: ["", "-", "--id", "colour", "ID", "+id", "id "])
  func whatIsNoOrderIsRefused(text: String) {
    #expect(ProductSort(text) == nil)
  }

  /// They find different products, so that no memory of answers may take one for the other.
  @Test func anAccentOfItsOwnIsAnotherQuery() {
    let (one, two) = ("caf\u{E9}", "cafe\u{301}")
    #expect(one == two && ProductQuery(search: one) != ProductQuery(search: two))
    #expect(SortKey.text(one) != .text(two) && Set([SortKey.text(one), .text(two)]).count == 2)
    #expect(!ProductField.currency.allows("\u{212A}RW") && ProductField.currency.allows("KRW"))
  }

  @Test func aLoopIsNotAskedToScanMany() {
    let many = CatalogSnapshot(products: (0...CatalogSnapshot.scanMax).map { .sample("p\($0)") }, revision: 1)
    #expect(
      many.isQuick(ProductQuery()) && many.isQuick(ProductQuery(limit: 100, sort: ProductSort(.id, isDescending: true)))
    )
    #expect(!many.isQuick(ProductQuery(search: "a")))
    let byPrice = ProductQuery(sort: ProductSort(.price))
    #expect(!many.isQuick(byPrice))
    _ = many.page(byPrice)
    #expect(many.isQuick(byPrice))
    #expect(many.changed(by: [("p1", nil)], revision: 2).isQuick(byPrice))
    #expect(Self.snapshot.isQuick(ProductQuery(search: "a", sort: ProductSort(.name))))
  }
}
