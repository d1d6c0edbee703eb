internal import HTTP

/// What of a connection's answers the send buffer had no room for. Small answers are copied; a large body is only
/// referred to, so that ten thousand slow readers of one body hold it once.
struct Outbox {
  private var bytes: [UInt8] = []
  private var body: [UInt8] = []
  private var offset = 0

  var isEmpty: Bool { bytes.isEmpty && body.isEmpty }

  /// What is to be sent next, and from where on.
  var front: (bytes: [UInt8], offset: Int) { (bytes.isEmpty ? body : bytes, offset) }

  init() {}

  /// Keeps `bytes`.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Keeps what of `output` was not sent, then `body`.
  init(_ output: borrowing OutputBuffer, from sent: Int, then body: [UInt8]) {
    bytes = output.bytes(from: sent)
    self.body = body
  }

  /// What is left when `count` bytes more of the front went out.
  func advanced(by count: Int) -> Outbox {
    var rest = self
    rest.offset += count
    guard rest.offset == front.bytes.count else { return rest }
    rest.offset = 0
    if bytes.isEmpty { rest.body = [] } else { rest.bytes = [] }
    return rest
  }
}
