internal import CLinux
internal import Glibc

/// A listening socket of one event loop: SO_REUSEPORT deals the connections of an address over the sockets bound to it.
/// It is closed when its last owner lets go of it.
package final class ListeningSocket: Sendable {
  private let socket: Socket
  /// Where it listens, with the port that the kernel chose when 0 was asked.
  package let address: SocketAddress

  package var descriptor: Int32 { socket.descriptor }

  private init(_ socket: consuming Socket, at address: SocketAddress) {
    self.socket = socket
    self.address = address
  }

  /// What accept4(2) came to.
  package enum Accepted: ~Copyable {
    case connection(Socket, peer: SocketAddress)
    case none
    /// EMFILE, ENFILE: no descriptor is free, and the connection waits in the queue.
    case outOfDescriptors
    /// ECONNABORTED: the client went away while it waited in the queue.
    case aborted
    /// The network stack is short of memory, for one: try again later.
    case failed(Errno)
  }

  /// Binds and listens at `address` with one socket a loop. The first is bound without SO_REUSEPORT, which would let
  /// a second process of the same user take its share of a port in use without a word; with port 0 it chooses the
  /// port of all. `[::]` takes IPv4 too, and falls back to `0.0.0.0` where IPv6 is off.
  package static func group(at address: SocketAddress, count: Int, backlog: Int32) throws(Errno) -> [ListeningSocket] {
    do throws(Errno) {
      return try bindGroup(at: address, count: count, backlog: backlog)
    } catch  where address.address == .anyV6 && (error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL) {
      return try bindGroup(at: SocketAddress(.anyV4, port: address.port), count: count, backlog: backlog)
    }
  }

  private static func bindGroup(at address: SocketAddress, count: Int, backlog: Int32) throws(Errno)
    -> [ListeningSocket]
  {
    let first = try bind(at: address, sharing: false)
    guard let bound = first.localAddress else { throw Errno("getsockname") }
    // Set once it is bound: the others may join this socket, and no one joined another's.
    guard first.set(SOL_SOCKET, SO_REUSEPORT, CInt(1)) else { throw Errno("setsockopt SO_REUSEPORT") }
    var group = [try listen(first, at: bound, backlog: backlog)]
    for _ in 1..<max(count, 1) {
      group.append(try listen(try bind(at: bound, sharing: true), at: bound, backlog: backlog))
    }
    return group
  }

  private static func bind(at address: SocketAddress, sharing: Bool) throws(Errno) -> Socket {
    let family = address.address.isV4 ? AF_INET : AF_INET6
    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = Glibc.socket(family, Int32(kind), 0)
    guard descriptor >= 0 else { throw Errno("socket") }
    let socket = Socket(owning: descriptor)
    _ = socket.set(SOL_SOCKET, SO_REUSEADDR, CInt(1))
    if family == AF_INET6 {
      _ = socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, CInt(address.address == .anyV6 ? 0 : 1))
    }
    if sharing, !socket.set(SOL_SOCKET, SO_REUSEPORT, CInt(1)) { throw Errno("setsockopt SO_REUSEPORT") }
    let status = unsafe address.withSockaddr(family: family) { unsafe Glibc.bind(descriptor, $0, $1) }
    guard status == 0 else { throw Errno("bind") }
    return socket
  }

  private static func listen(
    _ socket: consuming Socket, at address: SocketAddress, backlog: Int32
  ) throws(Errno) -> ListeningSocket {
    // Inherited by every connection: an answer is one send, and must not wait for the acknowledgement of the last.
    _ = socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, CInt(1))
    guard Glibc.listen(socket.descriptor, backlog) == 0 else { throw Errno("listen") }
    let listener = ListeningSocket(socket, at: address)
    listener.deferAccept(seconds: 1)
    return listener
  }

  /// TCP_DEFER_ACCEPT, tcp(7): a connection surfaces with its first bytes, or after `seconds`; 0 ends that, and what
  /// the kernel held back surfaces with the client's next packet.
  package func deferAccept(seconds: Int32) {
    _ = socket.set(Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, seconds)
  }

  /// accept4(2), once.
  package func accept() -> Accepted {
    var storage = sockaddr_storage()
    let descriptor = retrying { unsafe clinux_accept(socket.descriptor, &storage) }
    if descriptor >= 0 {
      return .connection(Socket(owning: descriptor), peer: SocketAddress(storage) ?? SocketAddress(.anyV6, port: 0))
    }
    switch errno {
    case EAGAIN: return .none
    case EMFILE, ENFILE: return .outOfDescriptors
    case ECONNABORTED: return .aborted
    default: return .failed(Errno("accept4"))
    }
  }

  /// From now on no new handshake begins. Those begun still arrive, so that the queue can be emptied before the socket
  /// is closed: closing resets what waits in it.
  ///
  /// The listener is bound to a network interface that there is not, SO_BINDTOIFINDEX: no SYN finds it any more. Unlike
  /// a socket filter, that takes no privilege (Linux 5.7).
  package func refuseNewConnections() throws(Errno) {
    guard socket.set(SOL_SOCKET, SO_BINDTOIFINDEX, CInt.max) else { throw Errno("setsockopt SO_BINDTOIFINDEX") }
  }
}
