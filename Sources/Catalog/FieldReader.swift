/// Reads the fields of one product and notes each that is missing, of another type or against its rule.
struct FieldReader {
  let fields: KeyedDecodingContainer<FieldName>
  private(set) var mistakes: [CatalogError.Mistake] = []

  init(fields: KeyedDecodingContainer<FieldName>) {
    self.fields = fields
  }

  /// Nil, and a mistake noted, unless the field is a string that its rule allows.
  mutating func text(_ field: ProductField) -> String? {
    guard let text = value(field, as: String.self) else { return nil }
    guard field.allows(text) else { return refuse(field) }
    return text
  }

  /// Nil, and a mistake noted, unless the field is an integer from 0 to 2^53 - 1.
  mutating func integer(_ field: ProductField) -> Int? {
    guard let integer = value(field, as: Int.self) else { return nil }
    guard integer >= 0 else { return refuse(field) }
    guard integer <= ProductField.integerMax else {
      note(field.rawValue, "must be at most \(ProductField.integerMax), found \(integer)")
      return nil
    }
    return integer
  }

  /// Nil, and a mistake noted for each wrong tag, unless the field is an array of strings that its rule allows.
  mutating func tags() -> [String]? {
    let name = FieldName(.tags)
    guard fields.contains(name) else { return missing(.tags) }
    guard var elements = try? fields.nestedUnkeyedContainer(forKey: name), let count = elements.count,
      count <= ProductField.tagsMax
    else { return refuse(.tags) }
    var tags: [String] = []
    for index in 0..<count {
      // An element that does not decode is not stepped over, so the first wrong tag is the last that can be told.
      guard let tag = try? elements.decode(String.self), ProductField.tags.allows(tag) else {
        note("tags[\(index)]", "must be a string of 1 to \(ProductField.tagBytesMax) bytes")
        return nil
      }
      tags.append(tag)
    }
    return tags
  }

  /// A misspelt field is a mistake, never ignored.
  mutating func refuseUnknownFields() {
    for key in fields.allKeys where ProductField(rawValue: key.stringValue) == nil {
      let known = ProductField.allCases.map(\.rawValue).joined(separator: ", ")
      note(key.stringValue, "is not a field of a product (\(known))")
    }
  }

  private mutating func value<Value: Decodable>(_ field: ProductField, as type: Value.Type) -> Value? {
    let name = FieldName(field)
    guard fields.contains(name) else { return missing(field) }
    return (try? fields.decode(type, forKey: name)) ?? refuse(field)
  }

  private mutating func missing<Value>(_ field: ProductField) -> Value? {
    note(field.rawValue, "is missing: \(field.rule)")
    return nil
  }

  private mutating func refuse<Value>(_ field: ProductField) -> Value? {
    note(field.rawValue, "\(field.rule), found \(fields.found(at: FieldName(field)))")
    return nil
  }

  private mutating func note(_ path: String, _ problem: String) {
    mistakes.append(CatalogError.Mistake(path: path, problem: problem))
  }
}

/// A name in a JSON object: any, so that unknown ones are seen.
struct FieldName: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ field: ProductField) { stringValue = field.rawValue }
  init(stringLiteral value: String) { stringValue = value }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer<FieldName> {
  /// What stands in a field, for an error's line: `12.5`, `"blue"`, `null`, `an array`. Long text is cut.
  func found(at name: FieldName) -> String {
    if (try? decodeNil(forKey: name)) == true { return "null" }
    if let flag = try? decode(Bool.self, forKey: name) { return "\(flag)" }
    if let text = try? decode(String.self, forKey: name) { return Self.quoted(text) }
    if let integer = try? decode(Int.self, forKey: name) { return "\(integer)" }
    if let number = try? decode(Double.self, forKey: name) { return "\(number)" }
    if let elements = try? nestedUnkeyedContainer(forKey: name) {
      return elements.count.map { "an array of \($0)" } ?? "an array"
    }
    if (try? nestedContainer(keyedBy: FieldName.self, forKey: name)) != nil { return "an object" }
    return "a value that cannot be read"
  }

  private static func quoted(_ text: String) -> String {
    let charactersMax = 40
    var bytes: [UInt8] = []
    JSONText.append(string: String(text.prefix(charactersMax)), to: &bytes)
    let quoted = String(decoding: bytes, as: UTF8.self)
    return text.utf8.count > charactersMax ? "\(quoted) (\(text.utf8.count) bytes)" : quoted
  }
}
