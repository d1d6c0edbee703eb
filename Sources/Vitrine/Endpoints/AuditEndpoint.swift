internal import HTTP

/// `GET /audit`: the process's own view of how it is confined, as JSON or as a table for people.
struct AuditEndpoint: Sendable {
  private static let forms = [MediaType("application", "json"), MediaType("text", "plain")]

  let expectations: Audit.Expectations

  func answer(_ request: Request) -> Response {
    let report = AuditReport(lines: Audit(.ownProcess, expectations).lines)
    let chosen = request.preferred(among: Self.forms)
    if chosen == 1 {
      return Response(.ok, contentType: "text/plain; charset=utf-8", body: Array(report.text.utf8))
        .adding(.cacheControl, "no-store").compressible(vary: "Accept, Accept-Encoding")
    }
    return Response.current(report.json).compressible(vary: "Accept, Accept-Encoding")
  }
}
