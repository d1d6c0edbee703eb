import Foundation
import Networking
import TLS

/// A blocking connection to a server on the loopback address; each call waits 5 s at most.
final class Client {
  private let fd: Int32
  private var session: TLSSession?
  private var unread: [UInt8] = []

  /// nil when the connection is refused.
  init?(port: Int) {
    fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard fd >= 0 else { return nil }
    var timeout = timeval(tv_sec: 5, tv_usec: 0)
    let length = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, length)
    unsafe setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, length)
    let connected = unsafe Client.withLoopbackAddress(port: port) { unsafe connect(fd, $0, $1) }
    // The deinit of a class runs after a failed init too, once all its fields are set: it closes the socket.
    guard connected == 0 else { return nil }
  }

  /// The same, and a handshake.
  convenience init?(port: Int, tls: TLSContext) throws {
    self.init(port: port)
    let session = try tls.session(on: Stream(descriptor: fd))
    guard session.handshake() == .done else { throw Failure("the handshake failed") }
    self.session = session
  }

  deinit { close(fd) }

  /// Sends the request `count` times in one piece; answers with the last of as many answers.
  func exchange(_ request: String, count: Int = 1) throws -> Answer {
    let bytes = Array(String(repeating: request, count: count).utf8)
    let sent = session?.send(bytes.span) ?? Stream(descriptor: fd).send(bytes)
    guard sent == .bytes(bytes.count) else {
      throw Failure("a request could not be sent")
    }
    var last = try receive()
    for _ in 1..<count { last = try receive() }
    return last
  }

  private func receive() throws -> Answer {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let answer = Answer(unread) {
        unread.removeFirst(answer.bytes.count)
        return answer
      }
      let received =
        session?.receive(into: &buffer, from: 0) ?? Stream(descriptor: fd).receive(into: &buffer, from: 0)
      guard case .bytes(let count) = received else {
        throw Failure("the answer ended early: \(String(decoding: unread, as: UTF8.self))")
      }
      unread += buffer[..<count]
    }
  }

  /// A port that nobody listens on.
  static func freePort() throws -> Int {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(fd) }
    guard unsafe withLoopbackAddress(port: 0, { unsafe bind(fd, $0, $1) }) == 0 else { throw Failure("bind") }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let named = unsafe withUnsafeMutablePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(fd, $0, &length) }
    }
    guard named == 0 else { throw Failure("getsockname") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func withLoopbackAddress(
    port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
