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

  /// - Parameter hasManagement: then metrics are for that listener alone; the probes stay on both.
  func service(hasManagement: Bool) -> Router {
    let service = [
      Route("/", [.get: index.handler]),
      Route(Products.path, [.get: products.list, .post: writes.create]),
      Route(Products.path + "/{id}", [.get: products.item, .put: writes.put, .delete: writes.delete]),
      Route("/openapi.json", [.get: .immediate(description.answer)]),
      Route("/version", [.get: .immediate(version.answer)]),
    ]
    return Router(service + (hasManagement ? probes : probes + [scrape]))
  }

  var management: Router { Router(probes + [scrape]) }

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
