internal import HTTP

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
}
