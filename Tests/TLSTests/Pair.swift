import Glibc
import Networking
import TLS

/// A client and a server on one thread, neither of which blocks, and a wire between them on which bytes move only when
/// they are told to.
final class Pair {
  static let identity = Result { try SelfSignedPair(names: ["localhost"], validity: -60...3600) }

  let client: TLSSession
  let server: TLSSession
  private let clientEnds: Ends
  private let serverEnds: Ends
  /// Bytes that the wire took and has not given on.
  private var toServer: [UInt8] = []
  private var toClient: [UInt8] = []

  /// - Parameter sendBuffer: SO_SNDBUF of the server; a small one blocks soon.
  init(
    clients: TLSContext.ClientCertificates = .off, trust: TLSContext.Trust = .anyone, name: String = "localhost",
    identity: SelfSignedPair? = nil, sendBuffer: Int32? = nil
  ) throws {
    let identity = try identity ?? Self.identity.get()
    let context = try TLSContext.server(
      certificate: identity.certificate, key: identity.key, clients: clients,
      tickets: TicketKeys(lifetime: 3_600_000_000_000))
    clientEnds = try Ends()
    serverEnds = try Ends()
    if var size = sendBuffer {
      _ = unsafe setsockopt(serverEnds.outer.descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(4))
    }
    client = try TLSContext.client(trust: trust).session(on: clientEnds.outer.stream, server: name)
    server = try context.session(on: serverEnds.outer.stream)
  }

  /// Moves at most so many bytes each way; the number that arrived.
  @discardableResult
  func carry(atMost count: Int = .max) -> Int {
    let there = Self.carry(from: clientEnds.inner, by: &toServer, to: serverEnds.inner, atMost: count)
    return there + Self.carry(from: serverEnds.inner, by: &toClient, to: clientEnds.inner, atMost: count)
  }

  private static func carry(
    from: borrowing Socket, by wire: inout [UInt8], to: borrowing Socket, atMost count: Int
  ) -> Int {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while case .bytes(let count) = from.stream.receive(into: &buffer, from: 0) { wire += buffer[..<count] }
    let moving = Array(wire.prefix(count))
    guard !moving.isEmpty, case .bytes(let sent) = to.stream.send(moving) else { return 0 }
    wire.removeFirst(sent)
    return sent
  }

  /// Leaves no room for another byte of the server's.
  func fillWire() {
    while case .bytes = serverEnds.outer.stream.send([UInt8](repeating: 0, count: 4096)) {}
    while case .bytes = serverEnds.outer.stream.send([0]) {}
  }

  /// The client's FIN, without a word of TLS, after what the wire holds.
  func truncate() {
    carry()
    serverEnds.inner.stream.finishSending()
  }

  /// How both ends see the handshake when neither has anything more to say.
  func shakeHands(carrying count: Int = .max) -> (client: TLSSession.Handshake, server: TLSSession.Handshake) {
    var ends = (client: client.handshake(), server: TLSSession.Handshake.wouldBlock)
    while carry(atMost: count) > 0 || ends == (.wouldBlock, .wouldBlock) {
      if ends.server == .wouldBlock { ends.server = server.handshake() }
      if ends.client == .wouldBlock { ends.client = client.handshake() }
      if ends.client != .wouldBlock, ends.server != .wouldBlock, toServer.isEmpty, toClient.isEmpty { carry() }
    }
    return ends
  }
}

/// Two ends of a socketpair(2).
private final class Ends {
  let outer: Socket
  let inner: Socket

  init() throws {
    var ends: [Int32] = [-1, -1]
    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let status = unsafe socketpair(AF_UNIX, Int32(kind), 0, &ends)
    outer = Socket(owning: ends[0])
    inner = Socket(owning: ends[1])
    guard status == 0 else { throw Errno("socketpair") }
  }
}

extension TLSSession {
  /// All that can be read now, and what came then.
  func receiveAll(atOnce count: Int = 64 << 10) -> (bytes: [UInt8], then: Transfer) {
    var buffer = [UInt8](repeating: 0, count: count)
    var bytes: [UInt8] = []
    while true {
      let transfer = receive(into: &buffer, from: 0)
      guard case .bytes(let count) = transfer else { return (bytes, transfer) }
      bytes += buffer[..<count]
    }
  }
}
