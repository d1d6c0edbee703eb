internal import Networking

/// What of a connection's answers the send buffer had no room for. Small answers are copied; a large body is only
/// referred to, so that ten thousand slow readers of one body hold it once.
struct Outbox {
  enum Outcome { case sent, blocked, failed }

  private var bytes: [UInt8] = []
  private var body: [UInt8] = []
  private var offset = 0

  var isEmpty: Bool { bytes.isEmpty && body.isEmpty }

  /// Sends `output`, then `body`, and keeps what does not fit. Only on an empty outbox.
  mutating func send(_ output: [UInt8], body: [UInt8], to socket: borrowing Socket) -> Outcome {
    switch socket.send(output) {
    case .bytes(output.count):
      guard !body.isEmpty else { return .sent }
      self.body = body
      return flush(to: socket)
    case .bytes(let count):
      bytes = Array(output[count...])
    case .wouldBlock:
      bytes = output
    case .endOfStream, .failed:
      return .failed
    }
    self.body = body
    return .blocked
  }

  /// Sends on, as far as the send buffer takes it.
  mutating func flush(to socket: borrowing Socket) -> Outcome {
    while !isEmpty {
      let current = bytes.isEmpty ? body : bytes
      switch socket.send(current, from: offset) {
      case .bytes(let count):
        offset += count
        guard offset == current.count else { continue }
        offset = 0
        if bytes.isEmpty { body = [] } else { bytes = [] }
      case .wouldBlock:
        return .blocked
      case .endOfStream, .failed:
        return .failed
      }
    }
    return .sent
  }
}
