internal import Catalog
internal import HTTP

/// The query of `GET /api/products`, read strictly: what would be ignored is what somebody meant.
enum ListParameters {
  static let names = ["limit", "after", "q", "sort"]

  /// The query, or everything that is wrong with it.
  static func query(of request: Request) -> Result<ProductQuery, Mistake> {
    var query = ProductQuery()
    var after: String?
    var mistakes: [Problem.RequestMistake] = []
    var seen: Set<String> = []
    for item in request.queryItems {
      guard let name = String(validating: item.name, as: UTF8.self), names.contains(name) else {
        let found = quoted(String(decoding: item.name, as: UTF8.self))
        mistakes.append(.init(.parameter(found), "is not a parameter here (\(names.joined(separator: ", ")))"))
        continue
      }
      func refuse(_ rule: String) {
        let found = quoted(String(decoding: item.value, as: UTF8.self))
        mistakes.append(.init(.parameter(name), "\(rule), found \(found)"))
      }
      guard seen.insert(name).inserted else {
        mistakes.append(.init(.parameter(name), "must be there once"))
        continue
      }
      guard let text = String(validating: item.value, as: UTF8.self) else {
        refuse("must be UTF-8")
        continue
      }
      switch name {
      case "limit":
        let isNumber = !text.isEmpty && text.utf8.count <= 4 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if isNumber, let limit = Int(text), (1...ProductQuery.limitMax).contains(limit) {
          query.limit = limit
        } else {
          refuse("must be a whole number from 1 to \(ProductQuery.limitMax)")
        }
      case "after":
        if ProductCursor.isWellFormed(text) { after = text } else { refuse("must be what next said") }
      case "q":
        let isGood =
          text.unicodeScalars.count <= ProductQuery.searchCharactersMax
          && text.unicodeScalars.allSatisfy { !($0.value < 0x20 || (0x7F...0x9F).contains($0.value)) }
        if isGood { query.search = text.lowercased() } else { refuse(searchRule) }
      default:
        if let sort = ProductSort(text) {
          query.sort = sort
        } else {
          refuse("must be one of \(ProductSort.all.joined(separator: ", "))")
        }
      }
    }
    guard mistakes.isEmpty else { return .failure(.wrong(mistakes)) }
    guard let after else { return .success(query) }
    query.after = ProductCursor(after)
    return query.after?.sort == query.sort ? .success(query) : .failure(.noSuchPage)
  }

  enum Mistake: Error {
    case wrong([Problem.RequestMistake])
    /// A cursor that looks like one and is none of ours, or one of another sort.
    case noSuchPage
  }

  private static let searchRule =
    "must be at most \(ProductQuery.searchCharactersMax) characters, none of them a control character"

  /// The page behind `page`, RFC 8288: a relative reference, which holds below a proxy's path too.
  static func link(to next: ProductCursor, of query: ProductQuery) -> FieldValue? {
    var items: [String] = []
    if query.limit != ProductQuery.limitDefault { items.append("limit=\(query.limit)") }
    if !query.search.isEmpty { items.append("q=\(escaped(query.search))") }
    if query.sort != ProductSort(.id) { items.append("sort=\(query.sort.text)") }
    items.append("after=\(next.text)")
    return FieldValue("<?\(items.joined(separator: "&"))>; rel=\"next\"" as String)
  }

  /// All but the unreserved characters of RFC 3986 §2.3 as `%HH`.
  private static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { escaped, byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default: escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
  }
}
