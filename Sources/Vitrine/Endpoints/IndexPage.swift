package import Catalog

/// The `text/html` form of `/`: one page that needs nothing else, neither file nor other host, and that changes only
/// with the products. So it is rendered once and kept; the browser counts the uptime.
package struct IndexPage: Sendable {
  private let message: String
  private let name: String
  private let version: String
  private let revision: String
  private let hostname: String
  private let startTime: String
  private let products: [Product]
  private let count: Int?

  /// All text is plain: it is escaped here.
  ///
  /// - Parameters:
  ///   - startTime: RFC 3339, `2026-08-01T12:00:00Z`: the browser reads it too.
  ///   - products: in the order in which they are shown; the first ones, where there are many.
  ///   - count: how many there are; nil where nobody knows.
  package init(
    message: String, name: String, version: String, revision: String, hostname: String, startTime: String,
    products: [Product], count: Int?
  ) {
    self.message = message
    self.name = name
    self.version = version
    self.revision = revision
    self.hostname = hostname
    self.startTime = startTime
    self.products = products
    self.count = count
  }

  /// The value of Content-Security-Policy that the page is made for: w3.org/TR/CSP3. Nothing may be loaded, sent or
  /// framed, and the page's own style and script are known by their hashes.
  package static let contentSecurityPolicy =
    "default-src 'none'; style-src '\(styleHash)'; script-src '\(scriptHash)'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  /// The whole document, UTF-8.
  package func html() -> [UInt8] {
    let page: HTML = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(message) · \(name)</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      \(header)
      <main>
      \(catalogue)
      </main>
      \(footer)
      <script>\(Self.script)</script>
      </body>
      </html>

      """
    return Array(page.text.utf8)
  }
}

extension IndexPage {
  private var header: HTML {
    """
    <header>
    <p class="name">\(Self.mark)\(name)</p>
    <h1>\(message)</h1>
    <dl class="facts">
    <div><dt>Version</dt><dd>\(version)</dd></div>
    <div><dt>Revision</dt><dd>\(revision)</dd></div>
    <div><dt>Host</dt><dd>\(hostname)</dd></div>
    <div><dt>Started</dt><dd><time id="started" datetime="\(startTime)">\(startTime)</time></dd></div>
    <div hidden><dt>Uptime</dt><dd id="uptime"></dd></div>
    </dl>
    </header>
    """
  }

  /// A glass case, in the colour of the text around it.
  private static let mark: HTML = """
    <svg aria-hidden="true" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" \
    stroke-width="1.5" stroke-linejoin="round"><path d="M5 15V3h14v12M3 15h18v3H3zM6 18v3m12-3v3M9.5 15v-3L12 8l2.5 \
    4v3"/></svg>
    """

  private var catalogue: HTML {
    let number = max(count ?? 0, products.count)
    let all = number == 1 ? "1 product" : "\(Price.grouped(String(number))) products"
    let text = number > products.count ? "\(products.count) of \(all)" : all
    let list: HTML = products.isEmpty ? "" : "\n<ol class=\"cases\">\n\(products.map(Self.article))</ol>"
    return """
      <h2>On show <span class="count">\(text)</span></h2>\(list)
      """
  }

  private static func article(_ item: Product) -> HTML {
    let price = Price(minorUnits: item.price, currency: item.currency)
    let tags: HTML =
      item.tags.isEmpty
      ? "" : "<ul class=\"tags\" aria-label=\"Tags\">\(item.tags.map { "<li>\($0)</li>" as HTML })</ul>\n"
    let stock: HTML =
      item.stock > 0
      ? "<p class=\"stock\">\(Price.grouped(String(item.stock))) in stock</p>"
      : "<p class=\"stock none\">Out of stock</p>"
    return """
      <li><article>
      <h3><a href="api/products/\(item.id)">\(item.name)</a></h3>
      <p>\(item.description)</p>
      \(tags)<footer><p class="price">\(price.amount) <abbr>\(price.currency)</abbr></p>\(stock)</footer>
      </article></li>

      """
  }

  /// Relative links: the page may be served below a path.
  private var footer: HTML {
    """
    <footer class="links">
    <nav aria-label="Endpoints"><a href="api/products">/api/products</a> <a href="healthz?verbose">/healthz</a> \
    <a href="readyz?verbose">/readyz</a> <a href="version">/version</a></nav>
    </footer>
    """
  }
}
