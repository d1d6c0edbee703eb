internal import Catalog
internal import HTTP

/// Whether a request may change something: the bearer tokens of `--write-token-file` decide, RFC 6750.
struct WriteAccess: Sendable {
  /// Nil: nobody may.
  let tokens: WriteTokens?

  /// Why the request is not listened to, by its head alone; nil when it is.
  func refusal(of request: Request) -> Response? {
    let accept = request.values(of: .accept)
    guard let tokens else {
      return Problem.response(
        .forbidden,
        detail: "This service takes no changes: --write-token-file or VITRINE_WRITE_TOKEN_FILE would enable them.",
        accept: accept)
    }
    let authorization = request.values(of: .authorization)
    guard let credentials = authorization.first, authorization.count == 1 else {
      return Problem.response(
        .unauthorized, detail: "A change needs one Authorization field with a bearer token.",
        errors: [.init(.header("Authorization"), authorization.isEmpty ? "is missing" : "must be there once")],
        accept: accept
      ).adding(.wwwAuthenticate, "Bearer realm=\"vitrine\"")
    }
    guard tokens.admits(credentials) else {
      return Problem.response(
        .unauthorized, detail: "The token is not one that may write.",
        errors: [.init(.header("Authorization"), "must be Bearer and a token that may write")], accept: accept
      ).adding(.wwwAuthenticate, "Bearer realm=\"vitrine\", error=\"invalid_token\"")
    }
    return request.refusalOfQuery
  }
}

extension Request {
  /// Why the body is not even read: it is not said to be JSON. Nil when it is.
  var refusalOfContentType: Response? {
    guard !isJSON else { return nil }
    return Problem.response(
      .unsupportedMediaType, detail: "The body must be application/json, in UTF-8.",
      errors: [.init(.header("Content-Type"), "must be application/json")], accept: values(of: .accept)
    ).adding("Accept", "application/json")
  }

  /// RFC 8259 §11: a charset says nothing, and one that is not UTF-8 would say something wrong.
  private var isJSON: Bool {
    let contentTypes = values(of: .contentType)
    guard let contentType = contentTypes.first, contentTypes.count == 1 else { return false }
    let parts = String(decoding: contentType, as: UTF8.self).lowercased().split(separator: ";").map { part in
      String(part.filter { $0 != " " && $0 != "\t" && $0 != "\"" })
    }
    return parts.first == "application/json" && parts.dropFirst().allSatisfy { $0.isEmpty || $0 == "charset=utf-8" }
  }

  /// The body as JSON.
  func readJSON() -> Result<JSON, RefusedBody> {
    do throws(JSONSyntaxError) {
      return .success(try JSONReader.value(of: body))
    } catch {
      let response = Problem.response(
        .badRequest, detail: "The body must be JSON: \(error.place).", errors: [.init(.pointer(""), error.place)],
        accept: values(of: .accept))
      return .failure(RefusedBody(response: response))
    }
  }

  /// The answer to JSON that is not what it must be: every mistake and its place.
  ///
  /// - Parameter what: begins the sentence: `This is no product`.
  func unprocessable(_ what: String, _ mistakes: [Mistake]) -> Response {
    var errors = mistakes.prefix(Problem.errorsMax).map { Problem.RequestMistake(.pointer($0.pointer), $0.problem) }
    if mistakes.count > errors.count { errors.append(.more) }
    return Problem.response(
      .unprocessableContent, detail: "\(what): \(Self.sentence(errors))", errors: errors, accept: values(of: .accept))
  }
}

/// Why a body was not taken, as the answer that says so.
struct RefusedBody: Error {
  let response: Response
}

extension Response {
  /// What is true now and may not be in a moment.
  static func current(_ json: JSON, _ status: Status = .ok) -> Response {
    Response(status, contentType: "application/json", body: json.text + [UInt8(ascii: "\n")])
      .adding(.cacheControl, "no-store")
  }
}
