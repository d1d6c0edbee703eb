import FuzzSupport
import HTTP
import Metrics
import Networking
import TLS

@testable import HTTPServer

/// The server that is fuzzed: one loop without listeners, whose queue is borrowed for an input at a time.
enum Stage {
  /// What answers at a path, with what; `isLater` for a handler that could wait, and does not.
  struct Act: Sendable {
    let template: String
    let methods: [Method]
    var body = Route.Body.dropped
    var isLater = false
    var purpose = Route.Purpose.service
    let answer: @Sendable (Request) -> Response

    var route: Route {
      let (answer, isLater) = (answer, isLater)
      let handler: Handler = isLater ? .suspending { answer($0) } : .immediate(answer)
      return Route(
        template, purpose: purpose, body: body, Dictionary(uniqueKeysWithValues: methods.map { ($0, handler) }))
    }
  }

  static let acts = [
    Act(template: "/", methods: [.get]) { _ in text(Array("hello\n".utf8)) },
    Act(template: "/echo", methods: [.post, .put], body: .collected) { text($0.body) },
    Act(template: "/later", methods: [.get, .post], body: .collected, isLater: true) { text([0x21] + $0.body) },
    Act(template: "/drop", methods: [.post], isLater: true) { text(Array("\($0.body.count)".utf8)) },
    Act(template: "/a/{id}", methods: [.get, .delete]) { text(Array($0.path) + padding) },
    Act(template: "/large", methods: [.get]) { _ in text(large) },
    Act(template: "/empty", methods: [.get]) { _ in Response(.noContent) },
    Act(template: "/unchanged", methods: [.get]) { $0.applyPreconditions(to: tagged([0x31])) },
    Act(template: "/healthz", methods: [.get], purpose: .probe) { _ in text([0x32]) },
  ]

  private static func tagged(_ body: [UInt8]) -> Response {
    var response = text(body)
    response.etag = "\"1\""
    return response
  }

  private static let padding = [UInt8](repeating: 0x2E, count: 1500)
  /// More than is copied behind a head.
  private static let large = [UInt8](repeating: 0x2D, count: 40_000)

  private static func text(_ body: [UInt8]) -> Response { Response(.ok, contentType: "text/plain", body: body) }

  static let server: TLSContext = {
    do {
      let pair = try SelfSignedPair(names: ["localhost"], validity: -60...86_400)
      return try TLSContext.server(
        certificate: pair.certificate, key: pair.key, clients: .off, tickets: TicketKeys(lifetime: .max / 2))
    } catch { fatalError("no TLS: \(error)") }
  }()

  static let client: TLSContext = {
    do { return try TLSContext.client(trust: .anyone) } catch { fatalError("no TLS: \(error)") }
  }()

  static let loop: EventLoop = {
    let router = Router(acts.map(\.route))
    let context = ServerContext(
      router: router, configuration: ServerConfiguration(), connectionsMax: 100, connectionLimit: .connectionsMax,
      metrics: ServerMetrics(registry: Registry(shards: 1), routes: acts.map(\.template)),
      accessLog: AccessLog(
        isJSON: true, scope: [.service, .probes], trustedProxies: IPNetwork("127.0.0.0/8").map { [$0] } ?? [],
        sink: { _, _ in }), drain: DrainSignal(), tls: TLSEndpoint(addresses: [], context: { server }))
    do { return try EventLoop(label: "fuzz", shard: 0, context: context, listeners: []) } catch {
      fatalError("no event loop: \(error)")
    }
  }()
}
