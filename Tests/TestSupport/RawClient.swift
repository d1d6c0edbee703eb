internal import Glibc
package import Networking
internal import Synchronization
package import TLS

/// A client that sends bytes as they are. Its calls block their thread: they belong into `onThread`, and one thread at
/// a time uses a client. Each call gives up after the client's timeout, so that no test hangs.
package final class RawClient: Sendable {
  /// How the server ended the connection.
  package enum End: Sendable, Equatable {
    /// FIN: all that was sent has come.
    case finished
    /// RST: what was sent may be lost.
    case reset
    /// It did not, within the timeout.
    case open
  }

  /// What a read or a write came to instead of bytes.
  package enum Failure: Error, Equatable {
    /// The connection ended before a whole response; the bytes that came of it.
    case ended(End, after: String)
    case sendFailed(Errno)
    case sendTimedOut
    case handshake(String)
  }

  private struct Input {
    var bytes: [UInt8] = []
    /// What precedes it has been handed out.
    var start = 0
    /// Scanned in vain for the end of a head.
    var scanned = 0
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
  }

  private let socket: Socket
  /// Used by one thread at a time, as all of it.
  private nonisolated(unsafe) let session: TLSSession?
  private let timeout: Double
  private let input = Mutex(Input())

  /// - Parameters:
  ///   - timeout: seconds that each call may take.
  ///   - receiveBuffer: SO_RCVBUF; a small one makes a client that does not read block the server soon.
  ///   - tls: with what a handshake is made; nil: bytes travel as they are.
  package init(
    _ address: SocketAddress, timeout: Double = 20, receiveBuffer: Int32? = nil, tls: TLSContext? = nil
  ) throws {
    self.timeout = timeout
    socket = try Socket.connect(to: address, timeout: timeout)
    unsafe session = try tls?.session(on: socket.stream)
    if let session = unsafe session {
      let outcome = session.handshake()
      guard outcome == .done else { throw Failure.handshake("\(outcome)") }
    }
    if var size = receiveBuffer {
      _ = unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  // MARK: Sending

  package func send(_ text: String) throws { try send([UInt8](text.utf8)) }

  package func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let rest = bytes.span.extracting(sent...)
      switch unsafe session?.send(rest) ?? socket.stream.send(rest) {
      case .bytes(let count): sent += count
      case .wouldBlock, .endOfStream: throw Failure.sendTimedOut
      case .failed(let errno): throw Failure.sendFailed(errno)
      }
    }
  }

  /// shutdown(2) of the sending half.
  package func finishSending() {
    unsafe session?.finishSending()
    socket.stream.finishSending()
  }

  /// FIN without a word of TLS before it.
  package func truncate() { socket.stream.finishSending() }

  /// The session, to be used on the thread of this client.
  package var tlsSession: TLSSession? { unsafe session }

  /// Ends the connection with a RST when the client goes away: SO_LINGER with 0 seconds.
  package func resetOnClose() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    _ = unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
  }

  // MARK: Receiving

  /// The next response, whole; an interim one too.
  ///
  /// - Parameter toHEAD: the request was HEAD.
  package func response(toHEAD: Bool = false) throws -> RawResponse {
    try input.withLock { input in
      while true {
        if let end = Self.endOfHead(&input) {
          let head = try ResponseHead(input.bytes[input.start..<end], toHEAD: toHEAD)
          try fill(&input, upTo: end + head.bodyLength)
          let body = Array(input.bytes[end..<end + head.bodyLength])
          Self.take(end + head.bodyLength, from: &input)
          return head.response(body: body)
        }
        try fill(&input, upTo: input.bytes.count + 1)
      }
    }
  }

  /// Sends `text` and reads one response.
  package func exchange(_ text: String, toHEAD: Bool = false) throws -> RawResponse {
    try send(text)
    return try response(toHEAD: toHEAD)
  }

  /// Exactly so many bytes.
  package func read(_ count: Int) throws -> [UInt8] {
    try input.withLock { input in
      let end = input.start + count
      try fill(&input, upTo: end)
      defer { Self.take(end, from: &input) }
      return Array(input.bytes[input.start..<end])
    }
  }

  /// What still comes until the server ends the connection, and how it does.
  package func readToEnd() -> (bytes: [UInt8], end: End) {
    input.withLock { input in
      while true {
        if let end = receive(&input) {
          defer { Self.take(input.bytes.count, from: &input) }
          return (Array(input.bytes[input.start...]), end)
        }
      }
    }
  }

  /// How the server ends the connection; nil when it sends anything before.
  package func end() -> End? {
    let (bytes, end) = readToEnd()
    return bytes.isEmpty ? end : nil
  }

  /// Whether neither bytes nor an end come within `milliseconds`.
  package func staysSilent(milliseconds: Int32) -> Bool {
    guard input.withLock({ $0.start == $0.bytes.count }) else { return false }
    var descriptor = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, milliseconds) == 0
  }

  // MARK: Input

  /// Reads until `end` bytes are there.
  private func fill(_ input: inout Input, upTo end: Int) throws {
    while input.bytes.count < end {
      guard let over = receive(&input) else { continue }
      throw Failure.ended(over, after: String(decoding: input.bytes[input.start...].prefix(512), as: UTF8.self))
    }
  }

  /// One recv(2); nil when bytes came.
  private func receive(_ input: inout Input) -> End? {
    let transfer =
      unsafe session?.receive(into: &input.buffer, from: 0) ?? socket.stream.receive(into: &input.buffer, from: 0)
    switch transfer {
    case .bytes(let count):
      input.bytes += input.buffer[..<count]
      return nil
    case .endOfStream:
      // As clients do: the server, which reads on until then, can close at once.
      finishSending()
      return .finished
    case .wouldBlock: return .open
    case .failed: return .reset
    }
  }

  /// Behind the empty line that ends the head; nil when it has not come.
  private static func endOfHead(_ input: inout Input) -> Int? {
    var position = max(input.start, input.scanned - 3)
    while position + 4 <= input.bytes.count {
      if input.bytes[position] == 13, input.bytes[position..<position + 4].elementsEqual([13, 10, 13, 10]) {
        return position + 4
      }
      position += 1
    }
    input.scanned = position
    return nil
  }

  private static func take(_ end: Int, from input: inout Input) {
    input.start = end
    input.scanned = end
    guard end == input.bytes.count else { return }
    input.bytes.removeAll(keepingCapacity: true)
    (input.start, input.scanned) = (0, 0)
  }
}
