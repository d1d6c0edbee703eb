internal import CLinux
internal import Glibc

/// What a non-blocking read or write came to.
package enum Transfer: Sendable, Equatable {
  case bytes(Int)
  /// EAGAIN: nothing to read, or no room to write.
  case wouldBlock
  /// The peer sent its FIN; reads only.
  case endOfStream
  /// The connection is gone: ECONNRESET, EPIPE, ETIMEDOUT …
  case failed(Errno)
}

/// Reads and writes a stream socket that somebody else owns and keeps open meanwhile.
///
/// A copy of it is free of the borrow that a call on a socket in a class's field is, and so of a check at run time.
package struct Stream: Sendable {
  package let descriptor: Int32

  package init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// recv(2) into `buffer` from `offset` to its end, once.
  package func receive(into buffer: inout [UInt8], from offset: Int) -> Transfer {
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      let free = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset...])
      return retrying { unsafe clinux_receive(descriptor, free.baseAddress, free.count) }
    }
    if count > 0 { return .bytes(count) }
    if count == 0 { return .endOfStream }
    return errno == EAGAIN ? .wouldBlock : .failed(Errno("recv"))
  }

  /// What `peek` finds.
  package enum Peek: Sendable, Equatable {
    case byte(UInt8)
    case nothing
    /// The peer's FIN, or the connection is gone.
    case end
  }

  /// The next byte, which is left to be received: recv(2) with MSG_PEEK.
  package func peek() -> Peek {
    var byte: UInt8 = 0
    let count = retrying { unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) }
    if count > 0 { return .byte(byte) }
    return count < 0 && errno == EAGAIN ? .nothing : .end
  }

  /// send(2) of `bytes`, once, without SIGPIPE.
  package func send(_ bytes: Span<UInt8>) -> Transfer {
    let count = unsafe bytes.withUnsafeBytes { bytes in
      retrying { unsafe clinux_send(descriptor, bytes.baseAddress, bytes.count) }
    }
    if count >= 0 { return .bytes(count) }
    return errno == EAGAIN ? .wouldBlock : .failed(Errno("send"))
  }

  /// The same with what `bytes` has from `offset` on.
  package func send(_ bytes: [UInt8], from offset: Int = 0) -> Transfer {
    send(bytes.span.extracting(offset...))
  }

  /// Waits until it can be read, or written to, or has failed: poll(2). False when `seconds` are over.
  package func wait(for interest: Poller.Interest, seconds: Double) -> Bool {
    var event = pollfd(
      fd: descriptor, events: Int16(interest == .write ? POLLOUT : POLLIN), revents: 0)
    let milliseconds = Int32(clamping: Int(min(seconds, 86_400) * 1000) + 1)
    return retrying { Int(unsafe poll(&event, 1, milliseconds)) } != 0
  }

  /// shutdown(2) of the sending half: FIN, while what the peer still sends can be read.
  package func finishSending() {
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Whether the peer has sent its FIN, or is gone altogether: poll(2), POLLRDHUP. What it sent before may be unread.
  package var peerHasFinished: Bool {
    let readHangUp: Int16 = 0x2000
    var event = pollfd(fd: descriptor, events: readHangUp, revents: 0)
    return unsafe poll(&event, 1, 0) == 1
  }

  /// Makes close(2) end the connection with RST, and drop what is not sent: SO_LINGER of 0 seconds.
  package func resetOnClose() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
  }

  /// The bytes that wait in the receive queue, FIONREAD; 0 where that cannot be told.
  package var unreadCount: Int {
    var count: Int32 = 0
    return unsafe ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }
}

/// A stream socket; owns its descriptor and closes it. Non-blocking unless made by `connect`.
package struct Socket: ~Copyable, Sendable {
  package let stream: Stream
  package var descriptor: Int32 { stream.descriptor }

  /// Takes over an open descriptor.
  package init(owning descriptor: Int32) {
    stream = Stream(descriptor: descriptor)
  }

  deinit {
    if descriptor >= 0 { _ = clinux_close(descriptor) }
  }

  /// No socket: what stands in the place of one that was closed or handed on.
  package static var closed: Socket { Socket(owning: -1) }

  /// Hands the open descriptor to the caller.
  package consuming func release() -> Int32 {
    let descriptor = descriptor
    discard self
    return descriptor
  }

  /// The local address, getsockname(2).
  package var localAddress: SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
    }
    return status == 0 ? SocketAddress(storage) : nil
  }

  /// A blocking client socket with `timeout` seconds on connecting and on each read and write.
  package static func connect(to peer: SocketAddress, timeout: Double) throws(Errno) -> Socket {
    let family = peer.address.isV4 ? AF_INET : AF_INET6
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Errno("socket") }
    let connection = Socket(owning: descriptor)
    connection.setTimeout(timeout)
    let status = unsafe peer.withSockaddr(family: family) { address, length in
      retrying { unsafe Glibc.connect(descriptor, address, length) }
    }
    guard status == 0 else { throw Errno("connect") }
    return connection
  }

  /// A client socket that does not block, and whose connection is under way: connect(2), EINPROGRESS. It can be written
  /// to when it is made, or has failed, which `connectError` tells.
  package static func connecting(to peer: SocketAddress) throws(Errno) -> Socket {
    let family = peer.address.isV4 ? AF_INET : AF_INET6
    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(family, Int32(kind), 0)
    guard descriptor >= 0 else { throw Errno("socket") }
    let connection = Socket(owning: descriptor)
    _ = connection.set(Int32(IPPROTO_TCP), TCP_NODELAY, CInt(1))
    let status = unsafe peer.withSockaddr(family: family) { unsafe Glibc.connect(descriptor, $0, $1) }
    guard status == 0 || errno == EINPROGRESS else { throw Errno("connect") }
    return connection
  }

  /// How connecting has ended, SO_ERROR; nil when the connection is there.
  package var connectError: Errno? {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return Errno("getsockopt") }
    return code == 0 ? nil : Errno("connect", code: code)
  }

  /// SO_RCVTIMEO and SO_SNDTIMEO of a blocking socket, in seconds; the latter bounds connect(2) too.
  package func setTimeout(_ seconds: Double) {
    let microseconds = Int(max(seconds, 0.001) * 1_000_000)
    let timeout = timeval(tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000)
    _ = set(SOL_SOCKET, SO_RCVTIMEO, timeout)
    _ = set(SOL_SOCKET, SO_SNDTIMEO, timeout)
  }

  /// setsockopt(2); false when the kernel refuses.
  func set<Value: BitwiseCopyable>(_ level: Int32, _ option: Int32, _ value: Value) -> Bool {
    var value = value
    return unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Value>.size)) == 0
  }
}
