import FoundationEssentials
import Testing

@testable import Catalog

/// The JSON of products, and what a snapshot tells.
@Suite struct CatalogSnapshotTests {
  @Test func rendersFieldsInOneOrderAndLeavesSlashesAlone() {
    let product = Product.sample(
      "a", name: "a/b \"c\"", description: "\u{1}\n\\ é 🦋 \u{7F}\u{9B}", price: 1250, tags: ["x", "y"], stock: 3,
      at: 1_767_225_600_123, revision: 7)
    let expected =
      #"{"id":"a","name":"a/b \"c\"","description":"\u0001\n\\ é 🦋 \u007f\u009b","price":1250,"currency":"EUR","#
      + #""tags":["x","y"],"stock":3,"createdAt":"2026-01-01T00:00:00.123Z","updatedAt":"2026-01-01T00:00:00.123Z","#
      + #""revision":7}"#
    #expect(String(decoding: product.json(), as: UTF8.self) == expected)
  }

  @Test(arguments: 0..<0x180 as Range<UInt32>)
  func everyScalarComesBackFromADecoder(value: UInt32) throws {
    let text = "a" + String(try #require(Unicode.Scalar(value))) + "b"
    var bytes: [UInt8] = []
    JSONText.append(string: text, to: &bytes)
    #expect(try JSONDecoder().decode(String.self, from: Data(bytes)) == text)
    #expect(try JSONReader.value(of: bytes) == .string(text))
    let isBare = bytes.dropFirst().dropLast().contains { $0 < 0x20 || $0 == 0x7F }
    #expect(!isBare)
  }

  @Test func listHoldsTheSameBytesAsEachProduct() throws {
    let snapshot = CatalogSnapshot(products: SampleProducts.products, revision: 1)
    let bodies = snapshot.entries.map { String(decoding: $0.product.json(), as: UTF8.self) }
    let list = "{\"items\":[" + bodies.joined(separator: ",") + "],\"next\":null}"
    #expect(String(decoding: snapshot.firstPage.json, as: UTF8.self) == list)
    for product in SampleProducts.products {
      let entry = try #require(snapshot.entry(id: product.id))
      #expect(entry.product == product && entry.json == product.json())
    }
    for id in ["no-such", "", "a", "zzz"] { #expect(snapshot.entry(id: id) == nil) }
  }

  @Test func anEmptyListIsAListToo() {
    let snapshot = CatalogSnapshot(products: [], revision: 0)
    #expect(String(decoding: snapshot.firstPage.json, as: UTF8.self) == #"{"items":[],"next":null}"#)
    #expect(snapshot.entry(id: "a") == nil)
  }

  @Test func tagsFollowTheContentAlone() throws {
    func page(_ price: Int, revision: Int = 1) -> ProductPage {
      CatalogSnapshot(products: [.sample("a", price: price), .sample("b")], revision: revision).firstPage
    }
    #expect(page(1).tag == page(1, revision: 2).tag)
    #expect(page(1).tag != page(2).tag)
    #expect(page(1).entries[0].tag != page(2).entries[0].tag && page(1).entries[1].tag == page(2).entries[1].tag)
    #expect(page(1).etag.count == 18)
    #expect(String(decoding: ContentHash.etag(0xab), as: UTF8.self) == "\"00000000000000ab\"")
  }

  /// The vectors of RFC 9923, Appendix C.
  @Test(
    arguments: [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
      as [(String, UInt64)])
  func hashIsFNV1a(text: String, hash: UInt64) {
    #expect(ContentHash.fnv1a(Array(text.utf8)[...]) == hash)
  }

  @Test func samplesAreAFile() throws {
    #expect(SampleProducts.products.count >= 12)
    #expect(Set(SampleProducts.products.map(\.id)).count == SampleProducts.products.count)
  }

  /// Few changes at once move entries, many sort anew: both come to what a catalogue made of the result has.
  @Test(arguments: [1, 5, 64, 65, 400])
  func aChangedCatalogueIsThatOfTheChangedProducts(count: Int) throws {
    var random = Steps(seed: UInt64(count))
    var products = Dictionary(
      uniqueKeysWithValues: (0..<300).map { number in
        ("p\(number)", Product.sample("p\(number)", name: "n\(random.next(40))", price: random.next(9)))
      })
    var snapshot = CatalogSnapshot(products: Array(products.values), revision: 1)
    let queries = ProductSort.all.compactMap(ProductSort.init).map { ProductQuery(limit: 1000, sort: $0) }
    for query in queries { _ = snapshot.page(query) }
    for round in 2...4 {
      let changes = (0..<count).map { _ -> (id: String, entry: CatalogEntry?) in
        let id = "p\(random.next(360))"
        guard random.next(3) > 0 else {
          products[id] = nil
          return (id, nil)
        }
        let product = Product.sample(id, name: "n\(random.next(40))", price: random.next(9), revision: round)
        products[id] = product
        return (id, CatalogEntry(product))
      }
      snapshot = snapshot.changed(by: changes, revision: round)
      let anew = CatalogSnapshot(products: Array(products.values), revision: round)
      #expect(snapshot.count == products.count && snapshot.revision == round)
      for query in queries {
        #expect(snapshot.page(query).json == anew.page(query).json, "\(query.sort.text)")
      }
    }
  }
}

/// Numbers that look random and are the same in every run.
struct Steps {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// 0 up to `bound`, without it.
  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}
