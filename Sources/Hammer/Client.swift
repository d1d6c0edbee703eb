internal import Networking
internal import TLS

/// One of a load's connections, and the request that it has.
final class Client {
  enum Phase { case closed, connecting, handshaking, open }

  var phase = Phase.closed
  private(set) var session: TLSSession?
  /// What epoll watches it for; nil while it is not watched.
  var interest: Poller.Interest?
  /// One more with each connection.
  private(set) var generation: UInt32 = 0
  private var socket = Socket.closed
  private var address: SocketAddress

  /// It has a request, which is neither answered nor lost.
  var isBusy = false
  /// When it was to be sent, monotonic nanoseconds.
  private(set) var due: Int64 = 0
  /// Of connections for this request.
  var refusals = 0
  private(set) var deadline: Int64 = 0
  private(set) var reader = ResponseReader(toHEAD: false)
  private var request: [UInt8] = []
  private var written = 0

  init(address: SocketAddress) {
    self.address = address
  }

  var descriptor: Int32 { socket.descriptor }
  var isWritten: Bool { written == request.count }
  var isConnected: Bool { socket.connectError == nil }

  /// Whether an open connection without a request has something to read, which can only be its end.
  var hasNews: Bool { phase == .open && socket.stream.peek() != .nothing }

  func take(_ request: [UInt8], due: Int64, deadline: Int64, toHEAD: Bool) {
    self.request = request
    self.due = due
    self.deadline = deadline
    refusals = 0
    written = 0
    reader = ResponseReader(toHEAD: toHEAD)
    isBusy = true
  }

  func connect(tls: TLSContext?, name: String) throws(Errno) {
    socket = try Socket.connecting(to: address)
    generation &+= 1
    interest = nil
    phase = .connecting
    guard let tls else { return }
    do throws(TLSError) {
      session = try tls.session(on: socket.stream, server: name)
    } catch {
      close()
      throw Errno("SSL_new", code: 12)
    }
  }

  /// The next connection goes elsewhere: a name may stand for several addresses, of which one is down.
  func next(of addresses: [SocketAddress]) {
    guard let index = addresses.firstIndex(of: address) else { return }
    address = addresses[(index + 1) % addresses.count]
  }

  func write() -> Transfer {
    let request = request
    let rest = request.span.extracting(written...)
    let transfer = session?.send(rest) ?? socket.stream.send(rest)
    if case .bytes(let count) = transfer { written += count }
    return transfer
  }

  func receive(into input: inout [UInt8]) -> Transfer {
    session?.receive(into: &input, from: 0) ?? socket.stream.receive(into: &input, from: 0)
  }

  /// Hands bytes to the reader: a call inside of the field that it is.
  func read(_ bytes: ArraySlice<UInt8>) -> ResponseReader.Progress { reader.read(bytes) }

  func close() {
    session?.finishSending()
    session = nil
    socket = .closed
    phase = .closed
    interest = nil
  }
}
