internal import Catalog
internal import HTTP
internal import Synchronization

/// `GET /openapi.json`: OpenAPI 3.1 of what this service answers. Its limits are the program's own, and its bytes are made
/// once, for the first who asks.
final class OpenAPI: Sendable {
  private let made = Mutex<Response?>(nil)

  func answer(_ request: Request) -> Response {
    if let refusal = request.refusalOfQuery { return refusal }
    let response = made.withLock { made in
      let response = made.take() ?? Self.description()
      made = response
      return response
    }
    return request.applyPreconditions(to: response)
  }

  private static func description() -> Response {
    let bytes = Array(document.utf8)
    return .json(.ok, bytes, etag: ContentHash.etag(ContentHash.fnv1a(bytes[...])))
  }

  private static let document = """
    {"openapi":"3.1.0",\(info),"servers":[{"url":"/"}],"paths":{\
    "/api/products":{"get":\(list),"post":\(create)},\
    "/api/products/{id}":{"parameters":[{"$ref":"#/components/parameters/id"}],\
    "get":\(get),"put":\(put),"delete":\(delete)},\
    "/openapi.json":{"get":{"operationId":"getDescription","summary":"This description","tags":["description"],\
    "responses":{"200":{"description":"OpenAPI 3.1","headers":{"ETag":\(etagHeader)},\
    "content":{"application/json":{"schema":{"type":"object"}}}},\
    "304":\(ref("responses", "NotModified")),\(problems([400, 412]))}}}},\
    "components":{"securitySchemes":{"token":{"type":"http","scheme":"bearer"}},\
    "parameters":{\(parameters)},"schemas":{\(schemas)},"responses":{\(responses)}}}

    """

  private static let info = """
    "info":{"title":"Vitrine","version":"\(BuildInformation.current.version)",\
    "description":"A catalogue of products, to learn, demonstrate and test a platform with.",\
    "license":{"name":"Apache-2.0","identifier":"Apache-2.0"}}
    """

  private static func ref(_ kind: String, _ name: String) -> String {
    "{\"$ref\":\"#/components/\(kind)/\(name)\"}"
  }

  // MARK: Operations

  private static let list = """
    {"operationId":"listProducts","summary":"Products, a page at a time","tags":["products"],\
    "description":"Pages cost the same wherever they begin, and none shows a product twice while others come and go.",\
    "parameters":[\(ref("parameters", "limit")),\(ref("parameters", "after")),\(ref("parameters", "q")),\
    \(ref("parameters", "sort")),\(ref("parameters", "ifNoneMatch"))],"responses":{"200":{"description":"A page",\
    "headers":{"ETag":\(etagHeader),\(cacheHeaders),"Link":{"description":"The next page, rel=next, where there is one",\
    "schema":{"type":"string"}}},"content":{"application/json":{"schema":\(ref("schemas", "Page"))}}},\
    "304":\(ref("responses", "NotModified")),\(problems([400, 404, 412, 503]))}}
    """

  private static let create = """
    {"operationId":"createProduct","summary":"A new product","tags":["products"],"security":[{"token":[]}],\
    "requestBody":\(body),"responses":{"201":\(product("Created", location: true)),\
    \(problems([400, 401, 403, 409, 413, 415, 422, 503, 507]))}}
    """

  private static let get = """
    {"operationId":"getProduct","summary":"One product","tags":["products"],\
    "parameters":[\(ref("parameters", "ifNoneMatch"))],"responses":{"200":\(product("The product", more: ",\(cacheHeaders)")),\
    "304":\(ref("responses", "NotModified")),\(problems([400, 404, 412, 503]))}}
    """

  private static let put = """
    {"operationId":"putProduct","summary":"Creates or replaces a product","tags":["products"],\
    "description":"What is there already, just so, stays as it is: a PUT can be repeated. \(conditions)",\
    "security":[{"token":[]}],\
    "requestBody":\(body),"responses":{"200":\(product("Replaced, or as it was")),\
    "201":\(product("Created", location: true)),\(problems([400, 401, 403, 409, 412, 413, 415, 422, 503, 507]))}}
    """

  private static let delete = """
    {"operationId":"deleteProduct","summary":"Takes a product away","tags":["products"],"security":[{"token":[]}],\
    "description":"\(conditions)","responses":{"204":{"description":"Gone"},\(problems([400, 401, 403, 404, 412, 503, 507]))}}
    """

  /// Not as parameters: generators take those for free, and no ETag of theirs can hold.
  private static let conditions =
    "If-Match: only if the product has one of these ETags. If-None-Match: only if it has none of them, or with * if there "
    + "is no product; else 412."

  private static let body =
    "{\"required\":true,\"content\":{\"application/json\":{\"schema\":\(ref("schemas", "ProductInput"))}}}"

  private static func product(_ description: String, location: Bool = false, more: String = "") -> String {
    let place = location ? ",\"Location\":{\"description\":\"Its path\",\"schema\":{\"type\":\"string\"}}" : ""
    return """
      {"description":"\(description)","headers":{"ETag":\(etagHeader)\(place)\(more)},\
      "content":{"application/json":{"schema":\(ref("schemas", "Product"))}}}
      """
  }

  /// Of a catalogue in a database alone.
  private static let cacheHeaders = """
    "X-Cache":{"description":"Which part a cache had in it, where the catalogue is in a database",\
    "schema":{"type":"string","enum":["HIT","MISS","STALE","BYPASS"]}},\
    "Age":{"description":"Seconds since it was known to be right, where it is stale",\
    "schema":{"type":"integer","minimum":0}}
    """

  private static let etagHeader = "{\"description\":\"Names this state\",\"schema\":{\"type\":\"string\"}}"

  private static func problems(_ codes: [UInt16]) -> String {
    codes.map { "\"\($0)\":\(ref("responses", "Problem\($0)"))" }.joined(separator: ",")
  }

  // MARK: Components

  private static let parameters = """
    "id":{"name":"id","in":"path","required":true,"schema":\(idSchema)},\
    "limit":{"name":"limit","in":"query","description":"Products on a page","schema":{"type":"integer","minimum":1,\
    "maximum":\(ProductQuery.limitMax),"default":\(ProductQuery.limitDefault)}},\
    "after":{"name":"after","in":"query","description":"What next said on the page before, of the same sort; opaque",\
    "schema":{"type":"string","pattern":"\(ProductCursor.pattern.split(separator: "\\").joined(separator: "\\\\"))"}},\
    "q":{"name":"q","in":"query","description":"Only products with this in the name or in a tag, in any case",\
    "schema":{"type":"string","maxLength":\(ProductQuery.searchCharactersMax),"pattern":"\(linePattern)"}},\
    "sort":{"name":"sort","in":"query","description":"Ascending, or descending behind a minus; equals by id",\
    "schema":{"type":"string","enum":[\(quotedList(ProductSort.all))],"default":"id"}},\
    "ifNoneMatch":{"name":"If-None-Match","in":"header","description":"304 where it has one of these ETags",\
    "schema":{"type":"string"}}
    """

  private static let idSchema = """
    {"type":"string","minLength":1,"maxLength":\(ProductField.idCharactersMax),"pattern":"^[A-Za-z0-9][A-Za-z0-9._-]*$"}
    """

  /// No control character, as `ProductField` wants it of a line.
  private static let linePattern = #"^[^\\u0000-\\u001f\\u007f-\\u009f]*$"#

  private static let details = """
    "name":{"type":"string","minLength":1,"maxLength":\(ProductField.nameCharactersMax),"pattern":"\(linePattern)"},\
    "description":{"type":"string","maxLength":\(ProductField.descriptionCharactersMax),"pattern":"^[^\\\\u0000]*$"},\
    "price":{"type":"integer","minimum":0,"maximum":\(ProductField.integerMax),\
    "description":"In the currency's minor unit: cents for EUR, yen for JPY"},\
    "currency":{"type":"string","description":"ISO 4217","enum":[\(quotedList(Currency.sortedCodes))]},\
    "tags":{"type":"array","maxItems":\(ProductField.tagsMax),"items":{"type":"string","minLength":1,\
    "maxLength":\(ProductField.tagCharactersMax),"pattern":"\(linePattern)"}},\
    "stock":{"type":"integer","minimum":0,"maximum":\(ProductField.integerMax)}
    """

  private static let detailNames = ["name", "description", "price", "currency", "tags", "stock"]
  private static let keptNames = ["createdAt", "updatedAt", "revision"]

  private static let schemas = """
    "Product":{"type":"object","additionalProperties":false,"required":[\
    \(quotedList(["id"] + detailNames + keptNames))],"properties":{"id":\(idSchema),\(details),\
    "createdAt":{"type":"string","format":"date-time"},"updatedAt":{"type":"string","format":"date-time"},\
    "revision":{"type":"integer","minimum":1}}},\
    "ProductInput":{"type":"object","additionalProperties":false,"required":[\(quotedList(detailNames))],\
    "properties":{"id":\(idSchema),\(details),\(keptNames.map { "\"\($0)\":\(ignored)" }.joined(separator: ","))}},\
    "Page":{"type":"object","additionalProperties":false,"required":["items","next"],"properties":{\
    "items":{"type":"array","maxItems":\(ProductQuery.limitMax),"items":\(ref("schemas", "Product"))},\
    "next":{"type":["string","null"],"description":"The next page's after; null on the last page"}}},\
    "Problem":{"type":"object","description":"RFC 9457","required":["type","title","status","detail"],"properties":{\
    "type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},\
    "errors":{"type":"array","items":{"type":"object","required":["detail"],"properties":{\
    "pointer":{"type":"string","description":"In the body, RFC 6901"},"parameter":{"type":"string"},\
    "header":{"type":"string"},"detail":{"type":"string"}}}}}}
    """

  private static let ignored = "{\"description\":\"The service's own: what stands here is not looked at\"}"

  private static let responses =
    "\"NotModified\":{\"description\":\"It is as If-None-Match says\",\"headers\":{\"ETag\":\(etagHeader)}},"
    + problemDescriptions.map { code, description in
      let headers =
        switch code {
        case 401: ",\"headers\":{\"WWW-Authenticate\":{\"schema\":{\"type\":\"string\"}}}"
        case 503: ",\"headers\":{\"Retry-After\":{\"schema\":{\"type\":\"integer\"}}}"
        default: ""
        }
      return """
        "Problem\(code)":{"description":"\(description)"\(headers),"content":{"application/problem+json":{"schema":\
        \(ref("schemas", "Problem"))}}}
        """
    }.joined(separator: ",")

  private static let problemDescriptions: [(UInt16, String)] = [
    (400, "A parameter, or the body's JSON, cannot be read; errors tells which and why"),
    (401, "The bearer token is missing or wrong"), (403, "This service, or its store, takes no changes"),
    (404, "There is no such product, or no such page"),
    (409, "The id is taken, or not that of the path"), (412, "A precondition does not hold"),
    (413, "The body is too large"), (415, "The body is not application/json"),
    (422, "The body is JSON and no product; errors tells why"), (503, "Too much at once, or the store is out of reach"),
    (507, "The store is full"),
  ]

  private static func quotedList(_ words: [String]) -> String {
    words.map { "\"\($0)\"" }.joined(separator: ",")
  }
}
