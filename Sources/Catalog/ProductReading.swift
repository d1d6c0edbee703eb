internal import HTTP

/// What a JSON object says of a product, with every mistake in it rather than the first.
package struct ProductReading: Sendable {
  /// Nil where it is missing or wrong.
  package private(set) var id: String?
  /// Nil when any of its fields is missing or wrong.
  package private(set) var details: ProductDetails?
  /// Nil where it is missing or wrong, as the two that follow.
  package private(set) var createdAt: Int64?
  package private(set) var updatedAt: Int64?
  package private(set) var revision: Int?
  /// In the order of `ProductField`, unknown names first; one more than `Problem.errorsMax` at most. Paths begin at the
  /// product.
  package private(set) var mistakes: [Mistake] = []
  /// How many more there are.
  package private(set) var omitted = 0

  private var fields: [String: JSON] = [:]

  /// Who tells of the product.
  package enum Source: Sendable {
    /// A catalogue's file, which tells everything.
    case file
    /// A client, who needs no id and has no say in what the store keeps: what it tells of that is not looked at, so
    /// that what GET answered can be PUT back.
    case client
  }

  package init(_ json: JSON, from source: Source) {
    guard case .object(let members) = json else {
      mistakes = [Mistake([], "must be an object, found \(json.found)")]
      return
    }
    for member in members {
      fields[member.name] = member.value
      guard ProductField(rawValue: member.name) == nil else { continue }
      // A misspelt field is a mistake, never ignored.
      note([.name(member.name)], "is not a field of a product (\(Self.names))")
    }
    if source == .file || fields["id"] != nil { id = text(.id) }
    let name = text(.name)
    let description = text(.description)
    let price = integer(.price)
    let currency = text(.currency)
    let tags = readTags()
    let stock = integer(.stock)
    if source == .file { readKept() }
    fields = [:]
    guard let name, let description, let price, let currency, let tags, let stock else { return }
    details = ProductDetails(
      name: name, description: description, price: price, currency: currency, tags: tags, stock: stock)
  }

  /// Nil when there are mistakes, or no id. What the store keeps and the JSON does not tell becomes the time given, and
  /// revision 1.
  package func product(at time: Int64) -> Product? {
    guard mistakes.isEmpty, let id, let details else { return nil }
    let createdAt = createdAt ?? min(time, updatedAt ?? time)
    return Product(
      id: id, details: details, createdAt: createdAt, updatedAt: updatedAt ?? createdAt, revision: revision ?? 1)
  }

  private static let names = ProductField.allCases.map(\.rawValue).joined(separator: ", ")

  private mutating func readKept() {
    if fields["createdAt"] != nil { createdAt = time(.createdAt) }
    if fields["updatedAt"] != nil { updatedAt = time(.updatedAt) }
    if fields["revision"] != nil { revision = integer(.revision, atLeast: 1) }
    if let createdAt, let updatedAt, updatedAt < createdAt {
      note([.name("updatedAt")], "must not be before createdAt")
    }
  }

  private mutating func text(_ field: ProductField) -> String? {
    guard let value = value(field) else { return nil }
    guard case .string(let text) = value, field.allows(text) else { return refuse(field, value) }
    return text
  }

  private mutating func integer(_ field: ProductField, atLeast least: Int = 0) -> Int? {
    guard let value = value(field) else { return nil }
    guard let integer = value.integer, integer >= least else { return refuse(field, value) }
    guard integer <= ProductField.integerMax else {
      note([.name(field.rawValue)], "must be at most \(ProductField.integerMax), found \(integer)")
      return nil
    }
    return integer
  }

  private mutating func time(_ field: ProductField) -> Int64? {
    guard let value = value(field) else { return nil }
    guard case .string(let text) = value, let time = Timestamp.milliseconds(of: text) else {
      return refuse(field, value)
    }
    return time
  }

  private mutating func readTags() -> [String]? {
    guard let value = value(.tags) else { return nil }
    guard case .array(let elements) = value, elements.count <= ProductField.tagsMax else { return refuse(.tags, value) }
    var tags: [String] = []
    for (index, element) in elements.enumerated() {
      if case .string(let tag) = element, ProductField.tags.allows(tag) {
        tags.append(tag)
      } else {
        note([.name("tags"), .index(index)], "\(ProductField.tagRule), found \(element.found)")
      }
    }
    return tags.count == elements.count ? tags : nil
  }

  private mutating func value(_ field: ProductField) -> JSON? {
    if let value = fields[field.rawValue] { return value }
    note([.name(field.rawValue)], "is missing: \(field.rule)")
    return nil
  }

  private mutating func refuse<Value>(_ field: ProductField, _ value: JSON) -> Value? {
    note([.name(field.rawValue)], "\(field.rule), found \(value.found)")
    return nil
  }

  private mutating func note(_ path: [Mistake.Step], _ problem: String) {
    if mistakes.count <= Problem.errorsMax { mistakes.append(Mistake(path, problem)) } else { omitted += 1 }
  }
}
