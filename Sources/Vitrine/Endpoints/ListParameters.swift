internal import Catalog
internal import HTTP

/// The query of `GET /api/products`, read strictly: what would be ignored is what somebody meant.
enum ListParameters {
  static let names = ["limit", "after", "q", "sort"]

  /// The query, or everything that is wrong with it.
  static func query(of request: Request) -> Result<ProductQuery, Mistake> {
    var (limit, search, sort) = (ProductQuery.limitDefault, "", ProductSort(.id))
    var after: String?
    var mistakes: [Problem.RequestMistake] = []
    var seen: Set<String> = []
    for item in request.queryItems {
      if mistakes.count == Problem.errorsMax {
        mistakes.append(.more)
        break
      }
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
        if isNumber, let number = Int(text), (1...ProductQuery.limitMax).contains(number) {
          limit = number
        } else {
          refuse("must be a whole number from 1 to \(ProductQuery.limitMax)")
        }
      case "after":
        if ProductCursor.isWellFormed(text) { after = text } else { refuse("must be what next said") }
      case "q":
        let isGood =
          text.unicodeScalars.count <= ProductQuery.searchCharactersMax
          && text.unicodeScalars.allSatisfy { !($0.value < 0x20 || (0x7F...0x9F).contains($0.value)) }
        if isGood { search = text } else { refuse(searchRule) }
      default:
        if let known = ProductSort(text) {
          sort = known
        } else {
          refuse("must be one of \(ProductSort.all.joined(separator: ", "))")
        }
      }
    }
    guard mistakes.isEmpty else { return .failure(.wrong(mistakes)) }
    let cursor = after.flatMap(ProductCursor.init)
    guard after == nil || cursor?.sort == sort else { return .failure(.noSuchPage) }
    return .success(ProductQuery(limit: limit, after: cursor, search: search, sort: sort))
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
  private static func escaped(_ text: [UInt8]) -> String {
    text.reduce(into: "") { escaped, byte in
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
