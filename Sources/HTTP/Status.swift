/// A response's status code (RFC 9110 §15).
package struct Status: Sendable, Hashable {
  /// 100...599.
  package let code: UInt16

  /// `code` must be in 100...599.
  package init(code: UInt16) {
    precondition((100...599).contains(code), "a status code has three digits, the first 1 to 5")
    self.code = code
  }

  package static let `continue` = Status(code: 100)
  package static let ok = Status(code: 200)
  package static let created = Status(code: 201)
  package static let noContent = Status(code: 204)
  package static let notModified = Status(code: 304)
  package static let badRequest = Status(code: 400)
  package static let unauthorized = Status(code: 401)
  package static let forbidden = Status(code: 403)
  package static let notFound = Status(code: 404)
  package static let methodNotAllowed = Status(code: 405)
  package static let requestTimeout = Status(code: 408)
  package static let conflict = Status(code: 409)
  package static let preconditionFailed = Status(code: 412)
  package static let contentTooLarge = Status(code: 413)
  package static let uriTooLong = Status(code: 414)
  package static let unsupportedMediaType = Status(code: 415)
  package static let expectationFailed = Status(code: 417)
  package static let unprocessableContent = Status(code: 422)
  package static let tooManyRequests = Status(code: 429)
  package static let requestHeaderFieldsTooLarge = Status(code: 431)
  package static let internalServerError = Status(code: 500)
  package static let notImplemented = Status(code: 501)
  package static let badGateway = Status(code: 502)
  package static let gatewayTimeout = Status(code: 504)
  package static let serviceUnavailable = Status(code: 503)
  package static let httpVersionNotSupported = Status(code: 505)
  package static let insufficientStorage = Status(code: 507)

  /// Every status that this server sends, ascending: the label values of the request counter.
  package static let known: [Status] = [
    .continue, .ok, .created, .noContent, .notModified, .badRequest, .unauthorized, .forbidden, .notFound,
    .methodNotAllowed, .requestTimeout, .conflict, .preconditionFailed, .contentTooLarge, .uriTooLong,
    .unsupportedMediaType, .expectationFailed, .unprocessableContent, .tooManyRequests, .requestHeaderFieldsTooLarge,
    .internalServerError, .notImplemented, .badGateway, .serviceUnavailable, .gatewayTimeout, .httpVersionNotSupported,
    .insufficientStorage,
  ]

  /// The phrase of RFC 9110 §15 (429 and 431: RFC 6585; 507: RFC 4918); empty for a code that is not in `known`.
  package var reason: StaticString {
    switch code {
    case 100: "Continue"
    case 200: "OK"
    case 201: "Created"
    case 204: "No Content"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    default: ""
    }
  }
}
