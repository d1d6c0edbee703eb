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
      ("tags", #"["t"]"#), ("stock", "1"),
    ]
    let pairs = fields.compactMap { name, value -> String? in
      guard name == field else { return #""\#(name)":\#(value)"# }
      return json.map { #""\#(name)":\#($0)"# }
    }
    return "{" + pairs.joined(separator: ",") + "}"
  }

  private func products(_ json: String) throws(CatalogError) -> [Product] {
    try ProductFile.products(json: Data(json.utf8), file: "products.json")
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
    let expected = Product(
      id: "a.B-1_", name: "N", description: "", price: 0, currency: "EUR", tags: ["t"], stock: 1)
    #expect(try products(json) == [expected])
  }

  @Test func takesItsOwnAnswerBack() throws {
    let snapshot = SampleProducts().snapshot
    let again = try ProductFile.products(json: Data(snapshot.json), file: "answer")
    #expect(again == snapshot.products)
    #expect(CatalogSnapshot(products: again).revision == snapshot.revision)
  }

  @Test(arguments: [
    ("price", "12.5", "must be an integer of minor units, 0 or more, found 12.5"),
    ("price", "-1", "must be an integer of minor units, 0 or more, found -1"),
    ("price", #""12""#, #"must be an integer of minor units, 0 or more, found "12""#),
    ("price", "true", "must be an integer of minor units, 0 or more, found true"),
    ("price", "null", "must be an integer of minor units, 0 or more, found null"),
    ("price", "1e40", "must be an integer of minor units, 0 or more, found 1e+40"),
    ("price", "9007199254740992", "must be at most 9007199254740991, found 9007199254740992"),
    ("price", nil, "is missing: must be an integer of minor units, 0 or more"),
    ("stock", "[1,2]", "must be an integer, 0 or more, found an array of 2"),
    ("stock", "{}", "must be an integer, 0 or more, found an object"),
    ("id", #""a/b""#, #"must be 1 to 64 of A-Z a-z 0-9 . _ -, found "a/b""#),
    ("id", #""é""#, #"must be 1 to 64 of A-Z a-z 0-9 . _ -, found "é""#),
    ("id", #""""#, #"must be 1 to 64 of A-Z a-z 0-9 . _ -, found """#),
    ("id", "7", "must be 1 to 64 of A-Z a-z 0-9 . _ -, found 7"),
    ("name", #""""#, #"must be a string of 1 to 200 bytes, found """#),
    ("description", nil, "is missing: must be a string of at most 4000 bytes"),
    ("currency", #""eur""#, #"must be three capital letters (ISO 4217), found "eur""#),
    ("currency", #""EURO""#, #"must be three capital letters (ISO 4217), found "EURO""#),
    ("tags", #""t""#, #"must be an array of at most 20 strings of 1 to 50 bytes, found "t""#),
  ])
  func namesTheIndexTheFieldTheRuleAndTheValue(field: String, json: String?, problem: String) {
    let wrong = Self.product(field, json)
    #expect(lines("[\(Self.good),\(wrong)]") == ["products.json: [1].\(field): \(problem)"])
    #expect(lines(#"{"items":[\#(wrong)]}"#) == ["products.json: items[0].\(field): \(problem)"])
  }

  @Test func namesTheWrongTag() {
    let wrong = Self.product("tags", #"["t","",7]"#)
    #expect(lines("[\(wrong)]") == ["products.json: [0].tags[1]: must be a string of 1 to 50 bytes"])
  }

  @Test(arguments: [("id", 64), ("name", 200), ("description", 4000)])
  func takesTextUpToTheLimitAndNotOneByteMore(field: String, bytesMax: Int) {
    let longest = String(repeating: "x", count: bytesMax)
    #expect(lines("[\(Self.product(field, "\"\(longest)\""))]").isEmpty)
    let found = lines("[\(Self.product(field, "\"\(longest)x\""))]")
    #expect(found.count == 1 && found[0].hasPrefix("products.json: [0].\(field): must be "))
    #expect(found[0].hasSuffix("(\(bytesMax + 1) bytes)") && found[0].count < 160)
  }

  @Test func reportsEveryMistakeOfEveryItemAtOnce() {
    let json = #"""
      {"items":[{"id":"a","name":"","price":1.5,"description":"","currency":"EUR","tags":[],"stock":0},
        17, {"id":"a","nmae":"N","description":"","price":1,"currency":"EUR","tags":[],"stock":0}],"next":"/2","page":1}
      """#
    #expect(
      Set(lines(json)) == [
        "products.json: items[0].name: must be a string of 1 to 200 bytes, found \"\"",
        "products.json: items[0].price: must be an integer of minor units, 0 or more, found 1.5",
        "products.json: items[1]: must be an object",
        "products.json: items[2].nmae: is not a field of a product (id, name, description, price, currency, tags, stock)",
        "products.json: items[2].name: is missing: must be a string of 1 to 200 bytes",
        "products.json: items[2].id: must be unique, found \"a\" at items[0] too",
        "products.json: next: must be null, found \"/2\"",
        "products.json: page: is not a field of a catalogue (items, next)",
      ])
  }

  @Test func listsAHundredMistakesAndCountsTheRest() {
    let json = "[" + Array(repeating: "0", count: 250).joined(separator: ",") + "]"
    let found = lines(json)
    #expect(found.count == 101)
    #expect(found.last == "products.json: and 150 more")
  }

  @Test func refusesMoreProductsThanTheLimit() {
    let json = "[" + Array(repeating: "0", count: 100_001).joined(separator: ",") + "]"
    #expect(lines(json) == ["products.json: must have at most 100000 products"])
  }

  @Test(arguments: [
    ("", "line 1, column 1: expected a value"),
    ("{", "line 1, column 2: expected a field's name in double quotes"),
    ("[1,]", "line 1, column 4: expected a value"),
    ("nonsense", "line 1, column 1: expected a value"),
    ("[\n 1\n 2]", "line 3, column 2: expected \",\" or \"]\" after a value"),
    ("{\"items\": [\n{\"id\": }]}", "line 2, column 8: expected a value"),
    ("{\"items\" []}", "line 1, column 10: expected \":\" after a field's name"),
    (#"{"items":[]} x"#, "line 1, column 14: expected the end"),
    (#"[{"a":1,"b":1,"a":2}]"#, "line 1, column 15: expected a name that this object does not have yet"),
    (#"["a\q"]"#, "line 1, column 5: expected an escape"),
    (#"["a\u12g4"]"#, "line 1, column 8: expected four hexadecimal digits after \\u"),
    ("[\"a", "line 1, column 4: expected the end of a string"),
    ("[-]", "line 1, column 3: expected a digit"),
    ("[1.]", "line 1, column 4: expected a digit"),
    ("[01]", "line 1, column 3: expected \",\" or \"]\" after a value"),
    (String(repeating: "[", count: 600), "line 1, column 513: expected at most 512 levels"),
  ])
  func tellsWhereAFileStopsBeingJSON(json: String, place: String) {
    #expect(lines(json) == ["products.json: must be JSON: \(place)"])
  }

  @Test func theGrammarFindsNothingWrongWithJSON() {
    let json = #" {"a" : [ 1 , -0.5e+10, 0, true, false, null, "\"\\\/\b\f\n\r\té\u00e9", {}, [] ] } "#
    #expect(JSONSyntax.firstMistake(in: Array(json.utf8)) == nil)
  }

  @Test func refusesBytesThatAreNotUTF8() {
    #expect(throws: CatalogError.self) {
      try ProductFile.products(json: Data([0x5B, 0x22, 0xFF, 0x22, 0x5D]), file: "f")
    }
  }

  @Test(arguments: [
    ("7", "products.json: must be an array of products or an object with items"),
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
