import FoundationEssentials
import Testing

@testable import Catalog

/// What a file may hold, and how each mistake in it is told.
@Suite struct ProductFileTests {
  static let good = #"{"id":"a.B-1_","name":"N","description":"","price":0,"currency":"EUR","tags":["t"],"stock":1}"#

  /// The good product with one field's JSON replaced, or left out where the JSON is nil.
  static func product(_ field: String, _ json: String?) -> String {
    let fields = [
      ("id", #""a""#), ("name", #""N""#), ("description", #""""#), ("price", "0"), ("currency", #""EUR""#),
      ("tags", #"["t"]"#), ("stock", "1"), ("createdAt", #""2026-01-01T00:00:00Z""#),
      ("updatedAt", #""2026-01-01T00:00:00Z""#), ("revision", "1"),
    ]
    let pairs = fields.compactMap { name, value -> String? in
      guard name == field else { return #""\#(name)":\#(value)"# }
      return json.map { #""\#(name)":\#($0)"# }
    }
    return "{" + pairs.joined(separator: ",") + "}"
  }

  private func products(_ json: String) throws(CatalogError) -> [Product] {
    try ProductFile(json: Array(json.utf8), file: "products.json", limits: CatalogLimits(), time: 7).products
  }

  private func lines(_ json: String) -> [String] {
    do throws(CatalogError) {
      _ = try products(json)
      return []
    } catch {
      return error.lines
    }
  }

  @Test(arguments: ["[\(good)]", #"{"items":[\#(good)]}"#, #"{"items":[\#(good)],"next":null}"#])
  func takesTheBareArrayAndTheShapeOfTheAnswer(json: String) throws {
    let expected = Product.sample("a.B-1_", price: 0, tags: ["t"], at: 7)
    #expect(try products(json) == [expected])
  }

  @Test func takesItsOwnAnswerAndItsOwnFileBack() throws {
    let snapshot = CatalogSnapshot(products: SampleProducts.products, revision: 3)
    #expect(try products(String(decoding: snapshot.firstPage.json, as: UTF8.self)) == snapshot.entries.map(\.product))
    let json = ProductFile.json(of: snapshot.entries, revision: 3)
    let file = try ProductFile(json: json, file: "f", limits: CatalogLimits(), time: 7)
    #expect(file.products == snapshot.entries.map(\.product) && file.revision == 3)
    // A product a line.
    #expect(json.count { $0 == UInt8(ascii: "\n") } == snapshot.count + 2)
  }

  @Test func takesWhatTheStoreKeepsWhereItIsTold() throws {
    let told = #""createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:01.5Z","revision":4}"#
    let product = try #require(try products("[\(Self.good.dropLast()),\(told)]").first)
    #expect(product.createdAt == 1_767_225_600_000 && product.updatedAt == 1_767_225_601_500 && product.revision == 4)
  }

  @Test(arguments: [
    ("price", "12.5", "must be an integer of minor units, 0 or more, found 12.5"),
    ("price", "-1", "must be an integer of minor units, 0 or more, found -1"),
    ("price", #""12""#, #"must be an integer of minor units, 0 or more, found "12""#),
    ("price", "true", "must be an integer of minor units, 0 or more, found true"),
    ("price", "null", "must be an integer of minor units, 0 or more, found null"),
    ("price", "1e40", "must be an integer of minor units, 0 or more, found 1e40"),
    ("price", "9007199254740992", "must be at most 9007199254740991, found 9007199254740992"),
    ("price", nil, "is missing: must be an integer of minor units, 0 or more"),
    ("stock", "[1,2]", "must be an integer, 0 or more, found an array of 2"),
    ("stock", "{}", "must be an integer, 0 or more, found an object"),
    ("id", #""a/b""#, #"must be 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or a digit, found "a/b""#),
    ("id", #""é""#, #"must be 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or a digit, found "é""#),
    ("id", #""""#, #"must be 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or a digit, found """#),
    ("id", "7", "must be 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or a digit, found 7"),
    ("name", #""""#, #"must be a string of 1 to 200 characters, none of them a control character, found """#),
    ("description", nil, "is missing: must be a string of at most 4000 characters, none of them U+0000"),
    ("currency", #""eur""#, #"must be a currency's code of ISO 4217, found "eur""#),
    ("currency", #""ABC""#, #"must be a currency's code of ISO 4217, found "ABC""#),
    ("id", #"".""#, #"must be 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or a digit, found ".""#),
    ("name", #""a\nb""#, #"must be a string of 1 to 200 characters, none of them a control character, found "a\nb""#),
    (
      "description", #""a\u0000""#,
      #"must be a string of at most 4000 characters, none of them U+0000, found "a\u0000""#
    ),
    (
      "createdAt", #""2026-02-29T00:00:00Z""#,
      #"must be a time like 2026-11-21T12:00:00.123Z, found "2026-02-29T00:00:00Z""#
    ),
    ("updatedAt", "1", "must be a time like 2026-11-21T12:00:00.123Z, found 1"),
    ("revision", "0", "must be an integer, 1 or more, found 0"),
    ("currency", #""EURO""#, #"must be a currency's code of ISO 4217, found "EURO""#),
    ("tags", #""t""#, #"must be an array of at most 20 strings, found "t""#),
  ])
  func namesTheIndexTheFieldTheRuleAndTheValue(field: String, json: String?, problem: String) {
    let wrong = Self.product(field, json)
    #expect(lines("[\(Self.good),\(wrong)]") == ["products.json: [1].\(field): \(problem)"])
    #expect(lines(#"{"items":[\#(wrong)]}"#) == ["products.json: items[0].\(field): \(problem)"])
  }

  @Test func countsWhatItDoesNotName() {
    let names = (10..<40).map { "\"x\($0)\":1" }.joined(separator: ",")
    let lines = lines("[{\(names),\(Self.good.dropFirst()),7]")
    // Of a product twenty-one are named.
    #expect(lines.count == 23)
    #expect(lines[20].hasPrefix("products.json: [0].x30: is not a field of a product"))
    #expect(lines[21...] == ["products.json: [1]: must be an object, found 7", "products.json: and 9 more"])
  }

  @Test func namesTheWrongTag() {
    let wrong = Self.product("tags", #"["t","",7]"#)
    let rule = "must be a string of 1 to 50 characters, none of them a control character"
    #expect(
      lines("[\(wrong)]") == [
        "products.json: [0].tags[1]: \(rule), found \"\"", "products.json: [0].tags[2]: \(rule), found 7",
      ])
  }

  @Test(arguments: [("id", 64), ("name", 200), ("description", 4000)])
  func takesTextUpToTheLimitAndNotOneCharacterMore(field: String, charactersMax: Int) {
    let longest =
      field == "id" ? String(repeating: "x", count: charactersMax) : String(repeating: "🦋", count: charactersMax)
    #expect(lines("[\(Self.product(field, "\"\(longest)\""))]").isEmpty)
    let found = lines("[\(Self.product(field, "\"\(longest)x\""))]")
    #expect(found.count == 1 && found[0].hasPrefix("products.json: [0].\(field): must be "))
    #expect(found[0].hasSuffix("(\(charactersMax + 1) characters)") && found[0].count < 200)
  }

  @Test func reportsEveryMistakeOfEveryItemAtOnce() {
    let json = #"""
      {"items":[{"id":"a","name":"","price":1.5,"description":"","currency":"EUR","tags":[],"stock":0},
        17, {"id":"a","nmae":"N","description":"","price":1,"currency":"EUR","tags":[],"stock":0}],"next":"/2","page":1}
      """#
    #expect(
      Set(lines(json)) == [
        "products.json: items[0].name: must be a string of 1 to 200 characters, none of them a control character, found \"\"",
        "products.json: items[0].price: must be an integer of minor units, 0 or more, found 1.5",
        "products.json: items[1]: must be an object, found 17",
        "products.json: items[2].nmae: is not a field of a product (id, name, description, price, currency, tags, stock, createdAt, updatedAt, revision)",
        "products.json: items[2].name: is missing: must be a string of 1 to 200 characters, none of them a control character",
        "products.json: items[2].id: must be unique, found \"a\" at items[0] too",
        "products.json: next: must be null, found \"/2\"",
        "products.json: page: is not a field of a catalogue (revision, items, next)",
      ])
  }

  @Test func listsAHundredMistakesAndCountsTheRest() {
    let json = "[" + Array(repeating: "0", count: 250).joined(separator: ",") + "]"
    let found = lines(json)
    #expect(found.count == 101)
    #expect(found.last == "products.json: and 150 more")
  }

  @Test func refusesMoreProductsThanTheLimit() throws {
    let json = "[" + (0..<4).map { Self.product("id", "\"p\($0)\"") }.joined(separator: ",") + "]"
    func load(productsMax: Int) throws(CatalogError) -> ProductFile {
      try ProductFile(json: Array(json.utf8), file: "f", limits: CatalogLimits(productsMax: productsMax), time: 0)
    }
    #expect(try load(productsMax: 4).products.count == 4)
    let expected = CatalogError.invalid(file: "f", mistakes: [Mistake([], "must have at most 3 products")], omitted: 0)
    #expect(throws: expected) { try load(productsMax: 3) }
  }

  @Test func tellsWhereAFileStopsBeingJSON() {
    #expect(
      lines("[\n 1\n 2]") == ["products.json: must be JSON: line 3, column 2: expected \",\" or \"]\" after a value"])
  }

  @Test func refusesBytesThatAreNotUTF8() {
    #expect(throws: CatalogError.self) {
      try ProductFile(json: [0x5B, 0x22, 0xFF, 0x22, 0x5D], file: "f", limits: CatalogLimits(), time: 0)
    }
  }

  @Test(arguments: [
    ("7", "products.json: must be an array of products or an object with items, found 7"),
    ("{}", "products.json: items: is missing: must be an array of products"),
    (#"{"items":{}}"#, "products.json: items: must be an array of products, found an object"),
  ])
  func refusesAnotherShape(json: String, line: String) {
    #expect(lines(json) == [line])
  }

  @Test func takesAnEmptyCatalogue() throws {
    #expect(try products("[]").isEmpty)
  }
}
