/// The built-in catalogue, a museum's shop: what GET /api/products shows when no file is given, and what a store that
/// is empty begins with.
///
/// Made up, and no claim about any real shop. They show what callers should cope with: accents, quotes, several
/// currencies (one without a minor unit), no stock, no tags, a price of 0. They stand in `products.json`, which a store
/// imports as it is.
package enum SampleProducts {
  /// The file's bytes.
  package static var json: [UInt8] { PackageResources.products_json }

  package static let products: [Product] = {
    do throws(CatalogError) {
      return try ProductFile(json: json, file: "products.json", limits: CatalogLimits(), time: 0).products
    } catch {
      preconditionFailure("\(error)")
    }
  }()
}
