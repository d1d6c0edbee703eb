package import HTTP
package import Networking

/// A request and its answer as metrics and access log see them, when the answer is rendered.
struct Answered {
  var method: Method
  /// Index into the router's routes; their count where none matched.
  var route: Int
  var status: Status
  /// Head and body, as received.
  var requestBytes: Int
  /// Head and body, as sent.
  var responseBytes: Int
  /// The body alone.
  var bodyBytes: Int
  /// Nanoseconds.
  var duration: Int64
}

/// Is told of each probe and scrape and, since some ask at the wrong place, of each request that no route matches: the
/// request, its route's template (nil: none), the peer, the status (nil: no answer was given), how long it took and the
/// instant, both in nanoseconds. Called on the loop's thread.
package typealias ProbeObserver = @Sendable (Request, String?, SocketAddress, Status?, Int64, Int64) -> Void
