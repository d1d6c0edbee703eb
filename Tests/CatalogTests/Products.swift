@testable import Catalog

extension Product {
  /// A good product, with what a test cares about.
  static func sample(
    _ id: String, name: String = "N", description: String = "", price: Int = 1, currency: String = "EUR",
    tags: [String] = [], stock: Int = 1, at time: Int64 = 0, revision: Int = 1
  ) -> Product {
    Product(
      id: id,
      details: ProductDetails(
        name: name, description: description, price: price, currency: currency, tags: tags, stock: stock),
      createdAt: time, updatedAt: time, revision: revision)
  }
}
