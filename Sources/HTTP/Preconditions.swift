extension Request {
  /// What a request's preconditions make of the answer to GET or HEAD whose representation has this strong `etag`
  /// (RFC 9110 §13.2.2): 412, 304 with the fields that §15.4.5 asks for, or `response` itself.
  ///
  /// - Parameter response: with its `etag`. All but the status is kept on a 304, which must carry ETag, Vary and
  ///   Cache-Control as the 200 would.
  package func applyPreconditions(to response: Response) -> Response {
    guard let etag = response.etag?.bytes else { return response }
    let ifMatch = values(of: .ifMatch)
    if !ifMatch.isEmpty, !ETag.matches(ifMatch, etag: etag, weak: false) {
      return Problem.response(
        .preconditionFailed, detail: "The resource has changed: If-Match does not name its ETag.",
        errors: [.init(.header("If-Match"), "does not name its ETag")], accept: values(of: .accept))
    }
    guard ETag.matches(values(of: .ifNoneMatch), etag: etag, weak: true) else { return response }
    var notModified = response
    notModified.status = .notModified
    return notModified
  }
}
