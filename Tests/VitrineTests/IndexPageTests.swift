import Catalog
import Foundation
import Testing

@testable import Vitrine

@Suite struct IndexPageTests {
  private func page(
    message: String = "Hello", name: String = "vitrine", products: [Product] = [], count: Int? = nil
  ) -> String {
    let page = IndexPage(
      message: message, name: name, version: "1.2.3", revision: "0123456789ab", hostname: "host-1",
      startTime: "2026-08-01T12:00:00Z", products: products, count: count)
    return String(decoding: page.html(), as: UTF8.self)
  }

  private func item(
    id: String = "a", name: String = "A", description: String = "", price: Int = 4900, currency: String = "EUR",
    tags: [String] = [], stock: Int = 3
  ) -> Product {
    Product(
      id: id,
      details: ProductDetails(
        name: name, description: description, price: price, currency: currency, tags: tags, stock: stock),
      createdAt: 0, updatedAt: 0, revision: 1)
  }

  @Test func showsWhatItIsGiven() {
    let html = page(products: [
      item(id: "x-1", name: "Lamp", description: "Of brass.", tags: ["metal", "light"], stock: 4200)
    ])
    for text in [
      "<title>Hello · vitrine</title>", "<h1>Hello</h1>", ">1.2.3<", ">0123456789ab<", ">host-1<",
      "datetime=\"2026-08-01T12:00:00Z\"", "1 product<", "href=\"api/products/x-1\">Lamp</a>", "<p>Of brass.</p>",
      "<li>metal</li><li>light</li>", "49.00 <abbr>EUR</abbr>", "4,200 in stock",
    ] {
      #expect(html.contains(text), "\(text)")
    }
  }

  @Test func escapesEverything() {
    let evil = "<script>alert(\"1\")</script>&'\u{301}"
    let html = page(
      message: evil, name: evil,
      products: [item(id: evil, name: evil, description: evil, currency: evil, tags: [evil])])
    #expect(html.components(separatedBy: "<script>").count == 2, "its own alone")
    #expect(!html.contains("alert(\""))
    let escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\u{301}"
    #expect(html.components(separatedBy: escaped).count == 10, "nine places")
  }

  @Test func saysHowManyItDoesNotShow() {
    #expect(page(products: [item()], count: 4200).contains("1 of 4,200 products<"))
    #expect(page(products: [item()], count: 1).contains(">1 product<"))
  }

  @Test func showsAnEmptyCatalogueWithoutAList() {
    let html = page()
    #expect(html.contains("0 products") && !html.contains("<ol"))
  }

  @Test func saysWhatIsOutOfStock() {
    #expect(page(products: [item(stock: 0)]).contains("Out of stock"))
  }

  @Test func loadsNothing() {
    let html = page(products: [item()])
    for reference in ["src=", "url(", "@import", "http://", "https://", "<link", "style=", "onclick", "srcset"] {
      #expect(!html.contains(reference), "\(reference)")
    }
  }

  @Test func isTheSameEveryTime() {
    #expect(page(products: [item()]) == page(products: [item()]))
  }

  @Test func everyTagIsClosed() throws {
    let html = page(products: [item(tags: ["a"]), item(tags: []), item(stock: 0)])
    let body = html.replacing(/<style>(?s:.)*?<\/style>|<script>(?s:.)*?<\/script>/, with: "")
    var open: [Substring] = []
    for tag in body.matches(of: /<(\/?)([a-z0-9]+)([^>]*?)(\/?)>/) {
      let (closes, name, empty) = (!tag.1.isEmpty, tag.2, !tag.4.isEmpty || tag.2 == "meta")
      if closes { #expect(open.popLast() == name) } else if !empty { open.append(name) }
    }
    #expect(open.isEmpty)
  }

  @Test func thePolicyKnowsStyleAndScriptByTheirHashes() throws {
    let html = page()
    let style = try #require(html.firstMatch(of: /<style>((?s:.)*?)<\/style>/)).1
    let script = try #require(html.firstMatch(of: /<script>((?s:.)*?)<\/script>/)).1
    let (styleHash, scriptHash) = ("sha256-" + base64(sha256(style.utf8)), "sha256-" + base64(sha256(script.utf8)))
    #expect(IndexPage.styleHash == styleHash)
    #expect(IndexPage.scriptHash == scriptHash)
    #expect(
      IndexPage.contentSecurityPolicy
        == "default-src 'none'; style-src '\(styleHash)'; script-src '\(scriptHash)'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'")
  }

  @Test(
    arguments: [
      (0, "EUR", "0.00"), (5, "EUR", "0.05"), (99, "USD", "0.99"), (100, "EUR", "1.00"), (4900, "EUR", "49.00"),
      (99_999, "EUR", "999.99"), (100_000, "EUR", "1,000.00"), (123_456_789, "GBP", "1,234,567.89"),
      (3800, "JPY", "3,800"), (0, "JPY", "0"), (380, "KRW", "380"), (1500, "KWD", "1.500"), (1, "BHD", "0.001"),
      (12_345_678, "CLF", "1,234.5678"), (100, "XXX", "1.00"), (-1250, "EUR", "-12.50"),
      (9_007_199_254_740_991, "EUR", "90,071,992,547,409.91"), (Int.min, "JPY", "-9,223,372,036,854,775,808"),
    ])
  func showsAnAmountWithItsCurrencysDecimals(minorUnits: Int, currency: String, amount: String) {
    #expect(Price(minorUnits: minorUnits, currency: currency).amount == amount)
  }

  @Test(
    arguments: [
      ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
      ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
      ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="),
    ])
  func theTestsOwnSHA256IsFIPS180s(text: String, hash: String) {
    #expect(base64(sha256(text.utf8)) == hash)
  }

  private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// FIPS 180-4 §6.2, so that the test needs no library. Its constants are fractions of roots of the first primes.
  private func sha256(_ text: some Collection<UInt8>) -> [UInt8] {
    let primes = (2...311).filter { n in (2..<n).allSatisfy { n % $0 != 0 } }
    func fraction(_ root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 4_294_967_296) }
    let k = primes.map { fraction(cbrt(Double($0))) }
    var hash = primes.prefix(8).map { fraction(Double($0).squareRoot()) }
    func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }

    var message = Array(text) + [0x80]
    while message.count % 64 != 56 { message.append(0) }
    message += (0..<8).reversed().map { UInt8(truncatingIfNeeded: (text.count * 8) >> ($0 * 8)) }
    for start in stride(from: 0, to: message.count, by: 64) {
      var w = (0..<16).map { i in
        message[(start + i * 4)..<(start + i * 4 + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      }
      for i in 16..<64 {
        let s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3
        let s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10
        w.append(w[i - 16] &+ s0 &+ w[i - 7] &+ s1)
      }
      var v = hash
      for i in 0..<64 {
        let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
        let one = v[7] &+ (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) &+ choice &+ k[i] &+ w[i]
        let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
        let two = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) &+ majority
        v = [one &+ two, v[0], v[1], v[2], v[3] &+ one, v[4], v[5], v[6]]
      }
      for i in 0..<8 { hash[i] = hash[i] &+ v[i] }
    }
    return hash.flatMap { word in (0..<4).reversed().map { UInt8(truncatingIfNeeded: word >> (UInt32($0) * 8)) } }
  }
}
