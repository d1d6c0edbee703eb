internal import Dispatch
internal import Glibc
internal import Networking
internal import Synchronization
internal import TLS

/// A check's one request and its answer, under a deadline that was set when this was made: no peer, whatever it trickles,
/// can stretch it.
struct CheckExchange {
  private let timeout: Duration
  private let trust: CheckTrust
  private let start = Clock.monotonic

  init(timeout: Duration, trust: CheckTrust) {
    self.timeout = timeout
    self.trust = trust
  }

  /// Looks the host up, connects, asks, and reads up to the end of the status line.
  func answer(to url: String, userAgent: String) throws(CheckFailure) -> StatusLine {
    let url = try parse(url)
    let socket = try connect(to: try addresses(of: url.host, port: url.port))
    let request = [
      "GET \(url.target) HTTP/1.1", "Host: \(url.authority)", "User-Agent: \(userAgent)", "Accept: */*",
      "Connection: close", "", "",
    ]
    let session = url.isSecure ? try session(with: url.host, on: socket) : nil
    try send(Array(request.joined(separator: "\r\n").utf8), on: socket, session)
    return try receiveStatusLine(on: socket, session)
  }

  /// A TLS session whose handshake is done, with a server that is believed.
  private func session(with host: String, on socket: borrowing Socket) throws(CheckFailure) -> TLSSession {
    let trust = try trust.loaded()
    let session: TLSSession
    do throws(TLSError) {
      session = try TLSContext.client(trust: trust).session(on: socket.stream, server: host)
    } catch {
      throw .tls(reason: error.reason)
    }
    while true {
      switch session.handshake() {
      case .done: return session
      case .wouldBlock: try wait(for: session.awaitsOther ? .write : .read, on: socket)
      case .endOfStream: throw .closed
      case .failed(let reason): throw .tls(reason: session.verificationFailure ?? reason)
      }
    }
  }

  private func parse(_ url: String) throws(CheckFailure) -> CheckURL {
    do { return try CheckURL(url) } catch { throw .url(error) }
  }

  /// A name is looked up on a thread of its own: getaddrinfo(3) takes no deadline, and is left behind when it is late.
  private func addresses(of host: String, port: UInt16) throws(CheckFailure) -> [SocketAddress] {
    if let literal = IPAddress(host) { return [SocketAddress(literal, port: port)] }
    let lookup = NameLookup()
    DispatchQueue(label: "check.lookup").async { lookup.finish(host, port: port) }
    guard lookup.finished.wait(timeout: .now() + (try secondsLeft())) == .success, let result = lookup.result
    else { throw .noAnswer(within: timeout) }
    do { return try result.get() } catch { throw .unresolved(reason: error.reason) }
  }

  /// The first address that takes the connection: `localhost` is ::1 and 127.0.0.1, and a server may listen at one.
  private func connect(to addresses: [SocketAddress]) throws(CheckFailure) -> Socket {
    var refusal = Errno("connect", code: EADDRNOTAVAIL)
    for address in addresses {
      let socket: Socket
      do throws(Errno) {
        socket = try Socket.connecting(to: address)
      } catch {
        refusal = error
        continue
      }
      try wait(for: .write, on: socket)
      guard let error = socket.connectError else { return socket }
      refusal = error
    }
    throw .connection(refusal)
  }

  private func send(
    _ request: [UInt8], on socket: borrowing Socket, _ session: TLSSession?
  ) throws(CheckFailure) {
    var sent = 0
    while sent < request.count {
      let rest = request.span.extracting(sent...)
      switch session?.send(rest) ?? socket.stream.send(rest) {
      case .bytes(let count): sent += count
      case .wouldBlock: try wait(for: session?.awaitsOther == true ? .read : .write, on: socket)
      case .endOfStream: throw .closed
      case .failed(let error): throw .connection(error)
      }
    }
  }

  private func receiveStatusLine(
    on socket: borrowing Socket, _ session: TLSSession?
  ) throws(CheckFailure) -> StatusLine {
    var buffer = [UInt8](repeating: 0, count: StatusLine.bytesMax)
    var count = 0
    while true {
      switch session?.receive(into: &buffer, from: count) ?? socket.stream.receive(into: &buffer, from: count) {
      case .bytes(let more): count += more
      case .wouldBlock:
        try wait(for: session?.awaitsOther == true ? .write : .read, on: socket)
        continue
      case .endOfStream: throw .closed
      case .failed(let error): throw .connection(error)
      }
      switch StatusLine.read(Array(buffer[..<count])) {
      case .incomplete: continue
      case .malformed: throw .notHTTP
      case .complete(let line): return line
      }
    }
  }

  private func secondsLeft() throws(CheckFailure) -> Double {
    let left = timeout / .seconds(1) - Double(Clock.monotonic - start) / 1e9
    guard left > 0 else { throw .noAnswer(within: timeout) }
    return left
  }

  private func wait(for interest: Poller.Interest, on socket: borrowing Socket) throws(CheckFailure) {
    guard socket.stream.wait(for: interest, seconds: try secondsLeft()) else { throw .noAnswer(within: timeout) }
  }
}

/// A look-up that another thread waits for.
private final class NameLookup: Sendable {
  let finished = DispatchSemaphore(value: 0)
  private let outcome = Mutex<Result<[SocketAddress], ResolutionError>?>(nil)

  /// Nil before it is finished.
  var result: Result<[SocketAddress], ResolutionError>? { outcome.withLock { $0 } }

  func finish(_ host: String, port: UInt16) {
    let result = Result { () throws(ResolutionError) in try SocketAddress.resolve(host, port: port) }
    outcome.withLock { $0 = result }
    finished.signal()
  }
}
