internal import HTTP
internal import HTTPServer

/// The service's routes, and those of the management listener.
struct Routes {
  let index: Index
  let health: Health
  let ready: Ready
  let metrics: MetricsEndpoint
  let products: Products
  let writes: ProductWrites
  let description: OpenAPI
  let version: Version
  let control: Control
  let probesLedger: ProbesEndpoint
  let audit: AuditEndpoint
  /// Nil without --faults: then nothing of them is there.
  var faults: FaultsEndpoint?
  /// Nil without --diagnostics.
  let diagnostics: Diagnostics?

  /// - Parameter hasManagement: then metrics are for that listener alone; the probes stay on both.
  func service(hasManagement: Bool) -> Router {
    let service = [
      Route("/", [.get: index.handler]),
      Route(Products.path, [.get: products.list, .post: writes.create]),
      Route(Products.path + "/{id}", [.get: products.item, .put: writes.put, .delete: writes.delete]),
      Route("/openapi.json", [.get: .immediate(description.answer)]),
      Route("/version", [.get: .immediate(version.answer)]),
    ]
    return Router(service + (diagnostics?.routes ?? []) + (hasManagement ? probes : probes + [scrape]))
  }

  /// What operators switch is there alone: it is nobody's outside.
  var management: Router {
    Router(
      probes + [
        scrape, Route("/probes", purpose: .control, [.get: .immediate(probesLedger.answer)]),
        Route("/audit", purpose: .control, [.get: .immediate(audit.answer)]),
      ] + control.routes + (faults?.routes ?? []))
  }

  /// The routes that a fault's scope may name.
  var faultScopes: [String] { service(hasManagement: false).routes.map(\.template) }

  static let probePaths = ["/healthz", "/readyz", "/metrics"]

  private var probes: [Route] {
    [
      Route("/healthz", purpose: .probe, [.get: .immediate(health.answer)]),
      Route("/readyz", purpose: .probe, [.get: .immediate(ready.answer)]),
    ]
  }

  private var scrape: Route {
    Route("/metrics", purpose: .probe, [.get: .immediate(metrics.answer)])
  }
}
