import FoundationEssentials
import Testing

@testable import Catalog

/// The JSON of products, and what a snapshot tells.
@Suite struct CatalogSnapshotTests {
  static let product = Product(
    id: "a", name: "a/b \"c\"", description: "\u{1}\n\\ é 🦋 \u{7F}\u{9B}", price: 1250, currency: "EUR",
    tags: ["x", "y"], stock: 3)

  @Test func rendersFieldsInOneOrderAndLeavesSlashesAlone() {
    let expected =
      #"{"id":"a","name":"a/b \"c\"","description":"\u0001\n\\ é 🦋 \u007f\u009b","price":1250,"currency":"EUR","#
      + #""tags":["x","y"],"stock":3}"#
    #expect(String(decoding: Self.product.json(), as: UTF8.self) == expected)
  }

  @Test(arguments: 0..<0x180 as Range<UInt32>)
  func everyScalarComesBackFromADecoder(value: UInt32) throws {
    let text = "a" + String(try #require(Unicode.Scalar(value))) + "b"
    var bytes: [UInt8] = []
    JSONText.append(string: text, to: &bytes)
    #expect(try JSONDecoder().decode(String.self, from: Data(bytes)) == text)
    let isBare = bytes.dropFirst().dropLast().contains { $0 < 0x20 || $0 == 0x7F }
    #expect(!isBare)
  }

  @Test func listHoldsTheSameBytesAsEachProduct() throws {
    let snapshot = SampleProducts().snapshot
    let bodies = snapshot.products.map { String(decoding: $0.json(), as: UTF8.self) }
    let list = "{\"items\":[" + bodies.joined(separator: ",") + "],\"next\":null}"
    #expect(String(decoding: snapshot.json, as: UTF8.self) == list)
    for product in snapshot.products {
      let item = try #require(snapshot.item(id: product.id))
      #expect(item.product == product)
      #expect(Array(item.json) == product.json())
    }
    #expect(snapshot.item(id: "no-such") == nil)
  }

  @Test func anEmptyListIsAListToo() {
    #expect(String(decoding: CatalogSnapshot(products: []).json, as: UTF8.self) == #"{"items":[],"next":null}"#)
  }

  @Test func revisionFollowsTheContentAlone() throws {
    let cheaper = Product(
      id: "a", name: "N", description: "", price: 1, currency: "EUR", tags: [], stock: 1)
    let dearer = Product(
      id: "a", name: "N", description: "", price: 2, currency: "EUR", tags: [], stock: 1)
    let one = CatalogSnapshot(products: [cheaper])
    #expect(one.revision == CatalogSnapshot(products: [cheaper]).revision)
    #expect(one.revision != CatalogSnapshot(products: [dearer]).revision)
    let item = try #require(one.item(id: "a"))
    #expect(item.revision != CatalogSnapshot(products: [dearer]).item(id: "a")?.revision)
    #expect(one.revision.utf8.count == 16 && item.revision.utf8.count == 16)
  }

  /// The vectors of RFC 9923, Appendix C.
  @Test(
    arguments: [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
      as [(String, UInt64)])
  func hashIsFNV1a(text: String, hash: UInt64) {
    #expect(ContentHash.fnv1a(Array(text.utf8)[...]) == hash)
  }

  @Test func samplesFollowTheRulesOfAFile() throws {
    let products = SampleProducts.products
    #expect(products.count >= 12)
    let decoded = try ProductFile.products(json: Data(CatalogSnapshot(products: products).json), file: "samples")
    #expect(decoded == products)
  }
}
