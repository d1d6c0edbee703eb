/// A catalogue's file: `{"revision":7,"items":[…],"next":null}`, as GET /api/products answers it, or the array alone.
/// The check finds every mistake in it rather than the first.
package struct ProductFile: Sendable {
  /// In the file's order; ids are unique.
  package private(set) var products: [Product] = []
  /// The catalogue's; nil where the file does not tell, 0 or more.
  package private(set) var revision: Int?

  private var mistakes: [Mistake] = []
  private var omitted = 0
  /// Where each id was first seen.
  private var indexes: [String: Int] = [:]
  private let limits: CatalogLimits
  private let time: Int64

  /// - Parameters:
  ///   - file: the name for the error's lines.
  ///   - time: milliseconds since 1970: when products were made of which the file does not tell.
  package init(json: [UInt8], file: String, limits: CatalogLimits, time: Int64) throws(CatalogError) {
    self.limits = limits
    self.time = time
    do throws(JSONSyntaxError) {
      var reader = JSONReader(json)
      try read(&reader)
      try reader.end()
    } catch {
      throw .malformed(file: file, reason: error.place)
    }
    guard mistakes.isEmpty else { throw .invalid(file: file, mistakes: mistakes, omitted: omitted) }
    indexes = [:]
  }

  private mutating func read(_ reader: inout JSONReader) throws(JSONSyntaxError) {
    switch reader.peek() {
    case UInt8(ascii: "["):
      try readItems(&reader, path: [])
    case UInt8(ascii: "{"):
      var hasItems = false
      var file = self
      try reader.members { (name, reader) throws(JSONSyntaxError) in
        if name == "items" { hasItems = true }
        try file.readMember(name, &reader)
      }
      self = file
      if !hasItems { note([.name("items")], "is missing: must be an array of products") }
    default:
      note([], "must be an array of products or an object with items, found \(try reader.value().found)")
    }
  }

  private mutating func readMember(_ name: String, _ reader: inout JSONReader) throws(JSONSyntaxError) {
    if name == "items", reader.peek() == UInt8(ascii: "[") { return try readItems(&reader, path: [.name("items")]) }
    let value = try reader.value()
    switch name {
    case "items": note([.name(name)], "must be an array of products, found \(value.found)")
    // A file is one page: what follows it could only be fetched, and nothing here fetches.
    case "next": if value != .null { note([.name(name)], "must be null, found \(value.found)") }
    case "revision":
      revision = value.integer
      guard let number = value.integer, (0...ProductField.integerMax).contains(number) else {
        return note([.name(name)], "must be an integer, 0 or more, found \(value.found)")
      }
    default: note([.name(name)], "is not a field of a catalogue (revision, items, next)")
    }
  }

  private mutating func readItems(_ reader: inout JSONReader, path: [Mistake.Step]) throws(JSONSyntaxError) {
    var file = self
    var index = 0
    try reader.elements { (reader) throws(JSONSyntaxError) in
      file.readItem(try reader.value(), at: index, path: path)
      index += 1
    }
    self = file
  }

  private mutating func readItem(_ json: JSON, at index: Int, path: [Mistake.Step]) {
    guard index < limits.productsMax else {
      if index == limits.productsMax { note(path, "must have at most \(limits.productsMax) products") }
      return
    }
    let reading = ProductReading(json, from: .file)
    for mistake in reading.mistakes { note(path + [.index(index)] + mistake.path, mistake.problem) }
    omitted += reading.omitted
    if let id = reading.id {
      if let first = indexes[id] {
        let place = Mistake(path + [.index(first)], "").place
        note(path + [.index(index), .name("id")], "must be unique, found \"\(id)\" at \(place) too")
      } else {
        indexes[id] = index
      }
    }
    if let product = reading.product(at: time) { products.append(product) }
  }

  private mutating func note(_ path: [Mistake.Step], _ problem: String) {
    if mistakes.count < CatalogError.mistakesMax { mistakes.append(Mistake(path, problem)) } else { omitted += 1 }
  }
}

extension ProductFile {
  /// The file's bytes: a product a line, so that two files can be compared by lines.
  package static func json(of entries: [CatalogEntry], revision: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entries.reduce(64) { $0 + $1.json.count + 2 })
    bytes.append(contentsOf: "{\"revision\":\(revision),\"items\":[".utf8)
    for (index, entry) in entries.enumerated() {
      bytes.append(contentsOf: (index == 0 ? "\n" : ",\n").utf8)
      bytes.append(contentsOf: entry.json)
    }
    bytes.append(contentsOf: "\n],\"next\":null}\n".utf8)
    return bytes
  }
}

/// How large a catalogue may become, and how many changes wait; each is an option.
package struct CatalogLimits: Sendable, Equatable {
  package var productsMax: Int
  /// Of its file.
  package var fileBytesMax: Int
  /// Calls with changes that no commit has taken yet. More at once is a disk that hangs: they would only be kept until
  /// it is too late for them.
  package var waitingMax: Int

  package init(productsMax: Int = 100_000, fileBytesMax: Int = 64 << 20, waitingMax: Int = 1000) {
    self.productsMax = productsMax
    self.fileBytesMax = fileBytesMax
    self.waitingMax = waitingMax
  }
}
