internal import HTTP
internal import Metrics

/// `GET /metrics`: the Prometheus text format, or OpenMetrics for a scraper that likes it better.
struct MetricsEndpoint: Sendable {
  private static let forms = [
    MediaType("text", "plain", parameters: [("version", "0.0.4")]),
    MediaType("application", "openmetrics-text", parameters: [("version", "1.0.0")]),
  ]

  let registry: Registry

  func answer(_ request: Request) -> Response {
    let chosen = request.preferred(among: Self.forms)
    let format: Exposition = chosen == 1 ? .openMetrics : .text
    return Response(.ok, contentType: FieldValue(format.contentType), body: registry.exposition(format))
      .adding(.cacheControl, "no-store").compressible(vary: "Accept, Accept-Encoding")
  }
}
