internal import HTTP
internal import Networking

/// A request that could not be answered at once: its body is still coming, or its handler answers later. Most requests
/// never need one, and an idle connection holds none.
final class Exchange {
  var request: Request
  /// What it took of the input so far, head and body.
  var bytes: Int
  let route: Int
  let destination: Router.Destination
  var body: BodyReader?
  /// The body so far; nil where the route drops it.
  var content: [UInt8]?
  /// What its handler answered without waiting.
  var response: Response?
  /// The fault that takes it; nil for nearly all.
  var injection: Injection?
  /// When its head was complete, nanoseconds.
  let began: Int64

  init(_ request: Request, bytes: Int, route: Int, _ destination: Router.Destination, _ body: BodyReader?, began: Int64)
  {
    self.request = request
    self.bytes = bytes
    self.route = route
    self.destination = destination
    self.body = body
    self.began = began
  }

  /// The whole request is here.
  var isReady: Bool { body?.isComplete ?? true }

  /// Whether its answer takes more than one turn: a fault has it, or its handler wants it delivered.
  var isDelivered: Bool {
    if case .handler(.delivering) = destination { return true }
    return injection != nil
  }

  /// Whether its answer is to wait on: until the fault is over, or always where a handler wants it so.
  var isHeldUp: Bool { injection?.fault.isInForce(at: Clock.monotonic) ?? true }

  /// Its answer, and how that leaves; nil: at once.
  func answer() async -> (Response, Delivery?) {
    if let given = injection?.answer(to: request) { return (given, nil) }
    var (response, delivery): (Response, Delivery?) =
      switch destination {
      case .handler(let handler): await handler.answer(request)
      case .answer(let response), .lastAnswer(let response): (response, nil)
      }
    injection?.apply(to: &response, &delivery)
    return (response, delivery)
  }
}
