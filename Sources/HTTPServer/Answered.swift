internal import HTTP

/// A request and its answer as metrics and access log see them, when the answer is rendered.
struct Answered {
  var method: Method
  /// Index into `ServerMetrics.routes`.
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
