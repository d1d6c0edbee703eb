import FoundationEssentials

/// The shape of a catalogue's file, and the check that finds every mistake in it rather than the first.
///
/// `JSONDecoder` stops at the first error it throws; so decoding here never throws for a wrong value. Each item decodes
/// to a product or to its mistakes, and the file collects them with their index.
enum ProductFile {
  /// The products in the file's order.
  ///
  /// - Parameter file: the name for the error's lines.
  static func products(json: Data, file: String) throws(CatalogError) -> [Product] {
    if let place = JSONSyntax.firstMistake(in: Array(json)) { throw .malformed(file: file, reason: place) }
    let contents: Contents
    do {
      contents = try JSONDecoder().decode(Contents.self, from: json)
    } catch DecodingError.dataCorrupted(let context) {
      // The grammar was kept, so it is something else: bytes that are not UTF-8, for instance.
      throw .malformed(file: file, reason: context.debugDescription)
    } catch {
      throw .malformed(file: file, reason: "\(error)")
    }
    guard contents.mistakes.isEmpty else {
      throw .invalid(file: file, mistakes: contents.mistakes, omitted: contents.omitted)
    }
    return contents.products
  }
}

/// What a whole file decodes to: its products if `mistakes` is empty.
private struct Contents: Decodable {
  var products: [Product] = []
  var mistakes: [CatalogError.Mistake] = []
  var omitted = 0
  /// Where each id was first seen.
  private var paths: [String: String] = [:]

  init(from decoder: any Decoder) throws {
    try read(decoder)
  }

  private mutating func read(_ decoder: any Decoder) throws {
    if var items = try? decoder.unkeyedContainer() {
      try readItems(&items, path: "")
      return
    }
    guard let fields = try? decoder.container(keyedBy: FieldName.self) else {
      return note("", "must be an array of products or an object with items")
    }
    for key in fields.allKeys where key.stringValue != "items" && key.stringValue != "next" {
      note(key.stringValue, "is not a field of a catalogue (items, next)")
    }
    // A file is one page: what follows it could only be fetched, and nothing here fetches.
    if fields.contains("next"), (try? fields.decodeNil(forKey: "next")) != true {
      note("next", "must be null, found \(fields.found(at: "next"))")
    }
    guard fields.contains("items") else { return note("items", "is missing: must be an array of products") }
    guard var items = try? fields.nestedUnkeyedContainer(forKey: "items") else {
      return note("items", "must be an array of products, found \(fields.found(at: "items"))")
    }
    try readItems(&items, path: "items")
  }

  private mutating func readItems(_ items: inout any UnkeyedDecodingContainer, path: String) throws {
    let countMax = FileProductStore.productsMax
    guard let count = items.count, count <= countMax else {
      return note(path, "must have at most \(countMax) products")
    }
    products.reserveCapacity(count)
    for index in 0..<count {
      let item = try items.decode(Item.self)
      let place = "\(path)[\(index)]"
      for mistake in item.mistakes {
        note(mistake.path.isEmpty ? place : "\(place).\(mistake.path)", mistake.problem)
      }
      if let id = item.id, let first = paths.updateValue(place, forKey: id) {
        paths[id] = first
        note("\(place).id", "must be unique, found \"\(id)\" at \(first) too")
      }
      if let product = item.product { products.append(product) }
    }
  }

  private mutating func note(_ path: String, _ problem: String) {
    if mistakes.count < CatalogError.mistakesMax {
      mistakes.append(CatalogError.Mistake(path: path, problem: problem))
    } else {
      omitted += 1
    }
  }
}

/// What one element of the array decodes to; never throws.
private struct Item: Decodable {
  /// Nil when there are mistakes.
  var product: Product?
  /// The id if that alone is good: duplicates are told although the rest is wrong.
  var id: String?
  /// With paths from the product's own root: `price`, `tags[2]`.
  var mistakes: [CatalogError.Mistake]

  init(from decoder: any Decoder) {
    guard let fields = try? decoder.container(keyedBy: FieldName.self) else {
      mistakes = [CatalogError.Mistake(path: "", problem: "must be an object")]
      return
    }
    var reader = FieldReader(fields: fields)
    reader.refuseUnknownFields()
    id = reader.text(.id)
    let name = reader.text(.name)
    let description = reader.text(.description)
    let price = reader.integer(.price)
    let currency = reader.text(.currency)
    let tags = reader.tags()
    let stock = reader.integer(.stock)
    mistakes = reader.mistakes
    guard mistakes.isEmpty, let id, let name, let description, let price, let currency, let tags, let stock else {
      return
    }
    product = Product(
      id: id, name: name, description: description, price: price, currency: currency, tags: tags, stock: stock)
  }
}
